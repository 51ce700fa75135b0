// The choice of the loops that threads may share. If a test fails, results depend on the order of threads, or
// one thread does work that several could share.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  binary,
  call,
  integer,
  minus,
  multiply,
  number,
  rows,
  variable,
} from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../../../src/compiler/loop/statements.ts";
import type { Buffer, Kernel, LoopProgram, Statement } from "../../../../src/compiler/loop/types.ts";
import { compileFor } from "../../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { computeByteAddresses } from "../../../../src/compiler/schedule/compute-addresses.ts";
import { markParallelLoops } from "../../../../src/compiler/schedule/vectors/mark-parallel-loops.ts";
import { buffer, load, program, programOf, scratch, temporary } from "../../../support/loop-program.ts";
import { filledMemory, fusedPrograms, shortened, specNames } from "../../../support/programs.ts";
import { graphOf, moves, often, valuesFor } from "../../../support/random-graph.ts";
import { memoryWith, runLoops } from "../../../support/run-loops.ts";
import { afterStage } from "../../../support/stages.ts";
import { compareStorage } from "../../../support/tensors.ts";
import { inParts, onVectors, racesOf, vectorLowered } from "../../../support/vector-programs.ts";

const [i, j] = [variable("i", "i32"), variable("j", "i32")];
const real = (value: number) => number(value, "f64");
const x = buffer("x", ["n", 4]);
const y = buffer("y", ["n", 4]);
const s = buffer("s", []);
const t = temporary("t", [4]);
const options = { batchSize: 8, float: "f64", minCycles: 0 } as const;

const marked = (loops: LoopProgram): LoopProgram => afterStage(markParallelLoops, loops, options);
const splitsOf = (body: readonly Statement[], ...buffers: readonly Buffer[]) =>
  marked(program(body, x, y, s, t, ...buffers)).kernels.map(({ name, split }) => [name, split?.multiple]);
const whole = [["kernel0", undefined]];
const over = (body: readonly Statement[], step = 1) => ({ ...loop("i", "n", "parallel", body), step });
const across = (body: readonly Statement[]) => loop("j", 4, "parallel", body);
const doubled = (at: readonly Expression[]) => binary("*", load("x", at), real(2));

