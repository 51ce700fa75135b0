// Blocks of layers: the flat network that they expand to, and the diagnostics of invalid blocks. If a test
// fails, the names of parameters change, a layer reads the wrong layer, or an error has the wrong location or
// crashes the compiler.
import { describe, expect, it } from "vitest";
import { parseModel, parseSpec } from "../../../src/compiler/spec/parse-model.ts";
import { faultsOf, specWith } from "./base-spec.ts";

const dense = { type: "dense", units: 4 };
const end = { type: "dense", units: 3, name: "end" };
const residual = (layers: unknown, rest: object = {}) => ({ type: "residual", layers, ...rest });
const repeat = (times: number, layers: unknown, rest: object = {}) => ({
  type: "repeat",
  times,
  layers,
  ...rest,
});

/** One line per layer: "block.1.dense1 = dense(x)". */
const written = (network: readonly unknown[], changes: object = {}): string[] =>
  parseModel(specWith({ network, ...changes })).network.map(
    ({ name, type, from }) => `${name} = ${type}(${from.join(", ")})`,
  );

describe("expanding blocks", () => {
  it("a residual adds its input to the output of its last layer", () => {
    expect(written([dense, residual(["layer-norm", dense]), end])).toEqual([
      "dense1 = dense(x)",
      "residual1.layer-norm1 = layer-norm(dense1)",
      "residual1.dense1 = dense(residual1.layer-norm1)",
      "residual1 = residual(dense1, residual1.dense1)",
      "end = dense(residual1)",
    ]);
  });

  it("a residual with a shortcut adds the output of the shortcut's layers", () => {
    const layers = [{ ...dense, name: "weight" }];
    expect(written([residual(layers, { shortcut: layers, name: "block" }), end])).toEqual([
      "block.weight = dense(x)",
      "block.shortcut.weight = dense(x)",
      "block = residual(block.shortcut.weight, block.weight)",
      "end = dense(block)",
    ]);
  });

  it("each copy of a repeated block reads the previous copy", () => {
    const network = [repeat(3, [dense, { type: "dropout", name: "noise" }], { name: "tower" }), end];
    expect(written(network)).toEqual([
      "tower.1.dense1 = dense(x)",
      "tower.1.noise = dropout(tower.1.dense1)",
      "tower.2.dense1 = dense(tower.1.noise)",
      "tower.2.noise = dropout(tower.2.dense1)",
      "tower.3.dense1 = dense(tower.2.noise)",
      "tower.3.noise = dropout(tower.3.dense1)",
      "end = dense(tower.3.noise)",
    ]);
  });

  it("a bidirectional layer is one forwards and one backwards in time, concatenated", () => {
    const both = { type: "bidirectional", layer: { type: "gru", units: 2 } };
    const inputs = { x: { shape: [5, 4] } };
    expect(written([both, end], { inputs })).toEqual([
      "bidirectional1.forward = gru(x)",
      "bidirectional1.backward = gru(x)",
      "bidirectional1 = concat(bidirectional1.forward, bidirectional1.backward)",
      "end = dense(bidirectional1)",
    ]);
    const { network } = parseModel(specWith({ network: [repeat(1, [both]), end], inputs }));
    const directions = network.map((layer) => ("reverse" in layer ? layer.reverse : undefined));
    expect(directions).toEqual([false, true, undefined, undefined]);
    expect(network[1].path.join(" ")).toBe("network 0 layers 0 layer");
  });

  it("references inside a block are resolved in its own copy first, then outwards; default names count per block", () => {
    const block = repeat(2, [
      { ...dense, name: "a" },
      residual([dense, { type: "add", from: ["dense1", "a", "outer", "x"] }]),
    ]);
    expect(
      written([{ ...dense, name: "outer" }, { ...dense, name: "a" }, block, { ...end, from: "repeat1" }]),
    ).toEqual([
      "outer = dense(x)",
      "a = dense(outer)",
      "repeat1.1.a = dense(a)",
      "repeat1.1.residual1.dense1 = dense(repeat1.1.a)",
      "repeat1.1.residual1.add1 = add(repeat1.1.residual1.dense1, repeat1.1.a, outer, x)",
      "repeat1.1.residual1 = residual(repeat1.1.a, repeat1.1.residual1.add1)",
      "repeat1.2.a = dense(repeat1.1.residual1)",
      "repeat1.2.residual1.dense1 = dense(repeat1.2.a)",
      "repeat1.2.residual1.add1 = add(repeat1.2.residual1.dense1, repeat1.2.a, outer, x)",
      "repeat1.2.residual1 = residual(repeat1.2.a, repeat1.2.residual1.add1)",
      "end = dense(repeat1.2.residual1)",
    ]);
  });

  it("a block reads what its `from` names, and can be the output", () => {
    const network = [dense, { ...dense, units: 9 }, repeat(2, [end], { from: "dense1" })];
    expect(written(network).slice(2)).toEqual([
      "repeat1.1.end = dense(dense1)",
      "repeat1.2.end = dense(repeat1.1.end)",
    ]);
    expect(parseModel(specWith({ network })).output).toBe("repeat1.2.end");
    expect(parseModel(specWith({ network: [residual([dense]), dense], output: "residual1" })).output).toBe(
      "residual1",
    );
  });

  it("a frozen block freezes its layers, and only those", () => {
    const network = [
      residual([dense, repeat(2, [dense])], { trainable: false }),
      residual([{ ...dense, trainable: false }, dense]),
      end,
    ];
    const { network: layers } = parseModel(specWith({ network }));
    expect(layers.map(({ name, trainable }) => [name, trainable])).toEqual([
      ["residual1.dense1", false],
      ["residual1.repeat1.1.dense1", false],
      ["residual1.repeat1.2.dense1", false],
      ["residual1", false],
      ["residual2.dense1", false],
      ["residual2.dense2", true],
      ["residual2", true],
      ["end", true],
    ]);
  });

  it("every layer has its path in the spec", () => {
    const network = [repeat(2, [residual([dense], { shortcut: [dense] })]), end];
    expect(parseModel(specWith({ network })).network.map(({ path }) => path.join(" "))).toEqual([
      "network 0 layers 0 layers 0",
      "network 0 layers 0 shortcut 0",
      "network 0 layers 0",
      "network 0 layers 0 layers 0",
      "network 0 layers 0 shortcut 0",
      "network 0 layers 0",
      "network 1",
    ]);
  });

  it("nesting changes only names: sixteen blocks around one layer", () => {
    let block: object = dense;
    for (let level = 0; level < 16; level++) block = residual([block]);
    const names = written([block, end]);
    expect(names).toHaveLength(18);
    expect(names[0]).toBe(`${"residual1.".repeat(16)}dense1 = dense(x)`);
  });
});

