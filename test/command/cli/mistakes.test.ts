// Mistakes that would otherwise train a model to the end and report meaningless numbers. Each row has a
// mistake and the complete message about it, without the source lines that the message quotes. If a test
// fails, a user does not learn of the mistake.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import type { FitOptions, Trainer } from "../../../src/runtime/trainer/trainer.ts";
import { emittedModule } from "../../support/emitted.ts";
import { workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeAll(() => {
  place = workspace();
  place.write("houses.csv", housesCsv);
});
afterAll(() => {
  expect(place.made()).toEqual([]);
  place.remove();
});

/** Houses: `price` is in the hundreds of thousands, `sold` is 0 or 1, and `share` is from 0 to 1. */
const housesCsv = [
  "area,rooms,price,sold,change,share",
  ...Array.from({ length: 40 }, (_, row) =>
    [50 + row, 1 + (row % 5), 200_000 + 5000 * row, row % 2, (row % 7) - 3, (row % 11) / 10].join(),
  ),
  "",
].join("\n");

type Json = Record<string, unknown>;

const houses = {
  name: "houses",
  inputs: { house: { shape: [2] } },
  targets: { price: { shape: [] } },
  network: [
    { type: "dense", units: 4, activation: "tanh" },
    { type: "dense", units: 1 },
  ] as unknown[],
  loss: "mse" as unknown,
  metrics: [] as unknown[],
  optimizer: { type: "adam", learningRate: 0.01 } as Json,
  training: { epochs: 2, batchSize: 8, seed: 3, validation: { fraction: 0.2 } } as Json,
  data: {
    file: "houses.csv",
    inputs: { house: { columns: ["area", "rooms"], scale: "standard" } },
    targets: { price: { columns: ["price"], scale: "standard" } as Json },
  },
};
type Spec = typeof houses;

/** The spec with another target column, unscaled, which is not among the inputs. */
const predicts = (column: string, others: Partial<Spec> = {}): Partial<Spec> => ({
  ...others,
  data: {
    ...houses.data,
    inputs: { house: { columns: ["area", column === "rooms" ? "price" : "rooms"], scale: "standard" } },
    targets: { price: { columns: [column] } },
  },
});
const reads = (...columns: string[]): Partial<Spec> => ({
  data: { ...houses.data, inputs: { house: { columns, scale: "standard" } } },
});
const [hidden, output] = houses.network;
const image = (shape: number[], ...network: unknown[]): object => {
  const { data: _, ...others } = houses;
  return { ...others, inputs: { house: { shape } }, network };
};
const classes = (others: object): object => ({
  ...image([2], hidden, { type: "dense", units: 3 }),
  targets: { price: { classes: 3 } },
  ...others,
});
const conv = { type: "conv2d", filters: 2, kernel: 3, activation: "relu" };

/** The lines of standard error, without code frames and the lines of epochs. */
const messageIn = (stderr: string): readonly string[] =>
  stderr
    .split("\n")
    .filter((line) => line !== "" && !/^[> ] *\d* \|/.test(line) && !line.startsWith("epoch "));

const ofData: [string, Partial<Spec>, readonly string[]][] = [
  [
    "accuracy of a price",
    predicts("price", { metrics: ["accuracy"] }),
    [
      'houses.csv:2 error T2004: column "price": 200000 is not -1, 0 or 1 for accuracy; for other ' +
        "numbers, use mae, rmse or r2",
    ],
  ],
  [
    "binary cross-entropy of a price",
    predicts("price", { loss: "binary-cross-entropy" }),
    [
      'houses.csv:2 error T2004: column "price": 200000 is not a number from 0 to 1 for ' +
        "binary-cross-entropy; scale other numbers to this range, or use a loss such as mse",
    ],
  ],
  [
    "binary cross-entropy of -1 and 1, with accuracy",
    predicts("change", { loss: "binary-cross-entropy", metrics: ["accuracy"] }),
    [
      'houses.csv:2 error T2004: column "change": -3 is not 0 or 1 for binary-cross-entropy and ' +
        "accuracy; scale other numbers to this range, or use a loss such as mse",
    ],
  ],
  [
    "poisson of changes",
    predicts("change", { loss: "poisson" }),
    [
      'houses.csv:2 error T2004: column "change": -3 is not a number of at least 0 for poisson; for ' +
        "negative numbers, use a loss such as mse",
    ],
  ],
  [
    "rmsle of changes",
    predicts("change", { loss: "rmsle" }),
    [
      'houses.csv:2 error T2004: column "change": -3 is not a number of at least 0 for rmsle; for ' +
        "negative numbers, use a loss such as mse",
    ],
  ],
  [
    "hinge of a fraction",
    predicts("share", { loss: "hinge" }),
    [
      'houses.csv:3 error T2004: column "share": 0.1 is not -1, 0 or 1 for hinge; for other numbers, ' +
        "use a loss such as mse",
    ],
  ],
  [
    "perceptron of a count",
    predicts("rooms", { loss: "perceptron" }),
    [
      'houses.csv:3 error T2004: column "rooms": 2 is not -1, 0 or 1 for perceptron; for other ' +
        "numbers, use a loss such as mse",
    ],
  ],
  [
    "kl-divergence of a count",
    predicts("rooms", { loss: "kl-divergence" }),
    [
      'houses.csv:3 error T2004: column "rooms": 2 is not a number from 0 to 1 for kl-divergence; use ' +
        "probabilities as targets",
    ],
  ],
  [
    "a scale that does not reach the range",
    {
      loss: "binary-cross-entropy",
      data: { ...houses.data, targets: { price: { columns: ["price"], scale: { divide: 100_000 } } } },
    },
    [
      'houses.csv:2 error T2004: column "price": 200000, scaled to 2.000, is not a number from 0 to 1 ' +
        "for binary-cross-entropy; scale other numbers to this range, or use a loss such as mse",
    ],
  ],
  [
    "a misspelt column",
    reads("area", "room"),
    [
      'houses.json:46:11 error T2007: data.inputs.house.columns[1]: houses.csv has no column "room"',
      '  hint: did you mean "rooms"?',
    ],
  ],
  [
    "a misspelt range",
    reads("area..romms"),
    [
      'houses.json:45:11 error T2007: data.inputs.house.columns[0]: houses.csv has no column "romms", an ' +
        'endpoint of the range "area..romms"',
      '  hint: did you mean "area..rooms"?',
    ],
  ],
  [
    "a range in the wrong order",
    reads("rooms..area"),
    [
      'houses.json:45:11 error T2007: data.inputs.house.columns[0]: houses.csv has "area" before "rooms", ' +
        'so the range "rooms..area" is empty',
      '  hint: write "area..rooms"',
    ],
  ],
  [
    "two columns without a similar name in the file",
    reads("x1", "x2"),
    [
      'houses.json:45:11 error T2007: data.inputs.house.columns[0]: houses.csv has no column "x1"',
      "  hint: columns of the file: area, rooms, price, sold, change, share",
      'houses.json:46:11 error T2007: data.inputs.house.columns[1]: houses.csv has no column "x2"',
      "  hint: columns of the file: area, rooms, price, sold, change, share",
    ],
  ],
  [
    "no data section",
    { data: undefined },
    [
      'houses.json error T2005: the spec has no "data" section, which assigns columns to inputs and targets',
      '  hint: add "data": { "file": …, "inputs": …, "targets": … }',
    ],
  ],
];

const ofSpec: [string, object, readonly string[]][] = [
  [
    "accuracy of a scaled price",
    { ...houses, metrics: ["accuracy"] },
    [
      "houses.json:28:5 error T1402: metrics[0]: accuracy needs each target value to be -1, 0 or 1, but " +
        "data.targets.price.scale changes the values of price",
      "  hint: for other numbers, use mae, rmse or r2",
    ],
  ],
  [
    "poisson of a scaled price",
    { ...houses, loss: "poisson" },
    [
      'houses.json:56:18 error T1404: data.targets.price.scale: "standard" shifts the mean of the target to 0, but poisson ' +
        "needs each target value to be a number of at least 0",
      "  hint: remove the scale; for negative numbers, use a loss such as mse",
    ],
  ],
  [
    "r2 of classes",
    classes({ loss: "cross-entropy", metrics: ["r2"] }),
    [
      "houses.json:28:5 error T1402: metrics[0]: r2 compares real numbers, but the target contains class indices",
      "  hint: metrics that fit this output and target: accuracy, precision, recall, f1",
    ],
  ],
  [
    "the loss of a quantity for classes",
    classes({ loss: "mse" }),
    [
      "houses.json:26:11 error T1401: loss: mse compares real numbers, but the target contains class indices",
      "  hint: losses that fit this output and target: cross-entropy",
      "  note: the loss compares the output of dense2 with the target price",
    ],
  ],
  [
    "relu as a layer",
    { ...houses, network: [hidden, { type: "relu", name: 1 }, output] },
    [
      'houses.json:22:15 error T1103: network[1].type: unknown layer "relu"',
      '  hint: add "activation": "relu" to the layer before it, or write { "type": "activation", "fn": "relu" }',
      "houses.json:23:15 error T1203: network[1].name must be a string, got 1",
    ],
  ],
  [
    "PyTorch's ReLU as a layer",
    { ...houses, network: [hidden, "ReLU", output] },
    [
      'houses.json:21:5 error T1103: network[1]: unknown layer "ReLU"',
      '  hint: add "activation": "relu" to the layer before it, or write { "type": "activation", "fn": "relu" }',
    ],
  ],
  [
    "PyTorch's Linear",
    { ...houses, network: [{ type: "nn.Linear", out_features: 4, units: 4 }, output] },
    [
      'houses.json:17:15 error T1103: network[0].type: unknown layer "nn.Linear"',
      '  hint: did you mean "dense"?',
      'houses.json:18:7 error T1101: network[0]: unknown key "out_features"',
      '  hint: did you mean "units"?',
    ],
  ],
  [
    "Keras's MaxPooling2D",
    { ...houses, network: ["MaxPooling2D", output] },
    [
      'houses.json:16:5 error T1103: network[0]: unknown layer "MaxPooling2D"',
      '  hint: did you mean "max-pool2d"?',
    ],
  ],
  [
    "PyTorch's BCEWithLogitsLoss",
    { ...houses, loss: "BCEWithLogitsLoss" },
    [
      'houses.json:26:11 error T1103: loss: unknown loss "BCEWithLogitsLoss"',
      '  hint: did you mean "binary-cross-entropy"?',
    ],
  ],
  [
    "Keras's categorical_crossentropy",
    { ...houses, loss: "categorical_crossentropy" },
    [
      'houses.json:26:11 error T1103: loss: unknown loss "categorical_crossentropy"',
      '  hint: did you mean "cross-entropy"? Its targets are class indices: declare the target as { ' +
        '"classes": k }. It reads logits, so remove the sigmoid or softmax before it.',
    ],
  ],
  [
    "PyTorch's MSELoss",
    { ...houses, loss: { type: "nn.MSELoss", reduction: "sum" } },
    [
      'houses.json:27:13 error T1103: loss.type: unknown loss "nn.MSELoss"',
      '  hint: did you mean "mse"?',
      'houses.json:28:5 error T1101: loss: unknown key "reduction"',
      "  hint: allowed keys: type",
    ],
  ],
  [
    "Keras's swish",
    { ...houses, network: [{ ...Object(hidden), activation: "swish" }, output] },
    [
      'houses.json:19:21 error T1103: network[0].activation: unknown activation "swish"',
      '  hint: did you mean "silu"?',
    ],
  ],
  [
    "Keras's glorot_uniform",
    { ...houses, network: [{ ...Object(hidden), init: "glorot_uniform" }, output] },
    [
      'houses.json:20:15 error T1103: network[0].init: unknown initialiser "glorot_uniform"',
      '  hint: did you mean "xavier-uniform"?',
    ],
  ],
  [
    "Keras's metric acc",
    { ...houses, metrics: ["acc"] },
    ['houses.json:28:5 error T1103: metrics[0]: unknown metric "acc"', '  hint: did you mean "accuracy"?'],
  ],
  [
    "PyTorch's lr",
    { ...houses, optimizer: { type: "adam", lr: 0.1 } },
    ['houses.json:30:5 error T1101: optimizer: unknown key "lr"', '  hint: did you mean "learningRate"?'],
  ],
  [
    "other libraries' word for a scale",
    {
      ...houses,
      data: { ...houses.data, inputs: { house: { columns: ["area", "rooms"], normalize: true } } },
    },
    [
      'houses.json:48:9 error T1101: data.inputs.house: unknown key "normalize"',
      '  hint: did you mean "scale"?',
    ],
  ],
  [
    "other libraries' word for categories",
    { ...houses, data: { ...houses.data, inputs: { house: { columns: ["area"], oneHot: true } } } },
    [
      'houses.json:47:9 error T1101: data.inputs.house: unknown key "oneHot"',
      '  hint: did you mean "categories"?',
    ],
  ],
  [
    "a misspelt layer with other errors",
    { ...houses, network: [{ type: "dnese", unts: 4, activation: "rellu", trainable: 1 }, output] },
    [
      'houses.json:17:15 error T1103: network[0].type: unknown layer "dnese"',
      '  hint: did you mean "dense"?',
      'houses.json:18:7 error T1101: network[0]: unknown key "unts"',
      '  hint: did you mean "units"?',
      'houses.json:19:21 error T1103: network[0].activation: unknown activation "rellu"',
      '  hint: did you mean "relu"?',
      "houses.json:20:20 error T1203: network[0].trainable must be true or false, got 1",
    ],
  ],
  [
    "a layer unlike any other, with other errors",
    { ...houses, network: [{ type: "transformer", heads: 4, from: 3 }, output] },
    [
      'houses.json:17:15 error T1103: network[0].type: unknown layer "transformer"',
      "  hint: known names: dense, activation, prelu, dropout, flatten, reshape, pad, add, multiply, concat, conv1d, " +
        "conv2d, depthwise-conv2d, conv1d-transpose, conv2d-transpose, upsample, depth-to-space, space-to-depth, " +
        "max-pool1d, max-pool2d, avg-pool1d, avg-pool2d, " +
        "global-avg-pool1d, global-avg-pool2d, global-max-pool1d, global-max-pool2d, batch-norm, layer-norm, group-norm, instance-norm, rms-norm, embedding, " +
        "position-embedding, attention, cross-attention, rnn, lstm, gru, onnx, residual, repeat, bidirectional",
      "houses.json:19:15 error T1203: network[0].from must be a string or a non-empty list, got 3",
    ],
  ],
  [
    "conv2d before dense without flatten",
    image([8, 8, 3], conv, output),
    [
      "houses.json:29:11 error T1401: loss: mse compares element by element, but the output has the shape [n, 6, 6, " +
        "1] and the target has the shape [n]",
      '  hint: network[1] (dense1) acts on each pixel of its input [n, 6, 6, 2] separately; insert { "type": ' +
        '"flatten" } before it',
      "  note: the loss compares the output of dense1 with the target price",
    ],
  ],
  [
    "keep with another word",
    { ...houses, training: { ...houses.training, keep: "first" } },
    ['houses.json:39:13 error T1202: training.keep must be "best" or "last", got "first"'],
  ],
];

const warnings: [string, object, readonly string[]][] = [
  [
    "a target among the inputs",
    { ...houses, ...reads("area", "price") },
    [
      'houses.json:44:20 warning T1228: data.inputs.house.columns contains the column "price" of the target price',
      "  hint: its values are unknown when the model is used: remove the column",
    ],
  ],
  [
    "channels first",
    image([3, 32, 32], { ...conv, padding: "same" }, "flatten", output),
    [
      "houses.json:5:16 warning T1314: inputs.house.shape is [3, 32, 32], which conv2d reads as height 3, " +
        "width 32 and 32 channels",
      "  hint: if 3 is the number of channels, write [32, 32, 3] and store each row pixel by pixel, not channel by channel",
    ],
  ],
  [
    "flatten after dense",
    image([8, 8, 3], conv, hidden, "flatten", output),
    [
      "houses.json:24:5 warning T1315: network[1] (dense1) acts on each pixel of its input [n, 6, 6, 2] " +
        "separately, because the flatten layer comes after it",
      '  hint: insert { "type": "flatten" } before it',
    ],
  ],
  [
    "keep the best without validation",
    { ...houses, training: { epochs: 2, batchSize: 8, keep: "best" } },
    [
      "houses.json:35:5 warning T1211: training.keep: without a validation split, the best epoch is not known, so the " +
        "model keeps the last one",
      '  hint: add "validation": { "fraction": 0.2 } to training; code that calls fit() may pass validation data instead',
    ],
  ],
];

const ofProgram: [string, Partial<Spec>, readonly string[]][] = [
  [
    "no data section",
    { data: undefined },
    [
      'error: the spec of "houses" has no data section, so this file cannot train by itself: add one, ' +
        "which assigns columns of a file to inputs and targets, and compile again; or import createTrainer " +
        "from this file",
    ],
  ],
  [
    "accuracy of a price",
    predicts("price", { metrics: ["accuracy"] }),
    [
      'error: houses.csv:2: column "price": 200000 is not -1, 0 or 1 for accuracy; for other numbers, ' +
        "use mae, rmse or r2",
    ],
  ],
  [
    "a target without a scale",
    predicts("price"),
    [
      'warning: the loss starts at 4.922e+10, because price is about 221000: add "scale": "standard" to ' +
        "data.targets.price",
    ],
  ],
];

const ofCalls: [string, FitOptions | Record<string, unknown>, readonly string[]][] = [
  [
    "an unknown option",
    { learningRate: 0.1 },
    [
      'training options: unknown key "learningRate"; known keys: epochs, batchSize, validation, ' +
        "earlyStopping, shuffle, keep",
    ],
  ],
  [
    "Keras's validation_split",
    { validation_split: 0.2 },
    [
      'training options: unknown key "validation_split"; known keys: epochs, batchSize, validation, ' +
        "earlyStopping, shuffle, keep",
    ],
  ],
  [
    "an unknown option of early stopping",
    { earlyStopping: { patience: 3, monitor: "loss" } },
    ['earlyStopping: unknown key "monitor"; known keys: patience, metric, minDelta'],
  ],
  ["keep with another word", { keep: "first" }, ['keep must be best or last, got "first"']],
];

describe("tapeless train", () => {
  const changed = ofData.map(([name, change, message]) => [name, { ...houses, ...change }, message] as const);
  test.each([...changed, ...ofSpec])("%s", async (_, spec, message) => {
    place.write("houses.json", spec);
    const { code, stdout, stderr } = await place.run("train", "houses.json");
    expect(messageIn(stderr)).toEqual(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("warns of a target whose scale makes the loss start too high", async () => {
    place.write("houses.json", { ...houses, ...predicts("price") });
    const { code, stderr } = await place.run("train", "houses.json");
    expect(messageIn(stderr)).toEqual([
      "houses.json:52:7 warning T2008: the loss starts at 4.922e+10, because price is about 221000: add " +
        '"scale": "standard" to data.targets.price',
    ]);
    expect(code).toBe(0);
  });

  test("warns of inputs that make the loss start too high", async () => {
    const inputs = { house: { columns: ["price", "area"] } };
    const network = [{ type: "dense", units: 1 }];
    place.write("houses.json", {
      ...houses,
      network,
      data: { ...houses.data, inputs, targets: { price: { columns: ["sold"] } } },
    });
    const { code, stderr } = await place.run("train", "houses.json");
    expect(messageIn(stderr)).toEqual([
      "houses.json:46:7 warning T2008: the loss starts at 4.234e+10, because the inputs are large: add " +
        '"scale": "standard" to them in data.inputs',
    ]);
    expect(code).toBe(0);
  });
});

test.each(warnings)("a warning: %s", async (_, spec, message) => {
  place.write("houses.json", spec);
  const { code, stderr } = await place.run("inspect", "houses.json", "--show", "memory");
  expect(messageIn(stderr)).toEqual(message);
  expect(code).toBe(0);
});

describe("the emitted program", () => {
  test.each(ofProgram)("%s", async (_, change, message) => {
    const { code } = await compile(JSON.parse(JSON.stringify({ ...houses, ...change })));
    place.write("houses.ts", code);
    const { stderr } = await place.program("houses.ts", "--data", "houses.csv");
    expect(messageIn(stderr)).toEqual(message);
  });
});

/** The trainer of the spec without its data section, as a page or another program imports it. */
async function trainerOf(change: Partial<Spec> = {}): Promise<Trainer> {
  const { data: _, ...others } = { ...houses, ...change };
  const module = await emittedModule(JSON.parse(JSON.stringify(others)));
  return module.createTrainer();
}

describe("fit()", () => {
  const data = { house: [1, 2, 3, 4], price: [0, 200_000] };
  test.each(ofCalls)("%s", async (_, options, message) => {
    const trainer = await trainerOf();
    expect(() => trainer.fit(data, options)).toThrow(expect.objectContaining({ message: message.join("") }));
  });

  test("targets outside the range of the loss and the metrics", async () => {
    const trainer = await trainerOf({ loss: "binary-cross-entropy", metrics: ["accuracy"] });
    const message =
      "price, row 1: 200000 is not 0 or 1 for binary-cross-entropy and accuracy; scale other numbers " +
      "to this range, or use a loss such as mse";
    expect(() => trainer.fit(data, { validation: 0 })).toThrow(expect.objectContaining({ message }));
    expect(trainer.epoch).toBe(0);
  });
});