describe("mark-parallel-loops", () => {
  it("divides independent rows, at multiples of the step", () => {
    const tile = [0, 1].map((c) =>
      across([store("y", [add(i, integer(c)), j], doubled([add(i, integer(c)), j]))]),
    );
    expect(splitsOf([over(tile, 2)])).toEqual([["kernel0", 2]]);
  });
  it("divides iterations that read what they store themselves", () => {
    expect(splitsOf([over([across([store("y", [i, j], binary("+", load("y", [i, j]), real(1)))])])])).toEqual(
      [["kernel0", 1]],
    );
  });
  it("divides flat offsets: an iteration's range is as long as its factor", () => {
    const flat = buffer("flat", [32]);
    const body = [
      loop("i", 8, "parallel", [across([store("flat", [add(multiply(i, integer(4)), j)], real(1))])]),
    ];
    expect(splitsOf(body, flat)).toEqual([["kernel0", 1]]);
  });
  it("divides tiles of which the last overlaps, because it stores the same numbers again", () => {
    const begin = call("maximum", [integer(0), call("minimum", [i, minus(rows, integer(2))], "i32")], "i32");
    const row = variable("row", "i32");
    const tile = [
      define("row", begin),
      ...[0, 1].map((c) => store("y", [add(row, integer(c)), integer(0)], real(1))),
    ];
    expect(splitsOf([over(tile, 2)])).toEqual([["kernel0", 2]]);
    const reads = [
      define("row", begin),
      store("y", [row, integer(0)], binary("+", load("y", [row, integer(0)]), real(1))),
    ];
    expect(splitsOf([over(reads, 2)])).toEqual(whole);
  });
  it.each<[string, readonly Statement[]]>([
    ["a store that every iteration makes", [over([store("s", [], real(1))])]],
    [
      "a store that the next row's iteration reads",
      [over([across([store("y", [i, j], load("y", [add(i, integer(1)), j]))])])],
    ],
    [
      "stores that reach into the next tile",
      [
        over(
          [0, 2].map((c) => store("y", [add(i, integer(c)), integer(0)], real(1))),
          2,
        ),
      ],
    ],
    [
      "an index from memory",
      [over([store("y", [{ kind: "load", buffer: "at", at: [i], type: "i32" }, integer(0)], real(1))])],
    ],
    [
      "a sum over iterations",
      [
        define("sum", real(0), true),
        {
          ...over([assign("sum", binary("+", variable("sum", "f64"), load("x", [i, integer(0)])))]),
          role: "parallel",
        },
        store("s", [], variable("sum", "f64")),
      ],
    ],
    ["a loop along time", [{ ...over([store("y", [i, integer(0)], real(1))]), role: "sequential" }]],
    [
      "a loop that does not start at 0",
      [{ ...over([store("y", [i, integer(0)], real(1))]), from: integer(1) }],
    ],
    [
      "an end from memory",
      [
        {
          ...over([store("y", [i, integer(0)], real(1))]),
          to: { kind: "load", buffer: "at", at: [integer(0)], type: "i32" },
        },
      ],
    ],
    [
      "a definition that the loop changes",
      [
        define("a", load("y", [integer(0), integer(0)])),
        over([store("y", [i, integer(0)], variable("a", "f64"))]),
      ],
    ],
  ])("does not divide: %s", (_, body) => {
    expect(splitsOf(body, buffer("at", ["n"], "i32"))).toEqual(whole);
  });
  it("makes the statements after the loop a kernel of their own, with the definitions that they need", () => {
    const a = variable("a", "f64");
    const body = [
      define("a", load("s", [])),
      { ...over([store("y", [i, integer(0)], a)]), to: integer(4), step: 4 },
      store("y", [integer(4), integer(0)], a),
    ];
    const { kernels } = marked(program(body, x, y, s));
    expect(kernels.map(({ name, split, body: { length } }) => [name, split?.multiple, length])).toEqual([
      ["kernel0", 4, 2],
      ["kernel0_rest", undefined, 2],
    ]);
  });
  it("does not divide loops that end before a thread wakes up", () => {
    const short = program([over([store("y", [i, integer(0)], real(1))])], x, y, s, t);
    expect(
      afterStage(markParallelLoops, short, { batchSize: 8, float: "f64" }).kernels[0].split,
    ).toBeUndefined();
  });
});

describe("memory that iterations use privately", () => {
  const own = [
    over([across([store("t", [j], doubled([i, j]))]), across([store("y", [i, j], load("t", [j]))])]),
  ];
  it("becomes private to each thread", () => {
    const { kernels, buffers } = marked(program(own, x, y, t));
    expect(kernels.map(({ split }) => split)).toEqual([{ multiple: 1 }]);
    expect(buffers.get("t")?.isScratch).toBe(true);
  });
  it("is not private if another kernel reads it", () => {
    const { kernels, buffers } = marked(
      programOf([own, [store("s", [], load("t", [integer(0)]))]], x, y, s, t),
    );
    expect(kernels.map(({ split }) => split)).toEqual([undefined, undefined]);
    expect(buffers.get("t")?.isScratch).toBeUndefined();
  });
  it("is not private if all iterations read what was copied before them", () => {
    const panel = scratch("panel", [4]);
    const body = [
      across([store("panel", [j], load("x", [integer(0), j]))]),
      over([store("y", [i, integer(0)], load("panel", [integer(2)]))]),
    ];
    const { kernels, buffers } = marked(program(body, x, y, panel));
    expect(kernels).toHaveLength(2);
    expect(buffers.get("panel")?.isScratch).toBe(false);
  });
});

