/**
 * The facts that an emitted trainer states about itself: its banner, its `model`, its training options, and
 * the columns that it reads.
 */
import type { ValueRange } from "../../runtime/data/target-range.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { operandsOf } from "../ir/nodes.ts";
import type { Node } from "../ir/nodes.ts";
import { classWeightStorage, pairStorage } from "../ir/storage.ts";
import { sizeOf } from "../ir/types.ts";
import { metricName, metricOf } from "../library/metrics/index.ts";
import type {
  InterpretationName,
  EncoderName,
  RegimeName,
  RuntimeExpression,
  RuntimeValue,
  SplitterName,
} from "../runtime-references.ts";
import { splitOutputSteps, targetRange } from "../spec/build-measures.ts";
import type { SteppedObjective } from "../spec/build-measures.ts";
import { readNames } from "../spec/build-network.ts";
import type { ParameterFacts } from "../spec/build-network.ts";
import type { ModelGraphs } from "../spec/build.ts";
import { readByMeasures } from "../spec/check/check-formulas.ts";
import { isRuled } from "../spec/canonical.ts";
import { figuresOf, objectivesOf } from "../spec/objectives.ts";
import type { Objective } from "../spec/objectives.ts";
import type { Columns, DataFiles, Model, ModelData, SplitRule, Training } from "../spec/types.ts";
import { version } from "../spec/version.ts";
import { mapValues } from "../util/collections.ts";

/** The splits that are random fractions of the rows. `dataFacts` contains all other split rules. */
function fractionsOf(training: Training, data: ModelData | undefined) {
  const { test, validation } = training;
  if (isRuled(training, data)) return {};
  return {
    ...(test?.fraction === undefined ? {} : { test: test.fraction }),
    ...(validation?.fraction === undefined ? {} : { validation: validation.fraction }),
  };
}

/** The training options, as the runtime's `TrainingFacts`. */
export function trainingFacts(model: Model) {
  const { training, data } = model;
  const figures = figuresOf(model);
  const higherBetter = figures.filter(({ higherIsBetter }) => higherIsBetter);
  return {
    epochs: training.epochs,
    seed: training.seed,
    shuffle: training.shuffle,
    ...(training.accumulate === undefined ? {} : { accumulate: training.accumulate }),
    metrics: figures.map(({ name }) => name),
    ...(higherBetter.length > 0 ? { higherIsBetter: higherBetter.map(({ name }) => name) } : {}),
    ...fractionsOf(training, data),
    ...(training.validation?.folds === undefined ? {} : { folds: training.validation.folds }),
    ...(training.stratify ? { stratify: true } : {}),
    ...(training.earlyStopping === undefined ? {} : { earlyStopping: training.earlyStopping }),
    ...(training.keep === "last" ? { keep: training.keep } : {}),
  };
}

/** An entry without columns has a separate file, whose only column is named after the entry. */
const columnsOf = (entries: Readonly<Record<string, Columns & { readonly range?: ValueRange }>>) =>
  Object.fromEntries(
    Object.entries(entries).map(([name, { columns, missing, unseen, names, window, ...others }]) => [
      name,
      {
        columns: columns.length > 0 || others.nextOf !== undefined ? columns : [name],
        ...others,
        ...missingFact(missing, others.dates !== undefined),
        ...(unseen === "category" && { unseenCategory: true }),
        ...(names === true && { areNames: true }),
        ...(window !== undefined && { windowPart: window }),
      },
    ]),
  );

/** The treatment of missing values, as a key of the runtime's `ColumnFacts`. */
function missingFact(missing: Columns["missing"], isDate: boolean) {
  if (missing === undefined) return {};
  if (missing === "category") return { missingCategory: true };
  return missing === "mean" && isDate ? { meanDates: true } : { [missing]: true };
}

/**
 * The columns of the targets. If a target has a range of valid values, it has an entry even if its data is in
 * an IDX file.
 */
function targetColumnsOf(model: Model, given: Readonly<Record<string, Columns>>, isTable: boolean) {
  const objectives = objectivesOf(model);
  const ranges = objectives.flatMap((objective) => {
    const { name } = objective.target;
    const range = targetRange(objective);
    return range === undefined ? [] : [[name, { ...(given[name] ?? { columns: [] }), range }] as const];
  });
  const withDecimals = objectives.flatMap(({ target: { name, classes }, loss }) =>
    isTable && !(loss.type in ofReal) && classes === undefined ? [name] : [],
  );
  return mapValues(columnsOf({ ...given, ...Object.fromEntries(ranges) }), (facts, name) =>
    withDecimals.includes(name) ? { ...facts, hasDecimals: true } : facts,
  );
}

