// Errors in the values, keys, names and data of a spec: each row changes the base spec, and has the exact text of the
// diagnostics.
import { layers } from "../../../src/compiler/library/layers/index.ts";

export type Row = readonly [intent: string, changes: Record<string, unknown>, ...expected: string[]];

export const training = { epochs: 2, batchSize: 6 };
const optimizer = { type: "sgd", learningRate: 0.1 };
export const dense = { type: "dense", units: 3 };
export const data = {
  file: "d.csv",
  inputs: { x: { columns: ["a..d"] } },
  targets: { y: { columns: ["k"] } },
};
/**
 * An object in which every key is an own property, as in the objects that a reader builds. In a literal, the
 * key `__proto__` would set the prototype instead.
 */
const object = (...entries: [string, unknown][]): unknown => Object.fromEntries(entries);

const valueRows: Row[] = [
  [
    "a negative width",
    { network: [{ type: "dense", units: -3 }] },
    "error T1203: network[0].units must be a positive integer, got -3",
  ],
  [
    "a fraction instead of a split",
    { training: { epochs: 1, batchSize: 4, seed: 1, validation: 0.2 } },
    'error T1203: training.validation must be an object, got 0.2\n  hint: write { "fraction": 0.2 }',
  ],
  [
    "a number of folds instead of a split",
    { training: { epochs: 1, batchSize: 4, seed: 1, validation: 3 } },
    'error T1203: training.validation must be an object, got 3\n  hint: write { "folds": 3 }',
  ],
  [
    "half a unit",
    { network: [{ type: "dense", units: 2.5 }] },
    "error T1203: network[0].units must be a positive integer, got 2.5",
  ],
  [
    "a width as text",
    { network: [{ type: "dense", units: "3" }] },
    'error T1201: network[0].units must be a positive integer, got "3"',
    "  hint: remove the quotes: 3",
  ],
  [
    "a width that no integer type holds",
    { network: [{ type: "dense", units: 1e308 }] },
    "error T1203: network[0].units must be a positive integer below 2^53, got 1e+308",
  ],
  [
    "not a number",
    { network: [{ type: "dense", units: NaN }] },
    "error T1203: network[0].units must be a positive integer, got NaN",
  ],
  [
    "a missing width",
    { network: [{ type: "dense" }] },
    "error T1102: network[0].units is missing: it must be a positive integer",
  ],
  ["a short form that lacks a key", { network: ["dense"] }, "error T1102: network[0].units is missing"],
  [
    "a rate of one drops everything",
    { network: [dense, { type: "dropout", rate: 1 }] },
    "error T1203: network[1].rate must be a number in [0, 1), got 1",
  ],
  ["no layers", { network: [] }, "error T1201: network must be a non-empty list, got an empty list"],
  ["a number as a layer", { network: [7] }, "error T1203: network[0] must be a layer, got 7"],
  [
    "a layer without a type",
    { network: [{ units: 3 }] },
    "error T1102: network[0].type is missing",
    "  hint: choose one " +
      `of ${[...Object.keys(layers).filter((name) => name !== "custom"), "residual", "repeat", "bidirectional"].join(", ")}`,
  ],
  [
    "a type that is not a string",
    { network: [{ type: 3 }] },
    "error T1203: network[0].type must be the name of a layer, got 3",
  ],
  [
    "a zero axis",
    { inputs: { x: { shape: [0] } } },
    "error T1203: inputs.x.shape[0] must be a positive integer, got 0",
  ],
  [
    "a dtype of another library",
    { inputs: { x: { shape: [4], dtype: "float32" } } },
    'error T1202: inputs.x.dtype must be "f32" or "i32", got "float32"',
  ],
  [
    "an input without a shape",
    { inputs: { x: {} } },
    "error T1102: inputs.x.shape is missing: it must be a list",
  ],
  ["no inputs", { inputs: {} }, "error T1205: inputs must have at least one input"],
  [
    "one class",
    { targets: { y: { classes: 1 } } },
    "error T1203: targets.y.classes must be an integer of at least 2, got 1",
  ],
  [
    "a target without shape and classes",
    { targets: { y: {} } },
    'error T1102: targets.y needs "shape" (for real numbers) or "classes" (for class indices)',
  ],
  ["no target", { targets: {} }, "error T1205: targets must have at least one target"],
  [
    "two targets",
    { targets: { y: { classes: 3 }, z: { shape: [1] } } },
    "error T1405: loss is for one target, but the spec has 2 targets; each needs a loss",
    '  hint: replace loss, output and metrics with "losses": { "y": { "loss": …, "from": … }, "z": { "loss": …, "from": … } }',
  ],
  [
    "a learning rate of zero",
    { optimizer: { ...optimizer, learningRate: 0 } },
    "error T1203: optimizer.learningRate must be a positive number, got 0",
  ],
  [
    "an endless step",
    { optimizer: { ...optimizer, learningRate: Infinity } },
    "error T1203: optimizer.learningRate must be a positive number, got Infinity",
  ],
  [
    "a rate as text",
    { optimizer: { ...optimizer, learningRate: true } },
    "error T1201: optimizer.learningRate must be a positive number or a schedule, got true",
  ],
  [
    "a schedule that lacks its start",
    { optimizer: { ...optimizer, learningRate: { type: "constant" } } },
    "error T1102: optimizer.learningRate.initial is missing: it must be a positive number",
  ],
  [
    "a warm-up without length",
    { optimizer: { ...optimizer, learningRate: { type: "constant", initial: 1, warmup: { steps: 0 } } } },
    "error T1203: optimizer.learningRate.warmup.steps must be a positive integer, got 0",
  ],
  [
    "clipping in both ways",
    { optimizer: { ...optimizer, clip: { norm: 1, value: 2 } } },
    'error T1208: optimizer.clip: "value" cannot be combined with the other keys',
    "  hint: allowed keys: norm",
  ],
  [
    "no epochs",
    { training: { ...training, epochs: 0 } },
    "error T1203: training.epochs must be a positive integer, got 0",
  ],
  [
    "a batch without end",
    { training: { ...training, batchSize: 1e7 } },
    "error T1203: training.batchSize must be an integer from 1 to 1000000, got 10000000",
  ],
  [
    "a negative seed",
    { training: { ...training, seed: -1 } },
    "error T1203: training.seed must be an integer from 0 to 4294967295, got -1",
  ],
  [
    "a seed beyond 32 bits",
    { training: { ...training, seed: 2 ** 32 } },
    "error T1203: training.seed must be an integer from 0 to 4294967295, got 4294967296",
  ],
  [
    "a flag as text",
    { training: { ...training, shuffle: "yes" } },
    'error T1201: training.shuffle must be true or false, got "yes"',
  ],
  [
    "all rows for testing",
    { training: { ...training, test: { fraction: 1 } } },
    "error T1203: training.test.fraction must be a number in (0, 1), got 1",
  ],
  [
    "no rows left to train on",
    { training: { ...training, test: { fraction: 0.5 }, validation: { fraction: 0.5 } } },
    "error T1204: training.test.fraction and training.validation.fraction must sum to less than 1, got 0.5 + 0.5",
    "  hint: both are fractions of all rows; the rest is the training split",
  ],
  [
    "stratification without classes",
    { targets: { y: { shape: [3] } }, loss: "mse", training: { ...training, stratify: true } },
    "error T1206: training.stratify needs a target with classes",
  ],
  [
    "a negative penalty",
    { regularization: { l2: -1 } },
    "error T1203: regularization.l2 must be a number of at least 0, got -1",
  ],
  ["a name that is not a string", { name: 7 }, "error T1203: name must be a string, got 7"],
];