describe("warnings", () => {
  const warningsOf = (network: readonly unknown[]) =>
    parseSpec(specWith({ network })).warnings.map(({ message }) => message);

  it("report an unread layer inside a block once for all copies, and an unread block as a whole", () => {
    const block = repeat(3, [
      dense,
      { ...dense, name: "aside", from: "dense1" },
      { ...dense, from: "dense1" },
    ]);
    expect(warningsOf([block, end])).toEqual(["network[0].layers[1] (aside) has no effect on the output"]);
    expect(warningsOf([residual([dense, dense]), { ...end, from: "x" }])).toEqual([
      "network[0] (residual1) has no effect on the output",
    ]);
  });
});

type Row = readonly [intent: string, network: readonly unknown[], ...expected: string[]];

const rows: Row[] = [
  [
    "errors inside, each at its location",
    [residual([{ ...dense, units: -1 }, repeat(0, ["dens"])])],
    "error T1203: network[0].layers[0].units must be a positive integer, got -1",
    "error T1203: network[0].layers[1].times must be a positive integer, got 0",
    'error T1103: network[0].layers[1].layers[0]: unknown layer "dens"',
    '  hint: did you mean "dense"?',
  ],
  [
    "an unknown key inside",
    [residual([{ ...dense, unit: 3 }])],
    'error T1101: network[0].layers[0]: unknown key "unit"',
    '  hint: did you mean "units"?',
  ],
  [
    "a key of the other block",
    [residual([dense], { times: 2 })],
    'error T1101: network[0]: unknown key "times"',
    "  hint: allowed keys: type, layers, shortcut, name, from, trainable, mask",
  ],
  ["a block without layers", ["residual", end], "error T1102: network[0].layers is missing"],
  [
    "a block with an empty list of layers",
    [residual([])],
    "error T1201: network[0].layers must be a non-empty list, got an empty list",
  ],
  [
    "a repeat block without the number of repetitions",
    [{ type: "repeat", layers: [end] }],
    "error T1102: network[0].times is missing: it must be a positive integer",
  ],
  [
    "a layer inside that is read from outside",
    [residual([{ ...dense, name: "inner" }]), { ...end, from: "inner" }],
    'error T1303: network[1].from: unknown input or layer "inner"',
    '  hint: "inner" is inside the block "residual1"; outside the block, only the output of the whole block can be read',
  ],
  [
    "a layer inside that is read by its generated name",
    [repeat(2, [dense]), { ...end, from: "repeat1.2.dense1" }],
    'error T1303: network[1].from: unknown input or layer "repeat1.2.dense1"',
    '  hint: "dense1" is inside the block "repeat1"; outside the block, only the output of the whole block can be read',
  ],
  [
    "the block that contains the layer",
    [residual([{ ...dense, from: "residual1" }]), end],
    'error T1304: network[0].layers[0].from names the block that contains the layer, "residual1"',
    "  hint: a layer can read only inputs and the layers before it",
  ],
  [
    "a later layer outside, and a misspelt one",
    [
      residual([
        { ...dense, from: "end" },
        { ...dense, from: "dence1" },
      ]),
      end,
    ],
    'error T1304: network[0].layers[0].from names a later layer, "end"',
    "  hint: a layer can read only inputs and the layers before it",
    'error T1303: network[0].layers[1].from: unknown input or layer "dence1"',
    '  hint: did you mean "dense1"?',
  ],
  [
    "two layers of one name in a block",
    [
      residual([
        { ...dense, name: "a" },
        { ...dense, name: "a" },
      ]),
      end,
    ],
    'error T1302: network[0].layers[1].name is "a", but network[0].layers[0] already has that name',
  ],
  [
    "a layer with the name that a shortcut's layers begin with",
    [residual([{ ...dense, name: "shortcut" }], { shortcut: [dense] }), end],
    'error T1302: network[0].layers[0].name is "shortcut", but network[0].shortcut already has that name',
  ],
  [
    "a name with a dot",
    [residual([{ ...dense, name: "a.b" }]), end],
    'error T1301: network[0].layers[0].name must be a letter, followed by at most 63 letters, digits, underscores or hyphens, got "a.b"',
  ],
  [
    "a block that reads two layers",
    [dense, residual([dense], { from: ["x", "dense1"] }), end],
    "error T1311: network[1].from: a block must read exactly one input, got 2",
    "  hint: join them first with an add, multiply or concat layer",
  ],
  [
    "a million copies",
    [repeat(1_000_000, [dense]), end],
    "error T1312: network[0].times: the block expands to 1000000 layers; the limit for a network is 5000",
  ],
  [
    "a thousand times a thousand copies",
    [repeat(1000, [repeat(1000, [dense])]), end],
    "error T1312: network[0].times: the block expands to 1000000 layers; the limit for a network is 5000",
  ],
  [
    "too many blocks together",
    [repeat(3000, [dense]), repeat(3000, [dense]), end],
    "error T1312: network expands to 6001 layers; the limit is 5000",
  ],
  [
    "bidirectional layers, which are three each",
    [repeat(2000, [{ type: "bidirectional", layer: { type: "rnn", units: 2, returnSequences: true } }]), end],
    "error T1312: network[0].times: the block expands to 6000 layers; the limit for a network is 5000",
  ],
  [
    "too many layers written one by one",
    Array.from({ length: 5001 }, () => dense),
    "error T1312: network[5000]: the network has more than 5000 layers, which is the limit",
  ],
  [
    "a layer that is not recurrent, run both ways",
    [{ type: "bidirectional", layer: dense }, end],
    'error T1103: network[0].layer.type: unknown recurrent layer "dense"',
    "  hint: known names: rnn, lstm, gru",
  ],
  [
    "a misspelt layer, run both ways",
    [{ type: "bidirectional", layer: { type: "lsttm", units: 3 } }, end],
    'error T1103: network[0].layer.type: unknown recurrent layer "lsttm"',
    '  hint: did you mean "lstm"?',
  ],
  [
    "none",
    ["bidirectional", { type: "bidirectional" }, { type: "bidirectional", layer: 3 }, end],
    "error T1102: network[0].layer is missing",
    "error T1102: network[1].layer is missing",
    "  hint: choose one of rnn, lstm, gru",
    "error T1203: network[2].layer must be a recurrent layer, got 3",
  ],
  [
    "a bidirectional layer whose inner layer has a direction, a name and a source",
    [{ type: "bidirectional", layer: { type: "lstm", units: 3, reverse: true, name: "a", from: "x" } }, end],
    'error T1101: network[0].layer: unknown key "reverse"',
    "  hint: allowed keys: type, units, returnSequences, init, recurrentInit, biasInit",
    'error T1101: network[0].layer: unknown key "name"',
    "  hint: allowed keys: type, units, returnSequences, init, recurrentInit, biasInit",
    'error T1101: network[0].layer: unknown key "from"',
    "  hint: allowed keys: type, units, returnSequences, init, recurrentInit, biasInit",
  ],
];

