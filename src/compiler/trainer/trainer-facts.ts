/**
 * The facts that an emitted trainer states about itself: its banner, its `model`, its training options, and
 * the columns that it reads.
 */
import type { ValueRange } from "../../runtime/data/target-range.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { classWeightStorage } from "../ir/storage.ts";
import { sizeOf } from "../ir/types.ts";
import { higherIsBetter, metricName } from "../library/metrics/index.ts";
import type {
  InterpretationName,
  EncoderName,
  RuntimeExpression,
  RuntimeValue,
} from "../runtime-references.ts";
import { splitOutputStep, targetRange } from "../spec/build-measures.ts";
import { readNames } from "../spec/build-network.ts";
import type { ParameterFacts } from "../spec/build-network.ts";
import type { ModelGraphs } from "../spec/build.ts";
import { readByMeasures } from "../spec/check/check-formulas.ts";
import type { Columns, DataFiles, Metric, Model, Training } from "../spec/types.ts";
import { version } from "../spec/version.ts";
import { mapValues } from "../util/collections.ts";

/** The validation split as a fraction of the rows, or as a number of folds. */
const partOf = ({ fraction, folds }: NonNullable<Training["validation"]> = {}) => ({
  ...(fraction === undefined ? {} : { validation: fraction }),
  ...(folds === undefined ? {} : { folds }),
});

/** The training options, as the runtime's `TrainingFacts`. */
export const trainingFacts = (training: Training, metrics: readonly Metric[]) => ({
  epochs: training.epochs,
  seed: training.seed,
  shuffle: training.shuffle,
  ...(training.accumulate === undefined ? {} : { accumulate: training.accumulate }),
  metrics: metrics.map(metricName),
  ...(metrics.some(higherIsBetter) ? { higherIsBetter: metrics.filter(higherIsBetter).map(metricName) } : {}),
  ...(training.test === undefined ? {} : { test: training.test.fraction }),
  ...partOf(training.validation),
  stratify: training.stratify,
  ...(training.earlyStopping === undefined ? {} : { earlyStopping: training.earlyStopping }),
  ...(training.keep === "last" ? { keep: training.keep } : {}),
});

/** An entry without columns has a file of its own. Its only column is named after the entry. */
const columnsOf = (entries: Readonly<Record<string, Columns & { readonly range?: ValueRange }>>) =>
  Object.fromEntries(
    Object.entries(entries).map(([name, { columns, missing, unseen, names, ...others }]) => [
      name,
      {
        columns: columns.length > 0 || others.nextOf !== undefined ? columns : [name],
        ...others,
        ...missingFact(missing, others.dates !== undefined),
        ...(unseen === "category" && { unseenCategory: true }),
        ...(names === true && { areNames: true }),
      },
    ]),
  );

/** What to do with missing values, as a key of the runtime's `ColumnFacts`. */
function missingFact(missing: Columns["missing"], isDate: boolean) {
  if (missing === undefined) return {};
  if (missing === "category") return { missingCategory: true };
  return missing === "mean" && isDate ? { meanDates: true } : { [missing]: true };
}

/** The columns of the targets. With a range of valid values, a target with an IDX file has an entry, too. */
function targetColumnsOf(model: Model, given: Readonly<Record<string, Columns>>, isTable: boolean) {
  const ranges = Object.keys(model.targets).flatMap((name) => {
    const range = targetRange(model, name);
    return range === undefined ? [] : [[name, { ...(given[name] ?? { columns: [] }), range }] as const];
  });
  const hasDecimals = (name: string) =>
    isTable && !(model.loss.type in ofReal) && model.targets[name].classes === undefined;
  return mapValues(columnsOf({ ...given, ...Object.fromEntries(ranges) }), (facts, name) =>
    hasDecimals(name) ? { ...facts, hasDecimals: true } : facts,
  );
}

/** The data section, as the runtime's `DataFacts`. */
export function dataFacts(model: Model) {
  const { data } = model;
  if (data === undefined) return undefined;
  const isTable = typeof data.file === "string";
  return {
    inputs: columnsOf(data.inputs),
    targets: targetColumnsOf(model, data.targets, isTable),
    ...(data.separator === undefined ? {} : { separator: data.separator }),
    ...(data.numbers === undefined ? {} : { numberFormat: data.numbers }),
    ...(typeof data.file === "string" ? {} : { idx: idxNames(data.file, data.test) }),
  };
}

