// The translation of specs into graphs. If a test fails, layers, losses or targets that do not fit together
// are not reported with their paths, or a valid spec is rejected.
import { describe, expect, it } from "vitest";
import { DiagnosticError, render } from "../../../src/compiler/diagnostics/errors.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import { ops } from "../../../src/compiler/ops/index.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

const spec = (rest: object) => ({
  name: "test",
  inputs: { x: { shape: [4] } },
  targets: { y: { shape: [3] } },
  network: [{ type: "dense", units: 3 }],
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 1, batchSize: 6 },
  ...rest,
});

const graphsOf = (rest: object) => buildGraphs(parseModel(spec(rest)), "f32");

function reportedText(rest: object): string {
  try {
    return render(graphsOf(rest).warnings);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
}

describe("shapes between layers", () => {
  it("names both layers and both shapes", () => {
    const network = [
      { type: "dense", units: 3, name: "a" },
      { type: "dense", units: 5, name: "b", from: "x" },
      { type: "add", from: ["a", "b"] },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(
      `"error T1308: network[2]: add1 needs inputs of the same shape, but a has the shape [n, 3] and b has the shape [n, 5]"`,
    );
  });

  it("finds all errors at once and skips layers that depend on them", () => {
    const network = [
      { type: "reshape", shape: [3] },
      { type: "dense", units: 2, name: "after" },
      { type: "concat", axis: 4, from: ["x", "x"], name: "c" },
      { type: "add", from: ["after", "c"] },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1308: network[0]: reshape1 needs 3 numbers per row for the shape [n, 3], but x has the shape [n, 4], which has 4
      error T1308: network[2]: c: axis 4 does not exist, because x has the shape [n, 4]"
    `);
  });

  it("rejects a layer without an axis to act on", () => {
    expect(reportedText({ inputs: { x: { shape: [] } } })).toMatchInlineSnapshot(`
      "error T1308: network[0]: dense1 acts on the last axis of a row, but x has the shape [n], so its rows have no axis
        hint: insert { "type": "reshape", "shape": [1] } before it"
    `);
  });

  it("rejects several inputs where a layer takes one, and one where it takes several", () => {
    const inputs = { x: { shape: [4] }, z: { shape: [4] } };
    expect(reportedText({ inputs, network: [{ type: "dense", units: 3, from: ["x", "z"] }] }))
      .toMatchInlineSnapshot(`
      "error T1308: network[0]: dense1 must read exactly one input, got 2: x has the shape [n, 4] and z has the shape [n, 4]
        hint: join them first with an add, multiply or concat layer"
    `);
    expect(reportedText({ network: [{ type: "add" }, { type: "dense", units: 3 }] })).toMatchInlineSnapshot(`
      "error T1308: network[0]: add1 must read at least two inputs, but reads only x
        hint: write "from": ["x", …]"
    `);
  });

  it("rejects indices where a layer takes numbers", () => {
    expect(reportedText({ inputs: { x: { shape: [4], dtype: "i32" } } })).toMatchInlineSnapshot(`
      "error T1308: network[0]: dense1 must read real numbers, but x contains indices (i32)
        hint: remove "dtype" from inputs.x if its values are not indices"
    `);
  });

  it("concatenates values that differ only in the concatenated axis", () => {
    const inputs = { x: { shape: [2, 3] }, z: { shape: [4, 3] } };
    const network = (axis: number) => [
      { type: "concat", from: ["x", "z"], axis },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ inputs, network: network(0), targets: { y: { shape: [6, 3] } } })).toBe("");
    expect(reportedText({ inputs, network: network(-2), targets: { y: { shape: [6, 3] } } })).toBe("");
    expect(reportedText({ inputs, network: network(-1) })).toMatchInlineSnapshot(
      `"error T1308: network[0]: concat1 needs inputs whose shapes differ only in axis -1, but x has the shape [n, 2, 3] and z has the shape [n, 4, 3]"`,
    );
  });

  it("rejects a key of another activation", () => {
    const network = [
      { type: "activation", fn: "relu", slope: 0.1 },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1308: network[0]: activation1: unknown key "slope" of the activation relu
        hint: relu has no keys of its own"
    `);
  });

  it("rejects bounds in the wrong order", () => {
    const network = [{ type: "dense", units: 3, init: { type: "uniform", min: 1, max: 0 } }];
    expect(reportedText({ network })).toMatchInlineSnapshot(
      `"error T1308: network[0]: init.min must not be greater than max, got 1 and 0"`,
    );
  });
});

describe("layers inside blocks", () => {
  const dense = { type: "dense", units: 4 };

  it("a residual is reported with what it adds and its location", () => {
    const network = [
      { type: "repeat", times: 2, layers: [{ type: "residual", layers: [{ type: "dense", units: 1 }] }] },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1308: network[0].layers[0]: repeat1.1.residual1 adds its input to the output of its last layer, but repeat1.1.residual1.dense1 has the shape [n, 1] and x has the shape [n, 4]
        hint: add a "shortcut" with layers that change the shape of the input to the shape of the last layer"
    `);
  });

  it("an error in a later copy alone is reported for that copy, an error in all copies once", () => {
    const network = [
      {
        type: "repeat",
        times: 3,
        layers: [{ type: "reshape", shape: [2, 2] }, "flatten", { type: "dense", units: 5 }],
      },
      {
        type: "residual",
        layers: [{ type: "dense", units: 4, from: "x", init: { type: "uniform", min: 1, max: 0 } }],
      },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1308: network[0].layers[0]: repeat1.2.reshape1 needs 4 numbers per row for the shape [n, 2, 2], but repeat1.1.dense1 has the shape [n, 5], which has 5
      error T1308: network[1].layers[0]: init.min must not be greater than max, got 1 and 0"
    `);
    const apart = [
      {
        type: "repeat",
        times: 3,
        layers: [
          { type: "dropout", name: "own" },
          { type: "attention", heads: 1, from: "x" },
          { type: "add", from: ["own", "attention1"] },
        ],
      },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network: apart })).toMatchInlineSnapshot(
      `
      "error T1308: network[0].layers[1]: repeat1.1.attention1 must read a sequence [n, length, units], but x has the shape [n, 4]
        hint: declare the shape [4, 1] in inputs.x"
    `,
    );
  });

  it("an error in both directions is reported once", () => {
    const network = [
      { type: "bidirectional", layer: { type: "lstm", units: 2 } },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(
      `
      "error T1308: network[0].layer: bidirectional1.forward must read a sequence [n, length, units], but x has the shape [n, 4]
        hint: declare the shape [4, 1] in inputs.x"
    `,
    );
  });

  it("a step that cuts off the layers inside is reported", () => {
    const network = [
      { type: "residual", layers: [dense, { type: "activation", fn: "step" }] },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1501: network[0].layers[1].fn: the derivative of step is zero, so residual1.dense1.weight and residual1.dense1.bias would get no gradient
        hint: add "surrogate": "straight-through" or "surrogate": "sigmoid"; for a step at the output, you can use the loss "perceptron" instead"
    `);
  });

  it("layers that are too large are reported", () => {
    const wide = { type: "dense", units: 2e8 };
    const network = [
      { type: "residual", layers: [wide, dense] },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1312: network[0].layers[0]: residual1.dense1 with its gradients and optimizer states needs 7.45 GiB; the whole model must fit into less than 2 GiB
      error T1312: network[0].layers[0]: the output of residual1.dense1 for 6 rows needs 4.47 GiB; the whole model must fit into less than 2 GiB
      error T1312: network[0].layers[1]: residual1.dense2 with its gradients and optimizer states needs 5.96 GiB; the whole model must fit into less than 2 GiB"
    `);
  });

  it("a softmax at the end of a repeated block", () => {
    const network = [
      { type: "repeat", times: 2, layers: [{ type: "dense", units: 3, activation: "softmax" }] },
    ];
    expect(reportedText({ network, targets: { y: { classes: 3 } }, loss: "cross-entropy" }))
      .toMatchInlineSnapshot(`
      "warning T1403: network[0].layers[0] applies softmax, and the loss cross-entropy applies it again, because it expects logits
        hint: remove softmax from the network"
    `);
  });

  it("a step at the output of a block is applied after the loss, as without the block", () => {
    const network = [{ type: "repeat", times: 1, layers: [{ type: "dense", units: 3, activation: "step" }] }];
    expect(reportedText({ network, loss: "perceptron" })).toBe("");
  });
});

describe("windows", () => {
  const inputs = { x: { shape: [4, 6, 2] } };
  const of = (layer: object) =>
    reportedText({ inputs, network: [layer, "flatten", { type: "dense", units: 3 }] });

  it("that do not fit are reported with both sizes, after padding and dilation", () => {
    expect(of({ type: "conv2d", filters: 1, kernel: [5, 2] })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d1: a window of 5 × 2 does not fit, because x has the shape [n, 4, 6, 2]"`,
    );
    expect(of({ type: "conv2d", filters: 1, kernel: 3, dilation: [4, 1], padding: 1 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d1: a window of 3 × 3, dilated to 9 × 3, does not fit, because x has the shape [n, 4, 6, 2], padded to 6 × 8"`,
    );
    expect(of({ type: "conv2d", filters: 4, kernel: 1, groups: 4 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d1.groups must divide the 2 channels of x, got 4"`,
    );
    expect(of({ type: "conv2d", filters: 3, kernel: 1, groups: 2 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d1.groups must divide the 3 filters, got 2"`,
    );
    expect(of({ type: "conv2d", filters: 3, kernel: 1, groups: 0 })).toMatchInlineSnapshot(
      `"error T1203: network[0].groups must be a positive integer, got 0"`,
    );
    expect(of({ type: "depthwise-conv2d", kernel: 7, padding: 1 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: depthwise-conv2d1: a window of 7 × 7 does not fit, because x has the shape [n, 4, 6, 2], padded to 6 × 8"`,
    );
    expect(of({ type: "max-pool2d", size: [5, 1] })).toMatchInlineSnapshot(
      `"error T1308: network[0]: max-pool2d1: a window of 5 × 1 does not fit, because x has the shape [n, 4, 6, 2]"`,
    );
  });

  it("over sequences require sequences", () => {
    expect(of({ type: "conv1d", filters: 1, kernel: 2 })).toMatchInlineSnapshot(`
      "error T1308: network[0]: conv1d1 must read a sequence [n, length, channels], but x has the shape [n, 4, 6, 2]
        hint: insert a reshape layer before it"
    `);
    expect(of({ type: "global-avg-pool1d" })).toMatchInlineSnapshot(`
      "error T1308: network[0]: global-avg-pool1d1 must read a sequence [n, length, channels], but x has the shape [n, 4, 6, 2]
        hint: insert a reshape layer before it"
    `);
  });

  it("of a pooling must cover more than padding", () => {
    expect(of({ type: "avg-pool2d", size: [2, 3], padding: [1, 2] })).toMatchInlineSnapshot(
      `"error T1308: network[0]: avg-pool2d1.padding must be at most half of the window size 2 × 3, got 1 × 2"`,
    );
  });

  it("of a transposed convolution must leave some output", () => {
    expect(of({ type: "conv2d-transpose", filters: 1, kernel: 2, padding: 3 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d-transpose1: the padding would remove the whole output of size 5 × 7, because x has the shape [n, 4, 6, 2]"`,
    );
  });

  it("of layers that change sizes are checked", () => {
    expect(of({ type: "upsample" })).toMatchInlineSnapshot(`
      "error T1308: network[0]: upsample1 must have either "factor" or "size"
        hint: write "factor": 2 to double the size of every axis"
    `);
    expect(of({ type: "upsample", factor: 2, alignCorners: true })).toMatchInlineSnapshot(`
      "error T1308: network[0]: upsample1.alignCorners has no effect if the mode is "nearest"
        hint: write "mode": "linear", or remove "alignCorners""
    `);
    expect(of({ type: "upsample", scale_factor: 2 })).toMatchInlineSnapshot(`
      "error T1101: network[0]: unknown key "scale_factor"
        hint: did you mean "factor"?"
    `);
    expect(of({ type: "pad", padding: [[1, 2]] })).toMatchInlineSnapshot(`
      "error T1308: network[0]: pad1 reads an image, so its padding has two axes, got [[1,2]]
        hint: write a number, [height, width] or [[top, bottom], [left, right]]"
    `);
    expect(of({ type: "pad", padding: [1, 2, 3] })).toMatchInlineSnapshot(
      `
      "error T1308: network[0]: pad1 reads an image, so its padding has two axes, got [1,2,3]
        hint: write a number, [height, width] or [[top, bottom], [left, right]]"
    `,
    );
    expect(of({ type: "pad", padding: [[1, 2, 3], 1] })).toMatchInlineSnapshot(
      `"error T1201: network[0].padding[0] must be a list of 2 values, got [1, 2, 3]"`,
    );
    expect(of({ type: "pad", padding: -1 })).toMatchInlineSnapshot(
      `"error T1203: network[0].padding must be an integer of at least 0, got -1"`,
    );
    expect(of({ type: "depth-to-space", block: 2 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: depth-to-space1: the 2 channels of x must be a multiple of 4, the pixels of a block of 2 × 2"`,
    );
    expect(of({ type: "space-to-depth", block: 4 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: space-to-depth1.block must divide the height 4 and the width 6 of x, got 4"`,
    );
    const sequence = {
      inputs: { x: { shape: [6, 2], lengths: "steps" }, steps: { shape: [], dtype: "i32" } },
      network: [{ type: "upsample", size: 9, from: "x" }, "global-avg-pool1d", { type: "dense", units: 3 }],
    };
    expect(reportedText(sequence)).toMatchInlineSnapshot(`
      "error T1308: network[0]: upsample1 reads sequences with padding, whose lengths differ, so it must have a "factor" and no "alignCorners"
        hint: to treat padding like all other positions, write "mask": false"
    `);
    const pairs = { ...sequence, network: [{ type: "upsample", factor: [2, 1], from: "x" }] };
    expect(reportedText(pairs)).toMatchInlineSnapshot(
      `"error T1308: network[0]: upsample1 reads a sequence, so its factor must be one number"`,
    );
  });

  it("must have groups that divide the channels", () => {
    const flat = ["flatten", "instance-norm", { type: "dense", units: 3 }];
    expect(reportedText({ inputs, network: flat })).toMatchInlineSnapshot(`
      "error T1308: network[1]: instance-norm1 normalises each channel over its positions, but flatten1 has the shape [n, 48], so that a channel has only one position and its result would always be 0
        hint: use layer-norm, which normalises over channels"
    `);
    expect(of({ type: "group-norm", groups: 4 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: group-norm1.groups must divide the 2 channels of x, got 4"`,
    );
  });

  it("with invalid values are reported by the schema", () => {
    const upward = { type: "conv2d-transpose", filters: 2, kernel: 3, stride: [2, 1] };
    expect(of({ ...upward, outputPadding: 1 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d-transpose1.outputPadding must be less than the stride 1 or the dilation 1, got 1"`,
    );
    expect(of({ ...upward, outputPadding: 1, padding: "same" })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d-transpose1.outputPadding has no effect if padding is "same", which determines the output size"`,
    );
    expect(of({ ...upward, groups: 3 })).toMatchInlineSnapshot(
      `"error T1308: network[0]: conv2d-transpose1.groups must divide the 2 channels of x, got 3"`,
    );
    expect(of({ ...upward, output_padding: 1 })).toMatchInlineSnapshot(`
      "error T1101: network[0]: unknown key "output_padding"
        hint: did you mean "outputPadding"?"
    `);
    expect(of({ type: "conv2d", filters: 1, kernel: 2, padding: "causal" })).toMatchInlineSnapshot(`
      "error T1103: network[0].padding: unknown padding "causal"
        hint: known names: valid, same"
    `);
    expect(of({ type: "conv1d", filters: 1, kernel: [2, 2] })).toMatchInlineSnapshot(
      `"error T1201: network[0].kernel must be a positive integer, got [2, 2]"`,
    );
    expect(of({ type: "conv2d", filters: 1, kernel: [0, 2], dilation: [1.5, 1], padding: [-1, 0] }))
      .toMatchInlineSnapshot(`
      "error T1203: network[0].kernel[0] must be a positive integer, got 0
      error T1203: network[0].padding[0] must be an integer of at least 0, got -1
      error T1203: network[0].dilation[0] must be a positive integer, got 1.5"
    `);
    expect(of({ type: "conv2d", filters: 1, kernel: 2, padding: [1, 2, 3] })).toMatchInlineSnapshot(
      `"error T1201: network[0].padding must be a list of 2 values, got [1, 2, 3]"`,
    );
  });
});

describe("a missing axis", () => {
  /** The hint about the layer, which needs a sequence or an image, after the layers in `before`. */
  const hintOf = (shape: number[], layer: object, before: object[] = []) =>
    / hint: (.*)/.exec(reportedText({ inputs: { x: { shape } }, network: [...before, layer] }))?.[1];
  const gru = { type: "gru", units: 3 };
  const conv2d = { type: "conv2d", filters: 1, kernel: 3 };

  it("of an input is declared", () => {
    expect(hintOf([8, 8], conv2d)).toBe("declare the shape [8, 8, 1] in inputs.x");
    expect(hintOf([12], gru)).toBe("declare the shape [12, 1] in inputs.x");
    expect(hintOf([12], { type: "attention", heads: 1 })).toBe("declare the shape [12, 1] in inputs.x");
    expect(hintOf([12], { type: "position-embedding" })).toBe("declare the shape [12, 1] in inputs.x");
    expect(hintOf([12], { type: "max-pool1d", size: 2 })).toBe("declare the shape [12, 1] in inputs.x");
  });

  it("of a layer is inserted", () => {
    expect(hintOf([4], gru, [{ type: "dense", units: 6 }])).toBe(
      'insert { "type": "reshape", "shape": [6, 1] } before it',
    );
    expect(hintOf([64], conv2d)).toBe("insert a reshape layer before it");
    expect(hintOf([8, 8, 1, 1], gru)).toBeUndefined();
  });

  it("of a recurrent layer is its sequence", () => {
    expect(hintOf([5, 2], gru, [gru])).toBe('set "returnSequences": true in gru1');
    const bidirectional = { type: "bidirectional", layer: gru };
    expect(hintOf([5, 2], gru, [bidirectional])).toBe('set "returnSequences": true in bidirectional1');
  });

  it.each([
    [{ type: "dropout", rate: 0.2 }],
    [{ type: "dropout", rate: 0 }],
    [{ type: "layer-norm" }],
    [{ type: "activation", fn: "gelu" }, { type: "dropout" }],
  ])("of a recurrent layer is its sequence, also behind layers that act on each element", (...between) => {
    expect(hintOf([5, 2], gru, [gru, ...between])).toBe('set "returnSequences": true in gru1');
    expect(hintOf([5, 2], gru, [gru, ...between, { type: "dense", units: 3 }])).toBe(
      'insert { "type": "reshape", "shape": [3, 1] } before it',
    );
  });
});

describe("an output of the wrong shape", () => {
  const classes = { species: { classes: 3 } };
  const dense = (units: number) => ({ type: "dense", units });
  const hintOf = (rest: object) =>
    / hint: (.*)/.exec(reportedText({ targets: classes, loss: "cross-entropy", ...rest }))?.[1];

  it("is corrected in the layer or in the target", () => {
    const either = 'set "units" of network[1] (dense2) to 3, or "classes" of species to 4';
    expect(hintOf({ network: [dense(5), dense(4)] })).toBe(either);
    expect(hintOf({ network: [dense(5), dense(4), { type: "dropout", rate: 0.5 }] })).toBe(either);
    expect(hintOf({ network: [dense(12)], targets: { y: { shape: [24] } }, loss: "mse" })).toBe(
      'set "units" of network[0] (dense1) to 24, or "shape" of y to [12]',
    );
    expect(hintOf({ network: [dense(12)], targets: { y: { shape: [] } }, loss: "mse" })).toBe(
      'set "units" of network[0] (dense1) to 1',
    );
    const conv2d = { type: "conv2d", filters: 4, kernel: 3, padding: "same" };
    expect(
      hintOf({
        inputs: { x: { shape: [6, 6, 1] } },
        network: [conv2d],
        targets: { y: { classes: 3, shape: [6, 6] } },
      }),
    ).toBe('set "filters" of network[0] (conv2d1) to 3, or "classes" of y to 4');
  });

  it("may be a sequence that a recurrent layer returns", () => {
    const inputs = { x: { shape: [12, 1] } };
    const gru = { type: "gru", units: 8, returnSequences: true };
    expect(hintOf({ inputs, network: [gru, dense(3)] })).toBe(
      'remove "returnSequences" from network[0] (gru1), or insert { "type": "global-avg-pool1d" } after it',
    );
    expect(hintOf({ inputs, network: [gru, { type: "dropout", rate: 0.5 }, dense(9), dense(4)] })).toBe(
      'remove "returnSequences" from network[0] (gru1), or insert { "type": "global-avg-pool1d" } after it',
    );
  });

  it("may be a sequence whose positions a dense layer reads separately", () => {
    const conv1d = { type: "conv1d", filters: 8, kernel: 3 };
    expect(hintOf({ inputs: { x: { shape: [12, 1] } }, network: [conv1d, dense(9), dense(3)] })).toBe(
      "network[1] (dense1) acts on each position of its input [n, 10, 8] separately; " +
        'insert { "type": "global-avg-pool1d" } or { "type": "flatten" } before it',
    );
  });
});

describe("loss, metrics and target", () => {
  const classes = { y: { classes: 3 } };

  it("reports why a loss does not fit", () => {
    expect(reportedText({ targets: classes })).toMatchInlineSnapshot(`
      "error T1401: loss: mse compares real numbers, but the target contains class indices
        hint: losses that fit this output and target: cross-entropy
        note: the loss compares the output of dense1 with the target y"
    `);
    expect(reportedText({ loss: "cross-entropy" })).toMatchInlineSnapshot(`
      "error T1401: loss: cross-entropy needs class indices, but the target is real; add "classes" to the target
        hint: losses that fit this output and target: mse, mae, rmse, rmsle, huber, log-cosh, binary-cross-entropy, hinge, perceptron, poisson, kl-divergence
        note: the loss compares the output of dense1 with the target y"
    `);
    expect(reportedText({ loss: "cross-entropy", targets: { y: { classes: 4 } } })).toMatchInlineSnapshot(`
      "error T1401: loss: cross-entropy needs an output of the shape [n, 4], one logit per class, got [n, 3]
        hint: set "units" of network[0] (dense1) to 4, or "classes" of y to 3
        note: the loss compares the output of dense1 with the target y"
    `);
    expect(reportedText({ loss: "hinge", targets: classes })).toMatchInlineSnapshot(`
      "error T1401: loss: hinge needs a target with 2 classes, but the target has 3
        hint: losses that fit this output and target: cross-entropy
        note: the loss compares the output of dense1 with the target y"
    `);
    expect(reportedText({ loss: "hinge", targets: { y: { classes: 2 } } })).toMatchInlineSnapshot(`
      "error T1401: loss: hinge needs an output of the shape [n, 1], one score per class index, got [n, 3]
        hint: set "units" of network[0] (dense1) to 1
        note: the loss compares the output of dense1 with the target y"
    `);
    expect(reportedText({ targets: { y: { shape: [2] } } })).toMatchInlineSnapshot(`
      "error T1401: loss: mse compares element by element, but the output has the shape [n, 3] and the target has the shape [n, 2]
        hint: set "units" of network[0] (dense1) to 2, or "shape" of y to [3]
        note: the loss compares the output of dense1 with the target y"
    `);
  });

  it("reports why a metric does not fit", () => {
    expect(
      reportedText({ targets: classes, loss: "cross-entropy", metrics: ["accuracy", "mae"] }),
    ).toMatchInlineSnapshot(
      `
      "error T1402: metrics[1]: mae compares real numbers, but the target contains class indices
        hint: metrics that fit this output and target: accuracy, precision, recall, f1"
    `,
    );
    expect(reportedText({ loss: "poisson", metrics: ["accuracy"] })).toMatchInlineSnapshot(`
      "error T1402: metrics[0]: accuracy needs class scores, but with this loss the network does not output class scores
        hint: metrics that fit this output and target: mae, mape, rmse, r2, spearman"
    `);
  });

  it("warns of a softmax before cross-entropy, as layer and as activation, and of a sigmoid before its loss", () => {
    const network = [{ type: "dense", units: 3, activation: "softmax" }];
    expect(reportedText({ network, targets: classes, loss: "cross-entropy" })).toMatchInlineSnapshot(`
      "warning T1403: network[0] applies softmax, and the loss cross-entropy applies it again, because it expects logits
        hint: remove softmax from the network"
    `);
    const apart = [
      { type: "dense", units: 3 },
      { type: "activation", fn: "softmax" },
    ];
    expect(reportedText({ network: apart, targets: classes, loss: "cross-entropy" })).toMatchInlineSnapshot(`
      "warning T1403: network[1] applies softmax, and the loss cross-entropy applies it again, because it expects logits
        hint: remove softmax from the network"
    `);
    const sigmoid = [{ type: "dense", units: 3, activation: "sigmoid" }];
    expect(reportedText({ network: sigmoid, loss: "binary-cross-entropy" })).toMatchInlineSnapshot(`
      "warning T1403: network[0] applies sigmoid, and the loss binary-cross-entropy applies it again, because it expects logits
        hint: remove sigmoid from the network"
    `);
  });

  it("reads a single unit as the predicted number", () => {
    expect(reportedText({ targets: { y: { shape: [] } }, network: [{ type: "dense", units: 1 }] })).toBe("");
  });
});

describe("gradients", () => {
  it("reports the parameters that a step cuts off, and suggests three fixes", () => {
    const network = [
      { type: "dense", units: 3, activation: "step" },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1501: network[0].activation: the derivative of step is zero, so dense1.weight and dense1.bias would get no gradient
        hint: add "surrogate": "straight-through" or "surrogate": "sigmoid"; for a step at the output, you can use the loss "perceptron" instead"
    `);
  });

  it("reports a step as a layer, at the output, with a loss that reads it", () => {
    const network = [
      { type: "dense", units: 3 },
      { type: "activation", fn: "step" },
    ];
    expect(reportedText({ network })).toMatchInlineSnapshot(`
      "error T1501: network[1].fn: the derivative of step is zero, so dense1.weight and dense1.bias would get no gradient
        hint: add "surrogate": "straight-through" or "surrogate": "sigmoid"; for a step at the output, you can use the loss "perceptron" instead"
    `);
  });

  it("a step that cuts off only frozen parameters is allowed, as are one with a surrogate and a perceptron's", () => {
    const network = (first: object, rest: object = {}) => [
      { type: "dense", units: 3, activation: first, ...rest },
      { type: "dense", units: 3 },
    ];
    expect(reportedText({ network: network({ type: "step" }, { trainable: false }) })).toBe("");
    expect(reportedText({ network: network({ type: "step", surrogate: "sigmoid" }) })).toBe("");
    expect(
      reportedText({ network: [{ type: "dense", units: 3, activation: "step" }], loss: "perceptron" }),
    ).toBe("");
  });

  it("rejects a model with nothing to train", () => {
    expect(reportedText({ network: [{ type: "dense", units: 3, trainable: false }] })).toMatchInlineSnapshot(
      `"error T1503: network has no trainable parameters, so there is nothing to train"`,
    );
  });
});

describe("optimizer and size", () => {
  it("rejects nesterov without momentum", () => {
    expect(
      reportedText({ optimizer: { type: "sgd", learningRate: 1, nesterov: true } }),
    ).toMatchInlineSnapshot(
      `"error T1203: optimizer.nesterov needs a momentum greater than 0 and a dampening of 0"`,
    );
  });

  it("reports parts that are too large before anything is allocated", () => {
    expect(
      reportedText({
        network: [
          { type: "dense", units: 1e9 },
          { type: "dense", units: 3 },
        ],
      }),
    ).toMatchInlineSnapshot(`
      "error T1312: network[0]: dense1 with its gradients and optimizer states needs 37.3 GiB; the whole model must fit into less than 2 GiB
      error T1312: network[0]: the output of dense1 for 6 rows needs 22.4 GiB; the whole model must fit into less than 2 GiB
      error T1312: network[1]: dense2 with its gradients and optimizer states needs 22.4 GiB; the whole model must fit into less than 2 GiB"
    `);
    expect(reportedText({ inputs: { x: { shape: [100_000_000] } }, network: [{ type: "dense", units: 3 }] }))
      .toMatchInlineSnapshot(`
      "error T1312: inputs.x: a batch of 6 rows needs 2.24 GiB; the whole model must fit into less than 2 GiB
      error T1312: network[0]: dense1 with its gradients and optimizer states needs 2.24 GiB; the whole model must fit into less than 2 GiB"
    `);
  });
});

describe("the graphs", () => {
  const rest = {
    targets: { y: { classes: 3 } },
    network: [
      { type: "dense", units: 5, activation: "gelu" },
      { type: "dropout", rate: 0.5 },
      { type: "dense", units: 3 },
    ],
    loss: { type: "cross-entropy", smoothing: 0.1 },
    metrics: ["accuracy"],
    regularization: { l1: 0.1, l2: 0.1 },
  };
  const optimizers = [
    "sgd",
    "adagrad",
    "adadelta",
    "rmsprop",
    "adam",
    "adamw",
    "adamax",
    "nadam",
    "radam",
    "lion",
  ];

  it.each(optimizers)("pass the verifier in f32 and f64 with %s", (type) => {
    const optimizer = {
      type,
      learningRate: { type: "cosine", initial: 0.1, steps: 9, warmup: { steps: 2 } },
      clip: { norm: 1 },
    };
    for (const float of ["f32", "f64"] as const) {
      const graphs = buildGraphs(parseModel(spec({ ...rest, optimizer })), float);
      for (const graph of [graphs.training, graphs.update, graphs.predict, graphs.evaluate, graphs.summarise])
        expect(verifyGraph(ops, graph)).toEqual([]);
      const stored = graphs.update.outputs.filter(({ storage }) => storage.startsWith("optimizer:"));
      const states = graphs.states.filter(({ name }) => name.startsWith("optimizer:"));
      expect(Object.fromEntries(stored.map(({ storage, node }) => [storage, node.type]))).toEqual(
        Object.fromEntries(states.map(({ name, type: own }) => [name, own])),
      );
    }
  });

  it("have parameters in order, with their initialisers", () => {
    const facts = graphsOf(rest).parameters.map(({ name, shape, regularized, fillText }) => [
      name,
      shape,
      regularized,
      fillText,
    ]);
    expect(facts).toEqual([
      ["dense1.weight", [4, 5], true, "he-uniform, fan-in 4"],
      ["dense1.bias", [5], false, "zeros"],
      ["dense2.weight", [5, 3], true, "xavier-uniform, fan-in 5, fan-out 3"],
      ["dense2.bias", [3], false, "zeros"],
    ]);
  });

  it("leave out layers that the output does not read", () => {
    const network = [
      { type: "dense", units: 3 },
      { type: "dense", units: 9 },
    ];
    expect(graphsOf({ network, output: "dense1" }).parameters.map(({ name }) => name)).toEqual([
      "dense1.weight",
      "dense1.bias",
    ]);
  });
});