const pair = {
  targets: { price: { shape: [1] }, kind: { classes: 3 } },
  network: [
    { type: "dense", name: "a", units: 1 },
    { type: "dense", name: "b", units: 3, from: "x" },
  ],
  loss: undefined,
};

/** Values of the wrong type, for which the hint is the value that was probably meant. */
const meantRows: Row[] = [
  [
    "a flag in quotes",
    { network: [{ ...dense, bias: "false" }] },
    'error T1201: network[0].bias must be true or false, got "false"',
    "  hint: remove the quotes: false",
  ],
  [
    "a learning rate in quotes",
    { optimizer: { ...optimizer, learningRate: "2e-2" } },
    'error T1201: optimizer.learningRate must be a positive number or a schedule, got "2e-2"',
    "  hint: remove the quotes: 2e-2",
  ],
  [
    "a negative learning rate in quotes",
    { optimizer: { ...optimizer, learningRate: "-2" } },
    'error T1201: optimizer.learningRate must be a positive number or a schedule, got "-2"',
  ],
  [
    "a metric instead of a list",
    { metrics: "accuracy" },
    'error T1201: metrics must be a list, got "accuracy"',
    '  hint: write ["accuracy"]',
  ],
  [
    "a layer instead of a list",
    { network: { type: "dense", units: 3 } },
    "error T1201: network must be a non-empty list, got an object with type, units",
    "  hint: write [{ … }]",
  ],
  [
    "a size instead of a shape",
    { inputs: { x: { shape: 4 } } },
    "error T1203: inputs.x.shape must be a list, got 4",
    "  hint: write [4]",
  ],
  [
    "a shape with the batch axis of Keras",
    { inputs: { x: { shape: [null, 4] } } },
    "error T1201: inputs.x.shape[0] must be a positive integer, got null",
    "  hint: leave out the batch axis: [4]",
  ],
  [
    "a shape with a batch axis of any size",
    { inputs: { x: { shape: [-1, 4] } } },
    "error T1203: inputs.x.shape[0] must be a positive integer, got -1",
    "  hint: leave out the batch axis: [4]",
  ],
  [
    "class names",
    { targets: { y: { classes: ["a", "b", "c"] } } },
    'error T1201: targets.y.classes must be an integer of at least 2, got ["a", "b", "c"]',
    "  hint: write 3; the names come from the column",
  ],
  [
    "a patience",
    { training: { ...training, validation: { fraction: 0.2 }, earlyStopping: 20 } },
    "error T1203: training.earlyStopping must be an object, got 20",
    '  hint: write { "patience": 20 }',
  ],
  [
    "a loss without its layer",
    { ...pair, losses: { price: { loss: "mse", from: "a" }, kind: "cross-entropy" } },
    'error T1201: losses.kind must be an object, got "cross-entropy"',
    '  hint: write { "loss": "cross-entropy", "from": … }',
  ],
  [
    "a percentage",
    { training: { ...training, validation: { fraction: 20 } } },
    "error T1203: training.validation.fraction must be a number in (0, 1), got 20",
    "  hint: a fraction is between 0 and 1: 0.2",
  ],
  [
    "a list of columns",
    { data: { file: "iris.csv", inputs: { x: ["a", "b"] }, targets: { y: { columns: ["c"] } } } },
    'error T1201: data.inputs.x must be an object, got ["a", "b"]',
    '  hint: write { "columns": ["a", "b"] }',
  ],
  [
    "a column",
    { data: { file: "iris.csv", inputs: { x: { columns: ["a"] } }, targets: { y: "c" } } },
    'error T1201: data.targets.y must be an object, got "c"',
    '  hint: write { "columns": ["c"] }',
  ],
  [
    "a fraction slightly above 1",
    { training: { ...training, validation: { fraction: 1.5 } } },
    "error T1203: training.validation.fraction must be a number in (0, 1), got 1.5",
  ],
];