/** The names of the files, relative to the innermost folder that contains all of them. */
export function idxNames(
  train: Readonly<Record<string, string>>,
  test: DataFiles | undefined,
): { train: Record<string, string>; test?: Record<string, string> } {
  const folders = [train, typeof test === "object" ? test : {}]
    .flatMap((part) => Object.values(part))
    .map((file) => file.split(/[\\/]/).slice(0, -1));
  const differs = (depth: number) => folders.some((steps) => steps[depth] !== folders[0][depth]);
  let shared = 0;
  while (shared < folders[0].length && !differs(shared)) shared++;
  const names = (part: Readonly<Record<string, string>>) =>
    mapValues(part, (file) => file.split(/[\\/]/).slice(shared).join("/"));
  return { train: names(train), ...(typeof test === "object" ? { test: names(test) } : {}) };
}

/** Whether the trainer can generate text: its target is the next character of its only input. */
export const writesTexts = ({ inputs, data }: Model): boolean =>
  Object.keys(inputs).length === 1 &&
  Object.values(data?.inputs ?? {}).every(({ words }) => words === undefined) &&
  Object.values(data?.targets ?? {}).some(({ nextOf }) => nextOf !== undefined);

/**
 * The runtime's encoders that some field of this model needs, by the key that selects each. The first key
 * that a field has selects its encoder, so `columns`, which almost all fields have, comes last.
 */
export function encoderNames(model: Model): Readonly<Record<string, EncoderName>> {
  const data = dataFacts(model);
  if (data === undefined) return {};
  const fields = [...Object.values(data.inputs), ...Object.values(data.targets)];
  const special: Readonly<Record<string, EncoderName>> = {
    characters: "characterEncoder",
    words: "wordEncoder",
    nextOf: fields.some((field) => "words" in field) ? "nextWordEncoder" : "nextEncoder",
    // These come before `dates` and `categories`, which their fields also have.
    meanDates: "meanDateEncoder",
    dates: "dateEncoder",
    missingCategory: "openCategoryEncoder",
    unseenCategory: "openCategoryEncoder",
    minCount: "openCategoryEncoder",
    categories: "categoryEncoder",
    classNames: fields.some((field) => "areNames" in field) ? "namedNumberEncoder" : "namedClassEncoder",
    areNames: "classNameEncoder",
    weighs: "weightEncoder",
    range: fields.some((field) => "hasDecimals" in field) ? "decimalRangeEncoder" : "rangeEncoder",
    mean: "meanEncoder",
    hasDecimals: "decimalEncoder",
  };
  const keyOf = (field: object) => Object.keys(special).find((key) => key in field) ?? "columns";
  const keys = new Set(fields.map(keyOf));
  // An input or target with an IDX file needs no entry in the data section.
  if ("idx" in data) keys.add("columns");
  const all: Readonly<Record<string, EncoderName>> = { ...special, columns: "columnEncoder" };
  return Object.fromEntries(Object.entries(all).filter(([key]) => keys.has(key)));
}

/** The interpretations of real outputs that are not in the units of the target, by loss. */
const ofReal: Readonly<Record<string, InterpretationName>> = {
  "binary-cross-entropy": "ofLogit",
  poisson: "ofLogarithm",
  "kl-divergence": "ofLogarithm",
};

/** Files that the command line can read, but an emitted program cannot. */
const otherFormats = /\.(jsonl|ndjson|npy|npz|parquet|gz)$/i;

/**
 * The name of the runtime's `Interpretation` for this loss and target. Undefined if the output cannot be
 * interpreted column by column, as for generated text and for images.
 */
export function answerName(model: Model, built: ModelGraphs): InterpretationName | undefined {
  const { loss } = model;
  const [{ classes, shape }] = Object.values(model.targets);
  const [output] = built.predict.outputs;
  const perPlace = sizeOf(output.node.type.shape, 1) / sizeOf(shape, 1);
  // In an IDX file, one column holds all numbers of an image.
  const isImage = typeof model.data?.file !== "string" && sizeOf(shape, 1) > 1;
  if (writesTexts(model) || isImage) return undefined;
  if (classes === undefined) {
    const name = Object.entries(ofReal).find(([type]) => type === loss.type)?.[1] ?? "inTargetUnits";
    return perPlace === 1 ? name : undefined;
  }
  if (perPlace === classes) return loss.type === "cross-entropy" ? "byProbability" : "byScore";
  if (perPlace !== 1 || classes !== 2) return undefined;
  if (splitOutputStep(model).hasOutputStep) return "bySecondStep";
  return loss.type === "binary-cross-entropy" ? "bySecondLogit" : "byMargin";
}