describe("kernels with panels", () => {
  const dense = (units: number) => ({ type: "dense" as const, units });
  const kernelsOf = (network: ModelSpec["network"], shape: readonly number[]): readonly Kernel[] => {
    const spec: ModelSpec = {
      name: "panels",
      inputs: { x: { shape: [...shape] } },
      targets: { y: { shape: [64] } },
      network,
      loss: "mse",
      optimizer: "sgd",
      training: { epochs: 1, batchSize: 64 },
    };
    const { vectors } = compileFor(parseModel(spec), { target: "wasm", dtype: "f32" });
    const gradient = vectors?.programs.find(({ name }) => name === "gradient");
    return gradient?.kernels.filter(({ schedule }) => schedule?.includes("panels")) ?? [];
  };
  it("are divided, also if two have panels of the same weights", () => {
    const kernels = kernelsOf([dense(256), dense(256), dense(64)], [256]);
    const texts = kernels.map(({ schedule }) => schedule?.split("panels of ").at(-1));
    expect(texts.filter((text) => text === "dense2.weight")).toHaveLength(2);
    expect(kernels.filter(({ split }) => split === undefined)).toEqual([]);
  });
  it("are divided by their rows if one strip has all columns", () => {
    const conv2d = { type: "conv2d" as const, filters: 8, kernel: 3, padding: "same" as const };
    const kernels = kernelsOf([conv2d, conv2d, { type: "flatten" }, dense(64)], [8, 8, 8]);
    const inConvolutions = kernels.filter(({ schedule }) => schedule?.endsWith("conv2d2.weight"));
    expect(inConvolutions).toHaveLength(1);
    const [{ body }] = inConvolutions;
    expect(body.at(-1)).toMatchObject({ kind: "for", to: rows });
    expect(inConvolutions[0].split).toEqual({ multiple: 1 });
  });
});

describe("parts that run at the same time", () => {
  it.each(["f32", "f64"] as const)("are independent: random graphs on vectors, %s", (float) => {
    const batchSize = 7;
    fc.assert(
      fc.property(moves(), fc.integer({ min: 1, max: batchSize }), (list, rowCount) => {
        const { graph } = graphOf(list, float);
        const lowered = vectorLowered(graph, { float, batchSize });
        const memory = memoryWith(lowered, valuesFor(graph, rowCount, 3), batchSize);
        const sizes = { ...lowered.sizes, rows: rowCount, batchSize };
        expect(racesOf(lowered.program, memory, sizes)).toEqual([]);
      }),
      often(30, 14),
    );
  });
});

describe("parts of every spec that run at the same time are independent", () => {
  it.each(specNames)("%s", async (name) => {
    for (const fused of await fusedPrograms(name, "f32", 4)) {
      const vectors = onVectors(shortened(fused, 6), { float: "f32", batchSize: 4 });
      const placed = afterStage(computeByteAddresses, vectors, { batchSize: 4, float: "f32" });
      const sizes = { rows: 3, batchSize: 4, inBytes: true, mayOverrun: true };
      expect(racesOf(placed, filledMemory(placed, 4), sizes)).toEqual([]);
    }
  });
  it("and some of them have private memory", async () => {
    const [gradient] = await fusedPrograms("names.json", "f32", 4);
    const { buffers } = onVectors(gradient, { float: "f32", batchSize: 4 });
    const isOwn = ({ name, isScratch }: Buffer) => isScratch && gradient.buffers.has(name);
    expect([...buffers.values()].filter(isOwn)).not.toEqual([]);
  });
});

describe("parts in any order, each with its own scratch, leave the same bits", () => {
  it.each(["f32", "f64"] as const)("random graphs and their gradients on vectors, %s", (float) => {
    const batchSize = 7;
    let cut = 0;
    fc.assert(
      fc.property(moves(), fc.integer({ min: 1, max: batchSize }), (list, rowCount) => {
        const { graph } = graphOf(list, float);
        const values = valuesFor(graph, rowCount, 3);
        const inOrder = vectorLowered(graph, { float, batchSize });
        const shared = vectorLowered(graph, { float, batchSize, change: inParts(rowCount) });
        cut += shared.program.kernels.length - inOrder.program.kernels.length;
        const run = (lowered: typeof inOrder) => runLoops(lowered, values, rowCount, batchSize);
        expect(compareStorage(run(shared), run(inOrder)).worst).toBe(0);
      }),
      often(50, 13),
    );
    expect(cut).toBeGreaterThan(80);
  });
});