/** Only the unknown key is reported, not also the absence of the key that it was meant to be. */
const misspeltRows: Row[] = [
  [
    "a misspelt section that is required",
    { training: undefined, trainig: training },
    'error T1101: the spec: unknown key "trainig"',
    '  hint: did you mean "training"?',
  ],
  [
    "a required section by its name in Keras",
    { network: undefined, layers: [dense] },
    'error T1101: the spec: unknown key "layers"',
    '  hint: did you mean "network"?',
  ],
  [
    "a misspelt key for the type",
    { network: [{ typ: "dense", units: 3 }], optimizer: { Type: "sgd" } },
    'error T1101: network[0]: unknown key "typ"',
    '  hint: did you mean "type"?',
    'error T1101: optimizer: unknown key "Type"',
    '  hint: did you mean "type"?',
  ],
  [
    "a misspelt loss",
    { loss: undefined, los: "cross-entropy" },
    'error T1101: the spec: unknown key "los"',
    '  hint: did you mean "loss"?',
  ],
  [
    "a required key with an underscore",
    { training: { epochs: 2, batch_size: 6 } },
    'error T1101: training: unknown key "batch_size"',
    '  hint: did you mean "batchSize"?',
  ],
  [
    "a required key of a layer by its name in Keras",
    { inputs: { x: { shape: [8, 8, 1] } }, network: [{ type: "conv2d", filters: 2, kernel_size: 3 }] },
    'error T1101: network[0]: unknown key "kernel_size"',
    '  hint: did you mean "kernel"?',
  ],
  [
    "a misspelt key of a layer of unknown type",
    { network: [{ type: "dens", unit: 3 }] },
    'error T1103: network[0].type: unknown layer "dens"',
    '  hint: did you mean "dense"?',
    'error T1101: network[0]: unknown key "unit"',
    '  hint: did you mean "units"?',
  ],
  [
    "a misspelt data file",
    { data: { ...data, file: undefined, fil: "d.csv" } },
    'error T1101: data: unknown key "fil"',
    '  hint: did you mean "file"?',
  ],
];

