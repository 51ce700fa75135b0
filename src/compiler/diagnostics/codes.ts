/**
 * All diagnostic codes, with the cause and the fix that `docs/diagnostics.md` lists. The type of
 * `Diagnostic.code` contains only the keys of this table, so an unknown code is a type error. A code is
 * stable: it is never reused.
 */

export interface CodeEntry {
  /** A noun phrase or short sentence, in sentence case, without a full stop. */
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
}

/** The groups of codes in order. The key of a group is the first characters of its codes. */
export const codeGroups = {
  T10: "Files, syntax and the command line",
  T11: "Missing and unknown keys",
  T12: "Invalid values",
  T13: "Names, references and shapes",
  T14: "Loss, metrics and target",
  T15: "Gradients",
  T16: "Formulas and functions",
  T17: "Search",
  T19: "Unsupported features",
  T20: "Data",
  T30: "Checkpoints and parameter files",
  T40: "Training",
} as const;

export const diagnosticCodes = {
  T1001: {
    title: "File not readable",
    cause:
      "The file does not exist, or the process may not read it. In a spec that is an object, the content of a model " +
      "file may also be missing.",
    fix:
      "Check the path and the permissions. If a file has a similar name, the hint suggests it. A program passes the " +
      "contents of model files as `files`.",
  },
  T1002: {
    title: "Not a spec file",
    cause: "The path is a folder, or the file exceeds the size limit for specs.",
    fix: "Pass the spec file itself. `compile` also accepts a folder of specs.",
  },
  T1003: {
    title: "Empty spec",
    cause: "The file is empty or contains only comments.",
    fix: "Write one object. `docs/getting-started.md` has an example.",
  },
  T1004: {
    title: "Not UTF-8",
    cause: "The spec contains bytes that are not valid UTF-8.",
    fix: "Save the file as UTF-8.",
  },
  T1005: {
    title: "Syntax error",
    cause: "The text is not valid JSON, YAML or TypeScript at the marked location.",
    fix: "Correct the marked line. JSON has no comments; YAML and TypeScript specs may have them.",
  },
  T1006: {
    title: "Spec too large",
    cause: "The spec is nested too deeply or contains too many values.",
    fix: "Use `repeat` blocks for repeated layers. If a program builds the spec, check that it contains no cycle.",
  },
  T1007: {
    title: "Duplicate key",
    cause: "An object in a JSON spec contains the same key twice.",
    fix: "Remove one of the two.",
  },
  T1008: {
    title: "Unknown file type",
    cause: "The name of the spec does not end in `.json`, `.yaml`, `.yml` or `.ts`.",
    fix: "Rename the file.",
  },
  T1009: {
    title: "TypeScript spec failed",
    cause: "The file has no default export, throws while it runs, or exports an object that cannot be read.",
    fix: "Export the spec as `export default defineModel({ … })`. Run the file alone to see the full error.",
  },
  T1010: {
    title: "Invalid option",
    cause:
      "An option of the command line or of `compile` is unknown, has an invalid value, or cannot be combined with " +
      "another one.",
    fix: "Run `tapeless COMMAND --help`, or read the command-line reference or the library reference.",
  },
  T1011: {
    title: "File not writable",
    cause:
      "The output file cannot be written, for instance because permission is denied, the disk is full, " +
      "or a folder has that name.",
    fix: "Choose another file or free disk space. Existing content is not lost.",
  },
  T1012: {
    title: "Generated file is stale",
    cause:
      "With `--check`, the file does not exist, or its content differs from what the compiler generates now.",
    fix: "Run the same command without `--check`. Do not edit or reformat generated files.",
  },
  T1013: {
    title: "Not a log file of tapeless",
    cause:
      "With `--log --resume`, training appends to an existing log, but the file has a line that `--log` did not write.",
    fix: "Choose another file for `--log`.",
  },
  T1014: {
    title: "Output would overwrite another file",
    cause:
      "The output has the path of the spec, its data or a checkpoint, two outputs have the same path, or the " +
      "output file exists and was not written by tapeless.",
    fix: "Choose another output, or delete the file first.",
  },
  T1101: {
    title: "Unknown key",
    cause: "The object cannot have a key with this name.",
    fix: "Use the key that the hint suggests, or see the spec reference for the keys of this object.",
  },
  T1102: {
    title: "Missing key",
    cause: "A required key is missing.",
    fix: "Add the key. The message says which values are valid.",
  },
  T1103: {
    title: "Unknown name",
    cause: "No layer, activation, loss, metric, optimizer, schedule or initialiser has this name.",
    fix: "Use the name that the hint suggests, or see the spec reference for the list.",
  },
  T1201: {
    title: "Wrong type",
    cause:
      "The value does not have the type that the key requires: for instance, it is a string instead of a list.",
    fix: "Write a value of the type that the message names.",
  },
  T1202: {
    title: "Unknown option",
    cause: "The key accepts only certain strings, and this is not one of them.",
    fix: "Use one of the strings that the message lists.",
  },
  T1203: {
    title: "Number out of range",
    cause: "The number is outside the valid range, or is not an integer where an integer is required.",
    fix: "Write a number in the range that the message gives.",
  },
  T1204: {
    title: "No rows left for training",
    cause: "The fractions of the test split and the validation split add up to 1 or more.",
    fix: "Reduce one of the two fractions. Both are fractions of all rows.",
  },
  T1205: {
    title: "No inputs or no target",
    cause: "`inputs` or `targets` is an empty object.",
    fix: "Declare at least one input and one target.",
  },
  T1206: {
    title: "Nothing to stratify by",
    cause:
      "`training.stratify` is true, but the target does not have one class per row. With several targets, " +
      "the first one must have classes.",
    fix: "Remove `stratify`. By default, splits are stratified if the target has one class per row.",
  },
  T1207: {
    title: "Early stopping without validation split",
    cause: "`training.earlyStopping` needs a validation split, and the spec has none. This is a warning.",
    fix:
      'Add `"validation": { "fraction": 0.2 }` to `training`. Code that calls `fit()` may pass `validation` to it ' +
      "instead.",
  },
  T1208: {
    title: "Keys that cannot be combined",
    cause: "Two keys of one object cannot be combined, or a key does not apply to this kind of data.",
    fix: "Remove one of the two keys. The message names them and gives the reason.",
  },
  T1209: {
    title: "Metric formula on a scaled target",
    cause: "The target is scaled, so the formula of a metric reads scaled values. This is a warning.",
    fix: "Remove the scale of the target, or write the formula for scaled values. `mae` and `rmse` use original units.",
  },
  T1211: {
    title: "Best epoch without validation split",
    cause:
      '`training.keep` is "best", but the spec has no validation split to select the best epoch. This is a warning.',
    fix: 'Add `"validation": { "fraction": 0.2 }` to `training`, or remove `keep`.',
  },
  T1221: {
    title: "Class weights do not match the target",
    cause:
      "The target has no classes, the number of weights differs from the number of classes, or all weights are 0.",
    fix: "List one weight per class. Weights by class name require a target column that contains names.",
  },
  T1222: {
    title: "Invalid sample weights",
    cause: "`sampleWeights` does not name an unscaled input with one real number per row.",
    fix: 'Declare the input as `{ "shape": [] }` without a scale.',
  },
  T1223: {
    title: "Learning-rate rule without a reference",
    cause:
      "`learningRate.rule` scales the rate with the number of rows per step, but `scaleFrom`, the " +
      "reference, is missing.",
    fix: 'Add `"scaleFrom"` with the number of rows per step for which the rate was chosen.',
  },
  T1224: {
    title: "Invalid padding or lengths",
    cause:
      "`padding` or `lengths` is declared for an input that is not a sequence, contains text or is scaled, or " +
      "`lengths` does not name an input with one integer per row.",
    fix: 'Declare lengths as `{ "shape": [], "dtype": "i32" }`. Remove `padding` from a text input.',
  },
  T1225: {
    title: "Padding declaration without effect",
    cause:
      "An input declares `padding` or `lengths`, but no layer, loss or metric skips padding. This is a warning.",
    fix:
      "Use a layer that reads a sequence, such as `gru`, `attention` or `global-avg-pool1d`, before `flatten`. " +
      "Otherwise remove the declaration.",
  },
  T1226: {
    title: "Windows that do not match the shapes or the data",
    cause:
      "The length of the first axis of an input or target differs from the number of rows that it reads from a " +
      "window, or `data.windows` contradicts the rest of `data`.",
    fix:
      "Begin the shapes of inputs with `length`, and those of targets with `horizon`. An input with `window` in " +
      "`data.inputs` can read other rows.",
  },
  T1227: {
    title: "Invalid or contradictory split",
    cause:
      "A rule of `training.test` or `training.validation` needs times or a fraction that the spec lacks, contradicts " +
      "the other rule, or would put windows with the same rows into different splits.",
    fix: "Use the rule that the hint suggests. `last` needs nothing else, and never puts a window into two splits.",
  },
  T1228: {
    title: "Target among the inputs",
    cause:
      "An input contains a column of a target, so the network can copy the target instead of predicting it. This is " +
      "a warning.",
    fix: "Remove the column from the input. For a forecast, read only past values of the target.",
  },
  T1301: {
    title: "Invalid name",
    cause: "A name contains characters that are not allowed, or is reserved.",
    fix:
      "Start with a letter, and continue with letters, digits, underscores and hyphens. Formulas do not " +
      "allow hyphens.",
  },
  T1302: {
    title: "Name used twice",
    cause:
      "Two layers, inputs, targets or metrics have the same name, or a constant has a name that the " +
      "formula already uses.",
    fix: "Rename one of them.",
  },
  T1303: {
    title: "Unknown reference",
    cause:
      "The spec refers to an input, layer or metric that it does not declare, or to a value or parameter that a " +
      "model file does not have.",
    fix: "Use a name that exists. The hint suggests a similar one.",
  },
  T1304: {
    title: "Reference to a later layer",
    cause: "A layer reads itself or a layer after it. A network cannot have cycles.",
    fix: "Move the layer, or use a recurrent layer.",
  },
  T1305: {
    title: "Ambiguous first input",
    cause: "The model has several inputs, and the first layer does not name the one that it reads.",
    fix: 'Add `"from": "NAME"` to the first layer.',
  },
  T1306: {
    title: "Unused input or layer",
    cause: "The output of the model does not depend on this input or layer. This is a warning.",
    fix: "Remove the input or layer, or read it with `from`.",
  },
  T1307: {
    title: "Data and model declare different names",
    cause:
      "`data` has no entry for a declared input or target, or has an entry for one that the model does not declare.",
    fix: "Give every input and target exactly one entry in `data`.",
  },
  T1308: {
    title: "Layer does not fit its input",
    cause: "The shape or element type of the input is not what the layer requires.",
    fix: "Compare the two shapes in the message. Insert `flatten` or `reshape`, or change the previous layer.",
  },
  T1310: {
    title: "Op does not fit its operands",
    cause:
      "A function in a TypeScript spec calls the builder with operands whose shapes or types do not match.",
    fix: "Correct the call. The message shows the op and the types of its operands.",
  },
  T1311: {
    title: "Block with several inputs",
    cause: "The layer is a block and reads several inputs. A block must read exactly one.",
    fix: "Combine the inputs with `add` or `concat` first, and let the block read the result.",
  },
  T1312: {
    title: "Model too large",
    cause:
      "The model exceeds a limit for layers, inputs, classes or memory. It must need less than 2 GiB of memory.",
    fix: "Reduce the batch size, the number or size of layers, or the sequence length.",
  },
  T1313: {
    title: "Number not representable in f32",
    cause: "A number of the spec is too large for f32, or so small that it becomes 0.",
    fix: "Use a number in the range that the hint gives, or compile with `--dtype f64`.",
  },
  T1314: {
    title: "Image with channels first",
    cause:
      "The shape of an input looks like channels, height, width, but images must have the order height, width, " +
      "channels. This is a warning.",
    fix: "If the first axis is the channels, write the shape as `[32, 32, 3]`, and store each row pixel by pixel.",
  },
  T1315: {
    title: "Dense layer before flatten",
    cause:
      "A dense layer reads an image, so it acts on each pixel separately, not on the whole image. This is a warning.",
    fix: 'Move the `flatten` layer before it. To act on each pixel, use `conv2d` with `"kernel": 1`.',
  },
  T1401: {
    title: "Loss does not fit output and target",
    cause:
      "The loss cannot compare the output of the network with this target, for instance because the shapes differ.",
    fix: "Change the last layer or the loss. The note names the output and the target.",
  },
  T1402: {
    title: "Metric does not fit output and target",
    cause: "The metric cannot compare the output of the network with this target.",
    fix: "Remove the metric, or use one for this kind of target.",
  },
  T1403: {
    title: "Activation applied twice",
    cause:
      "The last layer applies softmax or sigmoid, and the loss applies it again, because it expects " +
      "logits. This is a warning.",
    fix: "Remove the activation of the last layer.",
  },
  T1404: {
    title: "Scaled target outside the range of the loss",
    cause:
      "The scale of the target makes some values negative, and the loss is not defined for negative targets.",
    fix: "Remove the scale of the target, or choose another loss.",
  },
  T1405: {
    title: "Losses do not match the targets",
    cause:
      "A target has no loss, an entry of `losses` names an unknown target, `loss` is used with several targets, " +
      "or the weight of every loss is 0.",
    fix: "Write `losses` with one entry for each target, at least one of them with a weight above 0.",
  },
  T1501: {
    title: "No gradient through a step function",
    cause: "The derivative of `step` is zero, so training would never change the parameters before it.",
    fix: 'Add `"surrogate": "straight-through"` or `"surrogate": "sigmoid"`, or use the `perceptron` loss.',
  },
  T1502: {
    title: "Parameter without gradient",
    cause: "The loss does not depend on this parameter.",
    fix: 'Freeze its layer with `"trainable": false`, or connect the layer to the output.',
  },
  T1503: {
    title: "Nothing to train",
    cause: "No layer has trainable parameters.",
    fix: 'Add a layer with parameters, or remove `"trainable": false`.',
  },
  T1504: {
    title: "Layer reads the future",
    cause: "The target is the next token of a sequence, and a layer reads later tokens. This is a warning.",
    fix: "Use causal attention, causal padding or a recurrent layer that runs forward.",
  },
  T1601: {
    title: "Syntax error in a formula",
    cause: "The formula cannot be parsed at the marked location.",
    fix: "Correct the marked part. `docs/formulas.md` describes the grammar.",
  },
  T1602: {
    title: "Unknown name in a formula",
    cause: "The formula uses an unknown variable or function.",
    fix: "Use one of the names in the hint, or declare the name in `constants`.",
  },
  T1603: {
    title: "Wrong number of arguments",
    cause: "A function of the formula is called with too few or too many arguments.",
    fix: "Call it as the hint shows.",
  },
  T1604: {
    title: "Wrong kind of value in a formula",
    cause:
      "A sum or mean is missing, is nested or is applied to a constant, or two operands have different shapes.",
    fix: "Follow the hint. A loss or metric consists of `sum(…)` and `mean(…)` over rows.",
  },
  T1605: {
    title: "Invalid assignment in an optimizer formula",
    cause: "A line assigns a name that cannot be assigned, or reads a name before it is assigned.",
    fix: "Assign `parameter`, a new local name, or `state.NAME`, which keeps its value until the next step.",
  },
  T1606: {
    title: "Formula too large",
    cause: "The formula is too long or nested too deeply.",
    fix: "Split the formula, or write a function in a TypeScript spec.",
  },
  T1607: {
    title: "Function in the spec throws",
    cause: "A function in a TypeScript spec throws an error while the model is compiled.",
    fix: "Correct the function. It receives the builder `g`, whose methods are the ops.",
  },
  T1608: {
    title: "Function in the spec returns an invalid value",
    cause:
      "The function does not return a node of the required shape, or behaves differently in a second call.",
    fix: "Return what the message requires, built with the builder that the function receives.",
  },
  T1701: {
    title: "Invalid path in a search",
    cause: "A key of `training.search.over` is not the path of a value in the spec.",
    fix: "Write the path in the form `network[0].units`.",
  },
  T1702: {
    title: "Value cannot be searched",
    cause: "The path leads to a value that must be the same for all candidates, such as the test split.",
    fix: "Remove the path from `over`.",
  },
  T1703: {
    title: "Invalid range in a search",
    cause: "A range is empty, a grid contains a continuous range, or the grid has too many combinations.",
    fix: "Add `steps` to each range, or draw candidates at random with `samples`.",
  },
  T1704: {
    title: "No criterion to select a candidate",
    cause: "The spec has no validation split, or the losses of the candidates cannot be compared.",
    fix: 'Add a validation split, or name a metric under `"metric"`.',
  },
  T1705: {
    title: "Spec without a search",
    cause: "`tapeless search` needs the section `training.search`.",
    fix: 'Add `"search": { "over": { "network[0].units": [8, 16, 32] } }` to `training`.',
  },
  T1706: {
    title: "Results from another search",
    cause:
      "The `--out` file is not a result file of `tapeless search`, or belongs to another spec, data or search.",
    fix: "Pass another file to `--out`, or delete this one.",
  },
  T1707: {
    title: "Best spec contains functions",
    cause: "`--write-best` writes JSON or YAML, which cannot contain the functions of a TypeScript spec.",
    fix: "Copy the values of the best candidate into the TypeScript spec.",
  },
  T1708: {
    title: "Candidate not finished",
    cause: "The worker thread of a candidate stopped early, for instance because memory ran out.",
    fix: "Run the same command again; it resumes. Use fewer `--threads` if memory is short.",
  },
  T1901: {
    title: "Not supported yet",
    cause: "The spec or the ONNX file is valid, but it needs a feature that the compiler does not have yet.",
    fix:
      "Change the spec so that it does not need the feature that the message names. With `until` or `from`, an " +
      "`onnx` layer leaves out nodes that are not supported.",
  },
  T2001: {
    title: "Data file not readable",
    cause: "A data file does not exist or cannot be read.",
    fix: "Check the path. Paths in a spec are relative to the folder of the spec.",
  },
  T2002: {
    title: "Invalid data file",
    cause: "The file is damaged, is not UTF-8, or does not follow its format.",
    fix: "Correct the file at the line that the message names, or export it again.",
  },
  T2003: {
    title: "Invalid table",
    cause:
      "Columns are missing or duplicated, a row has the wrong number of cells, or a cell has an invalid value.",
    fix: "Correct the cell that the message names. For empty cells, set `missing` in the spec.",
  },
  T2004: {
    title: "Data does not fit the model",
    cause:
      "The number of rows, the number of values per row or a class differs from what the spec declares, or a target " +
      "is outside the range of the loss or of a metric.",
    fix:
      "Compare `inputs`, `targets` and `data.*.columns` of the spec with the file. If a target is outside the " +
      "range in the message, scale the target, or choose another loss or metric.",
  },
  T2005: {
    title: "Spec without data",
    cause: "The command needs rows, and the spec has no `data` section.",
    fix: "Add a `data` section that assigns columns to inputs and targets. `--data` replaces only the file.",
  },
  T2006: {
    title: "Questionable data",
    cause: "The data can be used, but a result may be misleading. This is a warning.",
    fix: "Check the rows, classes or folds that the message names.",
  },
  T2007: {
    title: "Unknown column",
    cause: "`data` names a column or a range of columns that the file does not contain.",
    fix: "Use the name in the hint. Column names are case-sensitive.",
  },
  T2008: {
    title: "Loss starts too high",
    cause:
      "The values of the target or of the inputs are so large that training makes slow progress. This is a warning.",
    fix: 'Add `"scale": "standard"` to the target or the inputs in `data`. `mae` and `rmse` keep the original units.',
  },
  T3001: {
    title: "Invalid checkpoint, or checkpoint of another model",
    cause: "The file is not a checkpoint, is damaged, or belongs to another model, element type or data.",
    fix: "Use the spec with which the checkpoint was trained. To copy only the parameters that match, use `--from`.",
  },
  T3002: {
    title: "Invalid parameter file, or parameters of another model",
    cause:
      "A `.safetensors` or `.npz` file is damaged, or its names or shapes differ from those of the model.",
    fix:
      "Rename or reshape the parameters in the file, or write a map for `import --map`. The message lists all " +
      "differences.",
  },
  T3003: {
    title: "Checkpoint of an unfinished cross-validation",
    cause: "The checkpoint contains the model of one fold, not the final model. This is a warning.",
    fix: "Resume the training, and let it finish.",
  },
  T3004: {
    title: "Imported checkpoint without preprocessing",
    cause:
      "`import` fits the preprocessing to the training split, but cannot read the data of the spec. The checkpoint " +
      "can be trained, but it cannot predict yet. This is a warning.",
    fix: "Import again with the data of the spec, or with `--data FILE`.",
  },
  T3005: {
    title: "Invalid ONNX file",
    cause:
      "The file is not an ONNX model, is damaged, uses a part of ONNX that tapeless does not read, or cannot be cut " +
      "at the values that the spec names. Or its external data cannot be read, or do not fit the model.",
    fix:
      "Export the model again, with opset 13 to 22 and constant sizes except for the batch. Keep files with external " +
      "data in the folder of the model, or embed the data.",
  },
  T3006: {
    title: "Invalid map of parameters",
    cause: "The file of `import --map` cannot be read, is not YAML, or has another form than a map.",
    fix: "Start from the map that `tapeless import FILE SPEC` prints.",
  },
  T3007: {
    title: "Modules matched by the order of their names",
    cause:
      "Several modules of a `state_dict` have tensors of the same shapes, and the file has them in alphabetical " +
      "order. They become layers in this order, which may be wrong. This is a warning.",
    fix: "Check the map that `tapeless import FILE SPEC` prints. Edit it, and pass it with `--map`.",
  },
  T3008: {
    title: "ONNX model that is not a network of layers",
    cause:
      "Nodes of the model are not a part of any layer, and no part of the file with one input contains them. The " +
      "message lists them with the reasons. Or the recognised layers do not compute what the file computes.",
    fix: "Use a part of the model with one input as a layer of the type `onnx`.",
  },
  T4001: {
    title: "Training diverged",
    cause: "The loss became infinite or NaN. The message names the step and the first such value.",
    fix: "Reduce the learning rate, add `clip`, or scale the inputs.",
  },
  T4002: {
    title: "No checkpoint written",
    cause: "No epoch was trained, so there is nothing to write. This is a warning.",
    fix: "Increase `--epochs`. The number includes the epochs of a resumed checkpoint.",
  },
  T4003: {
    title: "No learning rate found",
    cause: "`--find-learning-rate` found no rate at which the loss falls.",
    fix: "Check that the inputs are scaled and that the target depends on them.",
  },
} as const satisfies Readonly<Record<`${keyof typeof codeGroups}${number}`, CodeEntry>>;

export type DiagnosticCode = keyof typeof diagnosticCodes;

export const isDiagnosticCode = (code: unknown): code is DiagnosticCode =>
  typeof code === "string" && Object.hasOwn(diagnosticCodes, code);
