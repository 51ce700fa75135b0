/** Compiles the text of the playground's editor in steps: reads the spec, compiles it, prepares its data. */
import { transform } from "sucrase";
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported } from "../../compiler/diagnostics/errors.ts";
import { MissingContent } from "../../compiler/spec/model-files.ts";
import { readJson } from "../../compiler/spec/read/json.ts";
import { located, specOfTree } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-source.ts";
import { readYaml } from "../../compiler/spec/read/yaml.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { datasetContextOf, prepareDataset } from "../../compiler/trainer/dataset-context.ts";
import { answersOf, modelFacts, trainingFacts } from "../../compiler/trainer/trainer-facts.ts";
import { mapValues } from "../../compiler/util/collections.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { InputError } from "../../runtime/step/errors.ts";
import { windowViewOf } from "../../runtime/step/window-rows.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import { naiveIn } from "../../runtime/training/ruled-training.ts";
import { csv, tableOfText } from "../../runtime/data/csv.ts";
import { unpacked } from "../../runtime/data/idx.ts";
import type { Table } from "../../runtime/data/table.ts";
import { cleanedCsv, formattedCsv } from "../../runtime/program/readers.ts";
import { locateErrors } from "../../runtime/program/program.ts";
import type { PageFiles, TrainerScript, VersionedFiles } from "./messages.ts";

// The editor accepts JSON and YAML. It does not accept TypeScript, because text from a link must never run as
// code.

/**
 * Whether to read the text as JSON: JSON specs begin with a brace or bracket. A YAML text that begins with
 * one is also read as JSON, so its error messages are those of JSON.
 */