const keyRows: Row[] = [
  [
    "no loss",
    { loss: undefined },
    "error T1102: loss is missing",
    "  hint: choose one of mse, mae, rmse, rmsle, huber, log-cosh, binary-cross-entropy, cross-entropy, hinge, " +
      "perceptron, poisson, kl-divergence, formula",
  ],
  [
    "no optimizer",
    { optimizer: undefined },
    "error T1102: optimizer is missing",
    "  hint: choose one of sgd, adagrad, adadelta, rmsprop, adam, adamw, adamax, nadam, radam, lion, formula",
  ],
  [
    "a misspelt key",
    { network: [{ ...dense, unit: 1 }] },
    'error T1101: network[0]: unknown key "unit"',
    '  hint: did you mean "units"?',
  ],
  [
    "a misspelt section",
    { trainning: {} },
    'error T1101: the spec: unknown key "trainning"',
    '  hint: did you mean "training"?',
  ],
  ...misspeltRows,
  [
    "the layout of images in Keras",
    {
      inputs: { x: { shape: [8, 8, 1] } },
      network: [{ type: "conv2d", filters: 2, kernel: 3, data_format: "channels_first" }],
    },
    'error T1101: network[0]: unknown key "data_format"',
    "  hint: remove it: images are channels-last, [height, width, channels]",
  ],
  [
    "the size of the input as a key of a layer",
    { network: [{ ...dense, input_dim: 4 }] },
    'error T1101: network[0]: unknown key "input_dim"',
    '  hint: remove it: the shape of the input is in "inputs"',
  ],
  [
    "the size of the input as a key of an embedding",
    { network: [{ type: "embedding", units: 3, input_dim: 4 }] },
    'error T1101: network[0]: unknown key "input_dim"',
    '  hint: did you mean "vocabulary"?',
  ],
  [
    "a key without a near match",
    { targets: { y: { classes: 3, q: 1 } } },
    'error T1101: targets.y: unknown key "q"',
    "  hint: allowed keys: shape, classes",
  ],
  [
    "a misspelt layer",
    { network: ["flaten", dense] },
    'error T1103: network[0]: unknown layer "flaten"',
    '  hint: did you mean "flatten"?',
  ],
  [
    "a misspelt type",
    { network: [{ type: "dens" }] },
    'error T1103: network[0].type: unknown layer "dens"',
    '  hint: did you mean "dense"?',
    "error T1102: network[0].units is missing: it must be a positive integer",
  ],
  [
    "a misspelt activation",
    { network: [{ ...dense, activation: "rellu" }] },
    'error T1103: network[0].activation: unknown activation "rellu"',
    '  hint: did you mean "relu"?',
  ],
  [
    "a misspelt function",
    { network: [{ type: "activation", fn: "rellu" }] },
    'error T1103: network[0].fn: unknown activation "rellu"',
    '  hint: did you mean "relu"?',
  ],
  [
    "a misspelt loss",
    { loss: "cross_entropi" },
    'error T1103: loss: unknown loss "cross_entropi"',
    '  hint: did you mean "cross-entropy"?',
  ],
  [
    "an unknown metric",
    { metrics: ["acuracy"] },
    'error T1103: metrics[0]: unknown metric "acuracy"',
    '  hint: did you mean "accuracy"?',
  ],
  [
    "a misspelt optimizer",
    { optimizer: { type: "adm" } },
    'error T1103: optimizer.type: unknown optimizer "adm"',
    '  hint: did you mean "adam"?',
  ],
  [
    "one fold",
    { training: { ...training, validation: { folds: 1 } } },
    "error T1203: training.validation.folds must be an integer of at least 2, got 1",
  ],
  [
    "folds together with a fraction",
    { training: { ...training, validation: { folds: 5, fraction: 0.2 } } },
    'error T1208: training.validation needs exactly one of "fraction", "folds", "last", "after", "column" and "file"',
  ],
  [
    "an empty validation",
    { training: { ...training, validation: {} } },
    'error T1208: training.validation needs exactly one of "fraction", "folds", "last", "after", "column" and "file"',
  ],
  [
    "a misspelt key of validation",
    { training: { ...training, validation: { fold: 5 } } },
    'error T1101: training.validation: unknown key "fold"',
    '  hint: did you mean "folds"?',
  ],
];