/** The training options of a module that is not a program, and so does not split rows of a file. */
export function moduleFacts(model: Model) {
  const { test: _test, folds: _folds, stratify: _stratify, ...others } = trainingFacts(model);
  return others;
}

/** The data section, as the runtime's `DataFacts`. */
export function dataFacts(model: Model) {
  const { data } = model;
  if (data === undefined) return undefined;
  const isTable = typeof data.file === "string";
  const inputs = columnsOf(data.inputs);
  const targets = targetColumnsOf(model, data.targets, isTable);
  return {
    inputs,
    targets,
    ...(isTable && { reads: readColumns(model, data, { ...inputs, ...targets }) }),
    ...(data.separator === undefined ? {} : { separator: data.separator }),
    ...(data.numbers === undefined ? {} : { numberFormat: data.numbers }),
    ...seriesFacts(model, data),
    ...(typeof data.file === "string" ? {} : { idx: idxNames(data.file, data.test) }),
  };
}

/** The facts of a field that determine whether its columns are read as strings. */
interface ReadFacts extends Partial<Record<"characters" | "words" | "categories" | "dates", unknown>> {
  readonly columns: readonly string[];
}

/**
 * The columns that are read as numbers, and those that are read as strings. Classes are read as strings, because
 * they may be names. The columns that order, group and split the rows are strings, too.
 */
function readColumns(
  { targets, training }: Model,
  { windows, time }: ModelData,
  fields: Readonly<Record<string, ReadFacts>>,
) {
  const isText = ([name, { characters, words, categories, dates }]: [string, ReadFacts]) =>
    [characters, words, categories, dates, targets[name]?.classes].some((key) => key !== undefined);
  const columnsWith = (asTexts: boolean) =>
    Object.entries(fields).flatMap((field) => (isText(field) === asTexts ? field[1].columns : []));
  const { test, validation } = training;
  const ofRules = [
    windows?.group,
    time?.column,
    ...[test, validation].flatMap((rule) => [rule?.column, rule?.group]),
  ].filter((column) => column !== undefined);
  return { numbers: columnsWith(false), texts: [...new Set([...columnsWith(true), ...ofRules])] };
}

/** The windows, the column of times, and the rules of splits. */
function seriesFacts(model: Model, data: ModelData) {
  const { training } = model;
  const { windows, time } = data;
  const { test, validation } = training;
  const { folds, forward, ...rule } = validation ?? {};
  const foldRule =
    forward === true ? { forward } : rule.group === undefined ? undefined : { group: rule.group };
  const losses = naiveLossesOf(model);
  const rules = {
    ...(test && { test }),
    ...(folds === undefined && validation && { validation: rule }),
    ...(folds !== undefined && foldRule && { folds: foldRule }),
  };
  return {
    ...(windows && {
      windowRule: { ...windows, ...(Object.keys(losses).length > 0 && { naiveLosses: losses }) },
    }),
    ...(time && { timeColumn: time }),
    ...(isRuled(training, data) && { splitRules: rules }),
  };
}

/** The losses by which a naive forecast can be evaluated, by their names in reports. */
const naiveLossesOf = (model: Model) =>
  Object.fromEntries(
    objectivesOf(model).flatMap(({ prefix, loss, sampleWeights }) => {
      const type = sampleWeights === undefined && naiveLosses.find((each) => each === loss.type);
      return type ? [[`${prefix}loss`, type]] : [];
    }),
  );

const naiveLosses = ["mae", "mse", "rmse"] as const;

/** The runtime's splitters that some rule of this model needs, by the key that selects each. */
export function splitterNames({ training, data }: Model): Readonly<Record<string, SplitterName>> {
  if (!isRuled(training, data)) return {};
  const { folds, ...validation } = training.validation ?? {};
  const rules = [training.test ?? {}, ...(folds === undefined ? [validation] : [])];
  const all: Readonly<Record<string, SplitterName>> = {
    last: "lastRows",
    after: "rowsAfter",
    column: "rowsOfColumn",
    group: "rowsOfGroups",
    fraction: "drawnFraction",
  };
  // A group without a fraction does not select rows. It is only checked.
  const keyOf = (rule: SplitRule) =>
    Object.keys(all).find((key) => key in rule && !(key === "group" && rule.fraction === undefined));
  const keys = new Set(rules.map(keyOf));
  return Object.fromEntries(Object.entries(all).filter(([key]) => keys.has(key)));
}

