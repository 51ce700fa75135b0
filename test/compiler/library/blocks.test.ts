// Models with blocks as emitted trainers. A block must compute the same bits as its expanded layers, with
// correct gradients. If a test fails, a block is not equivalent to its layers.
import { describe, expect, it } from "vitest";
import { views } from "../../../src/studio/views/index.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { verifyModel } from "../../../src/command/verify/verify-model.ts";
import { streamOf } from "../../support/tensors.ts";

const specOf = (input: readonly number[], network: readonly unknown[], rest: object = {}) => ({
  name: "blocks",
  inputs: { x: { shape: input } },
  targets: { y: { classes: 3 } },
  network,
  loss: "cross-entropy",
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 1, batchSize: 4, seed: 2 },
  ...rest,
});

type Spec = ReturnType<typeof specOf>;

async function emittedBy(spec: Spec) {
  const code = await emitText(compileFor(parseModel(spec), { dtype: "f32" }), "f32", { isFormatted: false });
  const { model, createTrainer } = await loadTrainer(code);
  return { code, model, trainer: createTrainer({ seed: 5 }) };
}

function batchOf({ inputs }: Spec, rows: number) {
  const stream = streamOf(3);
  const size = inputs.x.shape.reduce((product, d) => product * d, rows);
  return {
    x: Array.from({ length: size }, () => 2 * stream.unit() - 1),
    y: Array.from({ length: rows }, () => stream.below(3)),
  };
}

/** Losses of some steps, and the predictions after them. */
async function trained(spec: Spec) {
  const { model, trainer } = await emittedBy(spec);
  const batch = batchOf(spec, 4);
  const losses = [1, 2, 3].map(() => trainer.step(batch));
  const shapes = model.parameters.map(({ shape, trainable }) => ({ shape, trainable }));
  return { losses, predictions: [...trainer.predict({ x: batch.x })], shapes };
}

async function expectVerified(spec: Spec): Promise<void> {
  const { parameters, targets } = await verifyModel(compileFor(parseModel(spec), { dtype: "f64" }));
  for (const { name, relativeError } of parameters) expect(relativeError, name).toBeLessThan(1e-6);
  for (const { target, dtype, holds } of targets) expect(holds, `${target} ${dtype}`).toBe(true);
}

const residual = (layers: unknown, rest: object = {}) => ({ type: "residual", layers, ...rest });
const end = [{ type: "flatten" }, { type: "dense", units: 3 }];

describe("a transformer of repeated residual blocks", () => {
  const blocks = specOf(
    [5, 4],
    [
      {
        type: "repeat",
        name: "block",
        times: 2,
        layers: [
          residual(["layer-norm", { type: "attention", heads: 2 }]),
          residual([
            "rms-norm",
            { type: "dense", units: 6, activation: "gelu" },
            { type: "dropout", rate: 0.3 },
            { type: "dense", units: 4 },
          ]),
        ],
      },
      ...end,
    ],
  );
  const one = (k: number, input: string) => [
    { type: "layer-norm", from: input, name: `norm${k}` },
    { type: "attention", heads: 2, name: `attention${k}` },
    { type: "add", from: [input, `attention${k}`], name: `middle${k}` },
    { type: "rms-norm" },
    { type: "dense", units: 6, activation: "gelu" },
    { type: "dropout", rate: 0.3 },
    { type: "dense", units: 4, name: `last${k}` },
    { type: "add", from: [`middle${k}`, `last${k}`], name: `block${k}` },
  ];
  const flat = specOf([5, 4], [...one(1, "x"), ...one(2, "block1"), ...end]);

  it("trains like its layers written one by one, bit for bit", async () => {
    expect(await trained(blocks)).toEqual(await trained(flat));
  });

  it("has parameters and identifiers named by their block", async () => {
    const { code, model } = await emittedBy(blocks);
    const names = model.parameters.map(({ name }) => name);
    expect(names).toContain("block.2.residual1.attention1.query");
    expect(code).toMatch(/^const at_block_2_residual1_attention1_query = \d+; \/\/ f32\[4, 4\]$/m);
    expect(code).toMatch(/^const at_d_block_1_residual2_dense2_weight = /m);
  });

  it("keeps copies apart, and can be saved and loaded", async () => {
    const { trainer } = await emittedBy(blocks);
    const first = trainer.parameters["block.1.residual2.dense1.weight"];
    const second = trainer.parameters["block.2.residual2.dense1.weight"];
    expect([...first]).not.toEqual([...second]);
    trainer.step(batchOf(blocks, 4));
    const { trainer: other } = await emittedBy(blocks);
    other.load(trainer.save());
    expect([...other.parameters["block.2.residual2.dense1.weight"]]).toEqual([...second]);
  });

  it("shows its gradients", () => {
    const compilation = compileFor(parseModel(blocks), { dtype: "f32" });
    const of = "block.2.residual1.attention1.key";
    const { text } = views.gradients({ compilation, reports: [], of });
    expect(text()).toContain(`∂L/∂${of} = `);
  });
});