const isJson = (text: string): boolean => /^\s*[{[]/.test(text);

/**
 * Whether the text, after its comments, begins with a TypeScript statement: a keyword followed by another
 * word. In YAML, a key is followed by a colon.
 */
const isCode =
  /^(?:\s|\/\/.*|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:import|export|const|let|var|function|class|type|interface)\s+[\w$*{"']/;

const codeRefused = (): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T1008",
      severity: "error",
      message: "a spec in TypeScript is code, and the playground accepts only JSON and YAML",
      hint: "write JSON or YAML here, or save the spec in a file and run: npx tapeless train spec.ts",
      path: [],
    },
  ]);

/** @throws DiagnosticError with all errors, each with its line and column */
async function readText(text: string, files: PageFiles): Promise<ReadSpec> {
  const read = async (file: string) => {
    const content = contentOf(file, files);
    if (content === undefined) throw new MissingContent("the playground does not have it", howToLoad);
    return { bytes: typeof content === "string" ? new TextEncoder().encode(content) : content };
  };
  if (isJson(text)) return specOfTree("spec.json", text, readJson(text), { read });
  if (isCode.test(text)) throw codeRefused();
  return specOfTree("spec.yaml", text, readYaml(text), { read });
}

// Prepares the data of a spec, like `tapeless train`, but from the files in the page instead of files on
// disk.

/**
 * Splits and encodes the rows according to the spec.
 * @throws InputError if the page does not have the file, or if the file does not match the spec
 */
async function prepareData(
  model: Model,
  facts: ModelFacts,
  files: PageFiles,
): Promise<Required<Pick<TrainerScript, "data" | "naive">>> {
  const { data, training } = model;
  if (data === undefined)
    throw new InputError("the spec has no data section, so there are no rows to train on");
  if (training.validation?.folds !== undefined)
    throw new InputError("the playground trains one model; use `tapeless train` for cross-validation");
  const context = datasetContextOf(model, facts);
  const isCleaned =
    data.separator !== undefined ||
    [...Object.values(data.inputs), ...Object.values(data.targets)].some(({ missing }) => missing === "drop");
  const plain = isCleaned ? cleanedCsv : csv;
  const format = data.numbers === undefined ? plain : formattedCsv;
  const tableIn = async (file: string): Promise<Table> => {
    const text = await dataText(file, files);
    return locateErrors(file, () => tableOfText(text, format, context.data));
  };
  const { file, test, validation } = data;
  if (typeof file !== "string" || typeof test === "object")
    throw new InputError("the playground reads only CSV; use `tapeless train` for other formats");
  const partIn = async (part: string | undefined) =>
    part === undefined ? undefined : { file: part, table: await tableIn(part) };
  const source = {
    file,
    table: await tableIn(file),
    test: await partIn(test),
    validationFile: await partIn(validation),
  };
  const dataset = prepareDataset(context, source, training.seed, locateErrors);
  return { data: withoutViews(dataset), naive: naiveIn(context, dataset) };
}

/** Copies each view of windows in the data set, because a worker cannot send views to the page. */
function withoutViews({ train, validation, test, fields }: Dataset): Dataset {
  const copied = (batch: Batch): Batch =>
    mapValues(batch, (values) => (windowViewOf(values) === undefined ? values : Float64Array.from(values)));
  return {
    train: copied(train),
    ...(validation && { validation: copied(validation) }),
    ...(test && { test: copied(test) }),
    fields,
  };
}

/** The content of a file in the page. Only its name counts, because the page has no folders. */
function contentOf(file: string, files: PageFiles): string | Uint8Array | undefined {
  const name = file.replace(/^.*[/\\]/s, "");
  return Object.hasOwn(files, name) ? files[name] : undefined;
}

const howToLoad = "drop the file on this page, or select it with Load files";

/** The text of a data file, unpacked. @throws InputError if the page does not have the file, or if it is damaged */
async function dataText(file: string, files: PageFiles): Promise<string> {
  const content = contentOf(file, files);
  if (content === undefined)
    throw new InputError(`the playground does not have the data file ${showValue(file)}: ${howToLoad}`);
  if (typeof content === "string") return content;
  const bytes = await unpacked(content).catch((error: unknown) =>
    locateErrors(file, () => {
      throw error;
    }),
  );
  return new TextDecoder().decode(bytes);
}

// The text is compiled in separate steps, the most urgent first. Between steps, the worker can stop if the
// text has changed.

/** The result for a spec that compiles without errors. */
export interface CompiledText {
  readonly read: ReadSpec;
  readonly compilation: TargetCompilation;
  readonly reports: readonly StageReport[];
  readonly warnings: readonly Diagnostic[];
}

/** @throws DiagnosticError with all errors, each with its line and column if it has a location */
export async function compileText(text: string, files: PageFiles): Promise<CompiledText> {
  const read = await readText(text, files);
  const reports: StageReport[] = [];
  const compilation = await located(read.source, () =>
    compileFor(read.model, { dtype: "f32", watch: (report) => reports.push(report) }),
  );
  const warnings = [...read.warnings, ...(await read.source.locate(compilation.built.warnings))];
  return { read, compilation, reports, warnings };
}

/**
 * The emitted module without formatting, without types, and without the code that reads data files. Its trainer can
 * pause after each step.
 */
export const scriptOf = async (compilation: TargetCompilation): Promise<string> =>
  withoutTypes(await emitText(compilation, "f32", { isFormatted: false, isProgram: false, isPausing: true }));

/** The data of a spec, or why there is none. */
export type PreparedData = Pick<TrainerScript, "data" | "naive" | "problem">;

/** Returns the data that was prepared before under the same key, or else prepares it. */
export type Remember = (key: string, prepare: () => Promise<PreparedData>) => Promise<PreparedData>;

/** Returns the emitted module and its training data. */
export async function trainerScript(
  compilation: TargetCompilation,
  { contents, version }: VersionedFiles,
  remember: Remember = (_, prepare) => prepare(),
): Promise<TrainerScript> {
  const { model, built } = compilation;
  const facts = modelFacts(model, built, "f32");
  const training = trainingFacts(model);
  const script = await scriptOf(compilation);
  // Everything on which the data depends. A change of the network or of the optimizer does not change it.
  const key = JSON.stringify([version, model.data, facts.inputs, facts.targets, model.training, training]);
  const found = await remember(key, () => preparedOr(() => prepareData(model, facts, contents)));
  const answers = mapValues(answersOf(model, built) ?? {}, ({ answer }) => answer);
  const horizon = model.data?.windows?.horizon;
  const columns = plainColumns(model);
  return { script, facts, filesVersion: version, training, answers, horizon, columns, ...found };
}

/** The columns of the inputs whose numbers reach the network unchanged. */
const plainColumns = ({ data }: Model): TrainerScript["columns"] =>
  Object.fromEntries(
    Object.entries(data?.inputs ?? {}).flatMap(([name, { columns, ...encoding }]) =>
      Object.keys(encoding).length === 0 ? [[name, columns]] : [],
    ),
  );

/**
 * Removes types with sucrase, which does not check them: the emitted code is known to be valid. Sucrase has a
 * tenth of the run time and of the code size of the TypeScript compiler.
 */
export const withoutTypes = (code: string): string =>
  transform(code, { transforms: ["typescript"], disableESTransforms: true }).code;

async function preparedOr(
  prepare: () => Promise<Pick<TrainerScript, "data" | "naive">>,
): Promise<PreparedData> {
  try {
    return { ...(await prepare()), problem: undefined };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { data: undefined, naive: {}, problem: error.message };
  }
}

/**
 * Converts any error to diagnostics. An error that is not about the spec gets no location, so the editor
 * shows it at the spec's first character.
 */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diagnostics;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Unsupported ? "T1901" : "internal";
  return [{ code, severity: "error", message, path: [] }];
}