/** The parts of the runtime's `DatasetContext` that order, split and cut the rows of this model. */
export function seriesParts(model: Model) {
  const { data } = model;
  const hasFigures =
    Object.keys(naiveLossesOf(model)).length > 0 ||
    objectivesOf(model).some(({ metrics }) =>
      metrics.some(({ type }) => ["mae", "rmse", "r2", "accuracy"].includes(type)),
    );
  return {
    ...(data?.time && { readTimes: "readMoments" as const }),
    ...(Object.keys(splitterNames(model)).length > 0 && { splitters: splitterNames(model) }),
    ...(data?.windows && { cutUnits: "cutWindows" as const }),
    ...(data?.windows && data.time && !data.windows.gaps && { describeGaps: "gapText" as const }),
    ...(data?.windows && hasFigures && { forecastNaively: "forecastNaively" as const }),
  };
}

/** The name of the runtime's regime. Undefined for one training run on random splits. */
export function regimeName({ training, data }: Model): RegimeName | undefined {
  const hasFolds = training.validation?.folds !== undefined;
  if (isRuled(training, data)) return hasFolds ? "ruledFoldsRegime" : "ruledRegime";
  return hasFolds ? "foldedRegime" : undefined;
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
export const writesTexts = ({ inputs, losses, data }: Model): boolean =>
  losses === undefined &&
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
  // If there are several targets, some may have a range of valid values, and others decimals of predictions.
  const isMixed =
    fields.some((field) => "range" in field && !("hasDecimals" in field)) &&
    fields.some((field) => "hasDecimals" in field);
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
    ...(isMixed && { hasDecimals: "decimalRangeEncoder" }),
    range:
      isMixed || !fields.some((field) => "hasDecimals" in field) ? "rangeEncoder" : "decimalRangeEncoder",
    mean: "meanEncoder",
    ...(!isMixed && { hasDecimals: "decimalEncoder" }),
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

/** The runtime's `TargetAnswer`, with the name of the interpretation. */
export interface NamedAnswer {
  readonly answer?: InterpretationName;
  /** The number of values that the prediction has in a row of the output. */
  readonly size: number;
}

/**
 * The interpretation of the output for each target. A target has none if its output cannot be interpreted column by
 * column, as for generated text and for images. Undefined if no target has one.
 */
export function answersOf(
  model: Model,
  built: ModelGraphs,
): Readonly<Record<string, NamedAnswer>> | undefined {
  if (writesTexts(model)) return undefined;
  const answers = splitOutputSteps(model).objectives.map((objective, i): [string, NamedAnswer] => {
    const { shape } = built.predictions[i];
    const answer = answerName(model, objective, shape);
    return [objective.target.name, { ...(answer && { answer }), size: sizeOf(shape, 1) }];
  });
  return answers.every(([, { answer }]) => answer === undefined) ? undefined : Object.fromEntries(answers);
}

function answerName(
  { losses, data }: Model,
  { target: { name: target, classes, shape }, loss, isStepped }: SteppedObjective,
  output: readonly number[],
): InterpretationName | undefined {
  if (losses !== undefined && data?.targets[target]?.nextOf !== undefined) return undefined;
  const perPlace = sizeOf(output, 1) / sizeOf(shape, 1);
  // In an IDX file, one column contains all numbers of an image.
  const isImage = typeof data?.file !== "string" && sizeOf(shape, 1) > 1;
  if (isImage) return undefined;
  if (classes === undefined) {
    const name = Object.entries(ofReal).find(([type]) => type === loss.type)?.[1] ?? "inTargetUnits";
    return perPlace === 1 ? name : undefined;
  }
  if (perPlace === classes) return loss.type === "cross-entropy" ? "byProbability" : "byScore";
  if (perPlace !== 1 || classes !== 2) return undefined;
  if (isStepped) return "bySecondStep";
  return loss.type === "binary-cross-entropy" ? "bySecondLogit" : "byMargin";
}

/** The real targets without a scale. If their values are large, the loss starts high. */
export const plainTargets = ({ targets, data }: Model): readonly string[] =>
  Object.entries(targets).flatMap(([name, { classes }]) =>
    classes === undefined && data?.targets[name]?.scale === undefined ? [name] : [],
  );

const called = (call: RuntimeValue, argument: RuntimeExpression): RuntimeExpression => ({ call, argument });

/**
 * The runtime's function with which a program wraps its trainer, to report errors in original units, to warn of a
 * high first loss, or to generate text.
 */
function seenBy(model: Model): RuntimeExpression | undefined {
  const { data, losses } = model;
  const isScaled = ({ target, metrics }: Objective) =>
    data?.targets[target.name]?.scale !== undefined &&
    metrics.some(({ type }) => type === "mae" || type === "rmse");
  const hasUnits = objectivesOf(model).some(isScaled);
  const isPlain = plainTargets(model).length > 0;
  if (losses !== undefined) {
    const seen: RuntimeValue = hasUnits ? "inUnitsOfTargets" : "unwrapped";
    if (isPlain) return called("warnOfFirstLosses", seen);
    return hasUnits ? seen : undefined;
  }
  if (isPlain) return "warnOfFirstLoss";
  if (hasUnits) return "inOriginalUnits";
  return writesTexts(model) ? "asWriter" : undefined;
}

/** Reads the splits that are in separate files. */
function splitReader({ test, validation }: ModelData, one: RuntimeExpression): RuntimeExpression {
  if (validation !== undefined) return called(test === undefined ? "fileAndValidation" : "threeFiles", one);
  return test === undefined ? one : called("fileAndTest", one);
}

/** The members of the runtime's `Program` that depend on the spec, as expressions of runtime values. */
const programParts = (model: Model, built: ModelGraphs): Readonly<Record<string, RuntimeExpression>> => {
  const { data, losses } = model;
  if (data === undefined) return {};
  const fields = [...Object.values(data.inputs), ...Object.values(data.targets)];
  const isCleaned = data.separator !== undefined || fields.some(({ missing }) => missing === "drop");
  const plain: RuntimeValue = isCleaned ? "cleanedCsv" : "csv";
  const parse: RuntimeValue = data.numbers === undefined ? plain : "formattedCsv";
  const isOther = [data.file, data.test].some((file) => typeof file === "string" && otherFormats.test(file));
  const ofFile = called("csvFile", isOther ? called("csvOnly", parse) : parse);
  const ofTable = splitReader(data, ofFile);
  const answers = answersOf(model, built);
  const seen = seenBy(model);
  const predict = answers && predictWith(answers, losses === undefined);
  const regime = regimeName(model);
  const { splitters, ...series } = seriesParts(model);
  return {
    reader: typeof data.file === "string" ? ofTable : "idxFolder",
    encoders: {
      record: mapValues(encoderNames(model), (encoder) =>
        data.windows ? called("windowsBy", encoder) : encoder,
      ),
    },
    ...(regime === undefined ? {} : { regime }),
    ...series,
    ...(splitters && { splitters: { record: splitters } }),
    ...(fields.some(({ scale }) => typeof scale === "string") ? { fitScales: "fitScales" } : {}),
    ...(writesTexts(model) ? { seenHelp: "writerHelp" } : {}),
    ...(seen === undefined ? {} : { seen }),
    ...(predict && {
      seenHelp: "predictHelp",
      predict: data.windows ? called("forecastBy", predict) : predict,
    }),
  };
};

/** The runtime's function that predicts the rows of a file. */
function predictWith(
  answers: Readonly<Record<string, NamedAnswer>>,
  isSingle: boolean,
): RuntimeExpression | undefined {
  const [{ answer }] = Object.values(answers);
  if (isSingle) return answer && called("predictBy", answer);
  return called("predictEach", { record: mapValues(answers, (each) => ({ record: { ...each } })) });
}

/**
 * The parts with which a predictor reads rows of the data file's form and interprets its output. `fields` is
 * the preprocessing that was fitted on the data file. The result is undefined for IDX files and for outputs
 * without an interpretation.
 */
export function predictedRows(model: Model, built: ModelGraphs, fields: object) {
  const data = dataFacts(model);
  const { encoders, predict, readTimes } = programParts(model, built);
  if (data === undefined || predict === undefined || typeof model.data?.file !== "string") return undefined;
  const isFormatted = data.numberFormat !== undefined;
  return {
    data,
    fields,
    encoders,
    predict: isFormatted ? called("predictFormatted", predict) : predict,
    ...(readTimes && { readTimes }),
    isFormatted,
  };
}

/** The inputs whose integers reach a value through ops that only move integers. */
function integerInputs(node: Node): readonly string[] {
  if (node.op === "input") return [node.attributes.name];
  return operandsOf(node)
    .filter(({ type }) => type.element === "i32")
    .flatMap(integerInputs);
}

/**
 * The number of valid indices of an input: the size of the smallest table whose rows it selects, directly or
 * through other layers. Indices are checked against it when data is read, so kernels need no bounds checks.
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
export const balancedWeights = (model: Model) =>
  objectivesOf(model).flatMap(({ target: { name, shape }, classWeights }) =>
    classWeights === "balanced"
      ? [{ storage: classWeightStorage(model.losses && name), target: name, size: sizeOf(shape, 1) }]
      : [],
  );

/** The targets whose values must be in a range that the loss or a metric requires, and these ranges. */
export const limitedTargets = (model: Model) =>
  objectivesOf(model).flatMap((objective) => {
    const { name, shape } = objective.target;
    const range = targetRange(objective);
    return range === undefined ? [] : [{ target: name, size: sizeOf(shape, 1), range }];
  });

/** With `losses`, the number of values per row that predict() returns for each target. */
export const predictionSizes = ({ losses }: Model, { predictions }: ModelGraphs) =>
  losses && predictions.map(({ target, shape }) => ({ target, size: sizeOf(shape, 1) }));

/**
 * The rank metrics: their names, the functions of the runtime, the values that they collect, and their index in a
 * summary, which begins with the loss.
 */
export function rankedMetrics(model: Model, { evaluate }: ModelGraphs) {
  const names = ["loss", ...figuresOf(model).map(({ name }) => name)];
  return objectivesOf(model).flatMap(({ prefix, metrics }) =>
    metrics.flatMap((metric) => {
      const { ranked } = metricOf(metric);
      const name = prefix + metricName(metric);
      const isCollected = (part: string) =>
        evaluate.outputs.some(({ storage }) => storage === pairStorage(name, part));
      const parts = ["scores", "targets", "counts"].filter(isCollected);
      return ranked === undefined ? [] : [{ name, by: ranked.by, parts, position: names.indexOf(name) }];
    }),
  );
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
  const weights = objectivesOf(model).map(({ sampleWeights }) => sampleWeights);
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
          ...(weights.includes(name) && { least: 0 }),
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

/** The trained values in a predictor, and their origin. */
export interface Trained {
  /** Every parameter, by name. */
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
  /** SHA-256 of the checkpoint with these values. */
  readonly checkpointHash: string;
  /** The fitted preprocessing of the rows, if the checkpoint contains it. */
  readonly fields?: object | undefined;
}

export const predictorBanner = ({ name, specHash }: Model, checkpointHash: string): string[] => [
  `@generated by tapeless ${version} from the spec "${name}" and a checkpoint. This predictor cannot be trained. ` +
    "Do not edit it.",
  "The command is `npx tapeless compile SPEC --predictor CHECKPOINT`. The same files and compiler generate the " +
    "same bytes.",
  `Spec SHA-256: ${specHash}`,
  `Checkpoint SHA-256: ${checkpointHash}`,
];

export const checkBanner = ({ name, specHash }: Model): string[] => [
  `@generated by tapeless ${version} from the spec "${name}". It verifies the trainer next to this file on the ` +
    "machine that runs it. Do not edit it.",
  "Generate both with `npx tapeless compile SPEC --with-check`. The same spec, compiler and file name generate " +
    "the same bytes.",
  `Spec SHA-256: ${specHash}`,
];

export const trainerFacts = (
  model: Model,
  built: ModelGraphs,
  dtype: "f32" | "f64",
  target: ModelFacts["target"],
) => ({
  banner: [
    `@generated by tapeless ${version} from the spec "${model.name}". ` +
      "This trainer has no dependencies. Do not edit it.",
    "To change it, edit the spec and run `npx tapeless compile SPEC`. The same spec and compiler " +
      "generate the same bytes.",
    `Spec SHA-256: ${model.specHash}`,
  ],
  model: modelFacts(model, built, dtype, target),
  training: trainingFacts(model),
  data: dataFacts(model),
  programParts: programParts(model, built),
});

// The spec paths of the facts at the head of an emitted module.

/** The spec paths of those keys of the runtime's `TrainingFacts` that differ from the spec's `training`. */
const ofTraining = ({ losses }: Model): Readonly<Record<string, SpecPath>> => {
  const metrics = [losses === undefined ? "metrics" : "losses"];
  return { metrics, higherIsBetter: metrics, folds: ["training", "validation", "folds"] };
};

/** The spec path of a fact; undefined for facts that the compiler adds, such as the hash of the spec. */
export const placeOfFact =
  (model: Model, parameters: readonly ParameterFacts[]) =>
  (fact: "model" | "training" | "data", keys: SpecPath): SpecPath | undefined => {
    const [key, index] = keys;
    if (fact === "data") return ["data", ...keys];
    if (fact === "training")
      return key === undefined ? ["training"] : (ofTraining(model)[key] ?? ["training", ...keys]);
    if (key === "parameters") return typeof index === "number" ? parameters[index]?.path : ["network"];
    if (key === undefined) return [];
    if (key === "batchSize") return ["training", "batchSize"];
    return key === "name" || key === "inputs" || key === "targets" ? keys : undefined;
  };