const nameRows: Row[] = [
  [
    "a name with a space",
    { name: "my model" },
    'error T1301: name must be a letter, followed by at most 63 letters, digits, underscores or hyphens, got "my model"',
  ],
  [
    "a layer name that closes a string and runs code",
    { network: [{ ...dense, name: 'a"; process.exit()//' }] },
    'error T1301: network[0].name must be a letter, followed by at most 63 letters, digits, underscores or hyphens, got "a\\"; ' +
      'process.exit()//"',
  ],
  [
    "a layer named constructor",
    { network: [{ ...dense, name: "constructor" }] },
    'error T1301: network[0].name: "constructor" cannot be used as a name, because every JavaScript object has a property with that name',
  ],
  [
    "a layer named __proto__",
    { network: [{ ...dense, name: "__proto__" }] },
    'error T1301: network[0].name must be a letter, followed by at most 63 letters, digits, underscores or hyphens, got "__proto__"',
  ],
  [
    "an input named __proto__",
    { inputs: object(["__proto__", { shape: [2] }]) },
    'error T1301: the name "__proto__" in inputs must be a letter, followed by at most 63 letters, digits, underscores or hyphens',
  ],
  [
    "an input named toString",
    { inputs: { toString: { shape: [2] } } },
    'error T1301: inputs: "toString" cannot be used as a name, because every JavaScript object has a property with that name',
  ],
  [
    "a target named valueOf",
    { targets: { valueOf: { classes: 2 } } },
    'error T1301: targets: "valueOf" cannot be used as a name, because every JavaScript object has a property with that name',
  ],
  [
    "a key that would set a prototype",
    { loss: object(["type", "mse"], ["__proto__", { a: 1 }]) },
    'error T1101: loss: unknown key "__proto__"',
    "  hint: allowed keys: type",
  ],
  [
    "two layers of one name",
    {
      network: [
        { ...dense, name: "a" },
        { ...dense, name: "a" },
      ],
    },
    'error T1302: network[1].name is "a", but network[0] already has that name',
  ],
  [
    "a default name that is taken",
    { network: [{ ...dense, name: "dense2" }, dense] },
    'error T1302: network[1] has the name "dense2" by default, but network[0] already has that name',
    "  hint: rename one of the two",
  ],
  [
    "a layer with the name of an input",
    { network: [{ ...dense, name: "x" }] },
    'error T1302: network[0].name is "x", but inputs.x already has that name',
  ],
  [
    "a target with the name of an input",
    { targets: { x: { classes: 3 } } },
    "error T1302: targets.x has the same name as an input",
    "  hint: rename one of the two; inputs and targets must have different names",
  ],
  [
    "a metric twice",
    { metrics: ["accuracy", { type: "accuracy" }] },
    'error T1302: metrics[1]: the metric "accuracy" appears twice',
  ],
  [
    "a reference to an unknown layer",
    { network: [{ ...dense, from: "z9" }] },
    'error T1303: network[0].from: unknown input or layer "z9"',
    "  hint: known names: x",
  ],
  [
    "a misspelt reference in a list",
    {
      network: [
        { ...dense, name: "first" },
        { type: "add", from: ["first", "frist"] },
      ],
    },
    'error T1303: network[1].from[1]: unknown input or layer "frist"',
    '  hint: did you mean "first"?',
  ],
  [
    "an output that does not exist",
    { output: "dense3" },
    'error T1303: output: unknown layer "dense3"',
    '  hint: did you mean "dense1"?',
  ],
  [
    "an input as output",
    { output: "x" },
    'error T1303: output: unknown layer "x"',
    "  hint: known names: dense1, dense2",
  ],
  [
    "a later layer",
    { network: [{ ...dense, from: "dense2" }, dense] },
    'error T1304: network[0].from names a later layer, "dense2"',
    "  hint: a layer can read only inputs and the layers before it",
  ],
  [
    "a layer that reads itself",
    { network: [dense, { ...dense, from: "dense2" }] },
    'error T1304: network[1].from names the layer itself, "dense2"',
    "  hint: a layer can read only inputs and the layers before it",
  ],
  [
    "two inputs to choose from",
    { inputs: { x: { shape: [4] }, z: { shape: [4] } } },
    'error T1305: network[0] needs the key "from", because the model has several inputs',
    '  hint: add "from" with one of the names "x", "z"',
  ],
  [
    "an unknown metric to stop on",
    {
      training: {
        ...training,
        validation: { fraction: 0.2 },
        earlyStopping: { patience: 1, metric: "accuracy" },
      },
    },
    'error T1303: training.earlyStopping.metric: "accuracy" is not a metric of this spec',
    '  hint: use "loss" or the name of a metric of this spec',
  ],
];