/** Whether the target is a real number without a scale, so that its size may make the loss start high. */
export const hasPlainTarget = ({ targets, data }: Model): boolean =>
  Object.values(targets).every(({ classes }) => classes === undefined) &&
  Object.values(data?.targets ?? {}).every(({ scale }) => scale === undefined);

const called = (call: RuntimeValue, argument: RuntimeExpression): RuntimeExpression => ({ call, argument });

/** The members of the runtime's `Program` that depend on the spec, as expressions of runtime values. */
const programParts = (model: Model, built: ModelGraphs): Readonly<Record<string, RuntimeExpression>> => {
  const { data, metrics, training } = model;
  if (data === undefined) return {};
  const isScaled = Object.values(data.targets).some(({ scale }) => scale !== undefined);
  const hasErrors = metrics.some(({ type }) => type === "mae" || type === "rmse");
  const fields = [...Object.values(data.inputs), ...Object.values(data.targets)];
  const isCleaned = data.separator !== undefined || fields.some(({ missing }) => missing === "drop");
  const plain: RuntimeValue = isCleaned ? "parseCleaned" : "parseCsv";
  const isFormatted = data.numbers !== undefined;
  const parse = isFormatted ? called("formattedNumbers", plain) : plain;
  const isOther = [data.file, data.test].some((file) => typeof file === "string" && otherFormats.test(file));
  const ofFile = called("csvFile", isOther ? called("csvOnly", parse) : parse);
  const ofTable = data.test === undefined ? ofFile : called("fileAndTest", ofFile);
  const answer = answerName(model, built);
  return {
    reader: typeof data.file === "string" ? ofTable : "idxFolder",
    encoders: { record: encoderNames(model) },
    ...(training.validation?.folds === undefined ? {} : { regime: "foldedRegime" }),
    ...(fields.some(({ scale }) => typeof scale === "string") ? { fitScales: "fitScales" } : {}),
    ...(writesTexts(model) ? { seenHelp: "writerHelp", seen: "asWriter" } : {}),
    ...(isScaled && hasErrors ? { seen: "inOriginalUnits" } : {}),
    ...(hasPlainTarget(model) ? { seen: "warnOfFirstLoss" } : {}),
    ...(answer === undefined ? {} : { seenHelp: "predictHelp", predict: called("predictBy", answer) }),
  };
};

/**
 * How a predictor reads rows like those of the data file and interprets its output. `fields` is the
 * preprocessing that was fitted on the data file. Undefined for IDX files and for outputs without an
 * interpretation.
 */
export function predictedRows(model: Model, built: ModelGraphs, fields: object) {
  const data = dataFacts(model);
  const { encoders, predict } = programParts(model, built);
  if (data === undefined || predict === undefined || typeof model.data?.file !== "string") return undefined;
  const isFormatted = data.numberFormat !== undefined;
  return {
    data,
    fields,
    encoders,
    predict: isFormatted ? called("predictFormatted", predict) : predict,
    isFormatted,
  };
}

/** The inputs from which integers reach a value. Ops in between only move integers. */
function integerInputs(node: Node): readonly string[] {
  if (node.op === "input") return [node.attributes.name];
  return operandsOf(node)
    .filter(({ type }) => type.element === "i32")
    .flatMap(integerInputs);
}

/**
 * The number of valid indices of an input: the size of the smallest table whose rows it selects, directly or
 * through other layers. Rows are checked against it when they are read, so kernels need no bounds checks.
 */
function vocabularyOf(
  { inputs }: Model,
  { training, predict }: ModelGraphs,
  input: string,
): { readonly vocabulary?: number } {
  const tables = [...training.nodes, ...predict.nodes].flatMap((node) =>
    node.op === "gather" && integerInputs(node.operands.indices).includes(input)
      ? [Number(node.operands.x.type.shape[0])]
      : [],
  );
  // Lengths are integers from 0 to the longest sequence.
  const longest = Object.values(inputs).flatMap(({ shape, lengths }) =>
    lengths === input ? [shape[0] + 1] : [],
  );
  const sizes = [...tables, ...longest];
  return sizes.length === 0 ? {} : { vocabulary: Math.min(...sizes) };
}