describe("gradients of blocks", () => {
  it("of convolutions, strided, with a shortcut, around a pooling", async () => {
    const conv = { type: "conv2d", filters: 3, kernel: 3, padding: "same", activation: "tanh" };
    const network = [
      { type: "conv2d", filters: 2, kernel: 1 },
      residual([{ ...conv, stride: 2 }, "batch-norm", conv], {
        shortcut: [{ type: "conv2d", filters: 3, kernel: 1, stride: 2, bias: false }],
      }),
      { type: "repeat", times: 2, layers: [residual([{ type: "group-norm", groups: 3 }, conv])] },
      { type: "conv2d-transpose", filters: 2, kernel: 2, stride: 2 },
      "global-avg-pool2d",
      { type: "dense", units: 3 },
    ];
    await expectVerified(specOf([5, 4, 2], network));
  });

  it("of names that become one identifier", async () => {
    const network = [
      {
        type: "repeat",
        name: "a",
        times: 2,
        layers: [{ type: "dense", units: 4, name: "b", activation: "tanh" }],
      },
      { type: "dense", units: 4, name: "a_2_b", activation: "sigmoid" },
      { type: "dense", units: 4, name: "a-2-b", activation: "softplus" },
      { type: "dense", units: 3 },
    ];
    await expectVerified(specOf([4], network));
  });

  it("pass through a frozen block to the layers before it, but not to its parameters", async () => {
    const network = [
      { type: "dense", units: 4 },
      residual([{ type: "dense", units: 4, activation: "tanh" }], { trainable: false }),
      { type: "dense", units: 3 },
    ];
    const spec = specOf([4], network);
    await expectVerified(spec);
    const { trainer } = await emittedBy(spec);
    expect(Object.keys(trainer.gradients)).toEqual([
      "dense1.weight",
      "dense1.bias",
      "dense2.weight",
      "dense2.bias",
    ]);
  });
});

describe("a recurrent layer that runs both ways", () => {
  const layer = (rest: object) => ({ type: "lstm", units: 3, ...rest });
  it.each([
    ["its last states side by side", {}],
    ["its outputs side by side, each at its own time", { returnSequences: true }],
  ])("returns %s", async (_, keys) => {
    const both = specOf([4, 2], [{ type: "bidirectional", name: "both", layer: layer(keys) }, ...end]);
    const flat = specOf(
      [4, 2],
      [
        layer({ ...keys, name: "forward", from: "x" }),
        layer({ ...keys, name: "backward", from: "x", reverse: true }),
        { type: "concat", from: ["forward", "backward"] },
        ...end,
      ],
    );
    expect(await trained(both)).toEqual(await trained(flat));
    const { model } = await emittedBy(both);
    const names = model.parameters.map(({ name }) => name);
    expect(names).toContain("both.forward.weight");
    expect(names).toContain("both.backward.recurrent");
    await expectVerified(both);
  });

  it("stacks, in repeated residual blocks too", async () => {
    const way = { type: "bidirectional", layer: { type: "gru", units: 2, returnSequences: true } };
    await expectVerified(specOf([3, 4], [{ type: "repeat", times: 2, layers: [residual([way])] }, ...end]));
  });
});