const dataRows: Row[] = [
  [
    "columns where the spec has no inputs at all",
    { inputs: {}, data },
    "error T1205: inputs must have at least one input",
    'error T1307: data.inputs: unknown input "x"',
  ],
  [
    "an input without columns",
    { data: { ...data, inputs: {} } },
    "error T1307: data.inputs has no entry for inputs.x",
    '  hint: add "x": { "columns": [ … ] }',
  ],
  [
    "columns of an unknown input",
    { data: { ...data, inputs: { ...data.inputs, xx: { columns: ["a"] } } } },
    'error T1307: data.inputs: unknown input "xx"',
    '  hint: did you mean "x"?',
  ],
  [
    "columns of a misspelt input, as one error",
    { data: { ...data, inputs: { xx: data.inputs.x } } },
    'error T1307: data.inputs: unknown input "xx"',
    '  hint: did you mean "x"?',
  ],
  [
    "no file",
    { data: { inputs: data.inputs, targets: data.targets } },
    "error T1102: data.file is missing: it must be a string",
    '  hint: use "file", or "idx", or both "train" and "test"',
  ],
  [
    "one file of two",
    { data: { ...data, file: undefined, train: "a.csv" } },
    "error T1102: data.test is missing: it must be a string",
    '  hint: use "file", or "idx", or both "train" and "test"',
  ],
  [
    "files in both ways",
    { data: { ...data, train: "a.csv", test: "b.csv" } },
    'error T1208: data: "file" cannot be combined with "train", "test" or "validation"',
    '  hint: use "file", or "idx", or both "train" and "test"',
  ],
  [
    "test rows in both ways",
    {
      data: { ...data, file: undefined, train: "a.csv", test: "b.csv" },
      training: { ...training, test: { fraction: 0.2 } },
    },
    "error T1208: training.test splits off test rows, but data.test already provides the test rows",
    "  hint: remove one of the two",
  ],
  [
    "scaled class indices",
    { data: { ...data, targets: { y: { columns: ["k"], scale: "standard" } } } },
    "error T1208: data.targets.y.scale: indices cannot be scaled",
    "  hint: remove it",
  ],
  [
    "a scale by zero",
    { data: { ...data, inputs: { x: { columns: ["a"], scale: { divide: 0 } } } } },
    "error T1203: data.inputs.x.scale.divide must be a positive number, got 0",
  ],
];

export const faultRows = {
  values: valueRows,
  "values with a hint": meantRows,
  keys: keyRows,
  names: nameRows,
  data: dataRows,
};