describe("invalid blocks are rejected", () => {
  it.each(rows)("%s", (_, network, ...expected) => {
    const lines = faultsOf(specWith({ network }))
      .split("\n")
      .map((line) => line.trimEnd());
    expect(lines).toEqual(expected);
  });

  const tooDeep = /^error T1312: network\[0\](\.layers\[0\])+: blocks are nested deeper than 32 levels$/;

  it("sixty blocks in one another", () => {
    let block: object = dense;
    for (let level = 0; level < 60; level++) block = residual([block]);
    expect(faultsOf(specWith({ network: [block, end] }))).toMatch(tooDeep);
  });

  it("a block that contains itself, and one that is shared extremely often", () => {
    const layers: unknown[] = [];
    const circle = residual(layers);
    layers.push(circle);
    expect(faultsOf(specWith({ network: [circle, end] }))).toMatch(tooDeep);
    const ring: Record<string, unknown> = { type: "bidirectional" };
    ring.layer = ring;
    expect(faultsOf(specWith({ network: [ring, end] }))).toContain('unknown recurrent layer "bidirectional"');
    let doubled: object = dense;
    for (let level = 0; level < 30; level++) doubled = residual([doubled, doubled]);
    expect(faultsOf(specWith({ network: [doubled, end] }))).toMatch(
      /^error T1312: .*: the network has more than 5000 layers, which is the limit$/,
    );
  });
});