/** For balanced class weights: their storage, and the target whose training split they are computed from. */
export function balancedWeights({ targets, training }: Model) {
  if (training.classWeights !== "balanced") return undefined;
  const [[target, { shape }]] = Object.entries(targets);
  return { storage: classWeightStorage, target, size: sizeOf(shape, 1) };
}

/** The target whose values the loss or a metric limits, and its range; undefined without limits. */
export function limitedTarget(model: Model) {
  const [[target, { shape }]] = Object.entries(model.targets);
  const range = targetRange(model, target);
  return range === undefined ? undefined : { target, size: sizeOf(shape, 1), range };
}

/** The exported `model` of an emitted trainer. */
export function modelFacts(
  model: Model,
  built: ModelGraphs,
  dtype: "f32" | "f64",
  target: ModelFacts["target"] = "ts",
) {
  const ofNetwork = readNames(model);
  const onlyLoss = readByMeasures(model).filter((name) => !ofNetwork.has(name));
  return {
    name: model.name,
    specHash: model.specHash,
    dtype,
    target,
    batchSize: model.training.batchSize,
    inputs: Object.fromEntries(
      Object.entries(model.inputs).map(([name, { shape, dtype: element }]) => [
        name,
        {
          shape: [...shape],
          dtype: element,
          ...vocabularyOf(model, built, name),
          ...(onlyLoss.includes(name) && { onlyLoss: true }),
          ...(model.training.sampleWeights === name && { least: 0 }),
        },
      ]),
    ),
    targets: mapValues(model.targets, ({ shape, classes }) =>
      classes === undefined ? { shape: [...shape] } : { shape: [...shape], classes },
    ),
    parameters: built.parameters.map(({ name, shape, trainable }) => ({
      name,
      shape: [...shape],
      trainable,
    })),
  };
}

export const predictorBanner = ({ name, specHash }: Model, checkpointHash: string): string[] => [
  `// @generated by tapeless ${version} from the spec "${name}" and a checkpoint. This predictor cannot be trained. ` +
    "Do not edit it.",
  "// The command is `npx tapeless compile SPEC --predictor CHECKPOINT`. The same files and compiler generate the " +
    "same bytes.",
  `// Spec SHA-256: ${specHash}`,
  `// Checkpoint SHA-256: ${checkpointHash}`,
];

export const checkBanner = ({ name, specHash }: Model): string[] => [
  `// @generated by tapeless ${version} from the spec "${name}". It verifies the trainer next to this file on the ` +
    "machine that runs it. Do not edit it.",
  "// Generate both with `npx tapeless compile SPEC --with-check`. The same spec, compiler and file name generate " +
    "the same bytes.",
  `// Spec SHA-256: ${specHash}`,
];

export const trainerFacts = (
  model: Model,
  built: ModelGraphs,
  dtype: "f32" | "f64",
  target: ModelFacts["target"],
) => ({
  banner: [
    `// @generated by tapeless ${version} from the spec "${model.name}". ` +
      "This trainer has no dependencies. Do not edit it.",
    "// To change it, edit the spec and run `npx tapeless compile SPEC`. The same spec and compiler " +
      "generate the same bytes.",
    `// Spec SHA-256: ${model.specHash}`,
  ],
  model: modelFacts(model, built, dtype, target),
  training: trainingFacts(model.training, model.metrics),
  data: dataFacts(model),
  programParts: programParts(model, built),
});

// The spec paths of the facts at the head of an emitted module.

/** The spec paths of those keys of the runtime's `TrainingFacts` that differ from the spec's `training`. */
const ofTraining: Readonly<Record<string, SpecPath>> = {
  metrics: ["metrics"],
  higherIsBetter: ["metrics"],
  folds: ["training", "validation", "folds"],
};

/** The spec path of a fact; undefined for facts that the compiler adds, such as the hash of the spec. */
export const placeOfFact =
  (parameters: readonly ParameterFacts[]) =>
  (fact: "model" | "training" | "data", keys: SpecPath): SpecPath | undefined => {
    const [key, index] = keys;
    if (fact === "data") return ["data", ...keys];
    if (fact === "training")
      return key === undefined ? ["training"] : (ofTraining[key] ?? ["training", ...keys]);
    if (key === "parameters") return typeof index === "number" ? parameters[index]?.path : ["network"];
    if (key === undefined) return [];
    if (key === "batchSize") return ["training", "batchSize"];
    return key === "name" || key === "inputs" || key === "targets" ? keys : undefined;
  };
