/** Compiles the text of the editor step by step: reading the spec, compiling it, and preparing its data. */
import { transform } from "sucrase";
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported } from "../../compiler/diagnostics/errors.ts";
import { readJson } from "../../compiler/spec/read/json.ts";
import { located, specOfTree } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-source.ts";
import { readYaml } from "../../compiler/spec/read/yaml.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { preparingOf } from "../../compiler/trainer/preparing.ts";
import { answerName, modelFacts, trainingFacts } from "../../compiler/trainer/trainer-facts.ts";
import { InputError } from "../../runtime/core/input-error.ts";
import type { ModelFacts } from "../../runtime/core/model-facts.ts";
import { datasetOf } from "../../runtime/data/dataset.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import { parseCsv } from "../../runtime/data/parse-csv.ts";
import type { Table } from "../../runtime/data/table.ts";
import { parseCleaned } from "../../runtime/program/clean-csv.ts";
import { placed } from "../../runtime/program/program.ts";
import type { TrainerScript } from "./messages.ts";

// The spec of the editor is JSON or YAML. A spec in TypeScript would be code, and text from a link must never run as
// code.

/** JSON begins with a brace, and so may YAML: but what is meant as JSON is told its faults as JSON. */
const isJson = (text: string): boolean => /^\s*[{[]/.test(text);

/** Begins with a statement of TypeScript, behind comments: no key of YAML is two words without a colon. */
const isCode =
  /^(?:\s|\/\/.*|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:import|export|const|let|var|function|class|type|interface)\s+[\w$*{"']/;

const codeRefused = (): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T1008",
      severity: "error",
      message: "this is a spec in TypeScript, which is code, and the playground takes none",
      hint: "keep it in a file and use the command line: npx tapeless train spec.ts; here write JSON or YAML",
      path: [],
    },
  ]);

/** @throws DiagnosticError with everything that is wrong, each with its line and column */
async function readText(text: string): Promise<ReadSpec> {
  if (isJson(text)) return specOfTree("spec.json", text, readJson(text));
  if (isCode.test(text)) throw codeRefused();
  return specOfTree("spec.yaml", text, readYaml(text));
}

// The data of a spec, prepared for its trainer from the files that the page holds, as `tapeless train` does from
// disk.

/**
 * The rows cut and encoded as the spec says.
 * @throws InputError if the page has no such file, or if it does not hold what the spec says
 */
function prepareData(model: Model, facts: ModelFacts, files: Readonly<Record<string, string>>): Dataset {
  const { data, training } = model;
  if (data === undefined)
    throw new InputError("the spec has no data section, so nothing says what to train on");
  if (training.validation?.folds !== undefined)
    throw new InputError("the page trains one model, not one for each fold: use `tapeless train`");
  const preparing = preparingOf(model, facts);
  const isCleaned =
    data.separator !== undefined ||
    [...Object.values(data.inputs), ...Object.values(data.targets)].some(({ missing }) => missing === "drop");
  const tableIn = (file: string): Table => {
    const text = textOf(file, files);
    return placed(file, () => (isCleaned ? parseCleaned(text, preparing.data) : parseCsv(text)));
  };
  const { file, test } = data;
  if (typeof file !== "string" || typeof test === "object")
    throw new InputError("the page reads CSV alone: `tapeless train` reads images");
  const tested = test === undefined ? undefined : { file: test, table: tableIn(test) };
  const source = { file, table: tableIn(file), test: tested };
  return datasetOf(preparing, source, training.seed, placed);
}

function textOf(file: string, files: Readonly<Record<string, string>>): string {
  const name = file.replace(/^.*[/\\]/s, "");
  if (Object.hasOwn(files, name)) return files[name];
  throw new InputError(`the page has no file "${name}": it has ${Object.keys(files).join(", ")}`);
}

// One state of the editor is compiled in parts: the most urgent part first, and the work may stop after each.

/** A spec that compiles. */
export interface CompiledText {
  readonly read: ReadSpec;
  readonly compilation: TargetCompilation;
  readonly reports: readonly StageReport[];
  readonly warnings: readonly Diagnostic[];
}

/** @throws DiagnosticError with everything that is wrong, each with its line and column where it has one */
export async function compileText(text: string): Promise<CompiledText> {
  const read = await readText(text);
  const reports: StageReport[] = [];
  const compilation = await located(read.source, () =>
    compileFor(read.model, { dtype: "f32", watch: (report) => reports.push(report) }),
  );
  const warnings = [...read.warnings, ...(await read.source.locate(compilation.built.warnings))];
  return { read, compilation, reports, warnings };
}

/** The emitted module, unformatted, without its part for data files and without its types. */
export const scriptOf = async (compilation: TargetCompilation): Promise<string> =>
  withoutTypes(await emitText(compilation, "f32", { isFormatted: false, isProgram: false }));

/** The emitted module, and the data that it is to train on. */
export async function trainerScript(
  compilation: TargetCompilation,
  files: Readonly<Record<string, string>>,
): Promise<TrainerScript> {
  const { model, built } = compilation;
  const facts = modelFacts(model, built, "f32");
  const script = await scriptOf(compilation);
  const found = preparedOr(() => prepareData(model, facts, files));
  const training = trainingFacts(model.training, model.metrics);
  return { script, facts, training, answer: answerName(model, built), ...found };
}

/**
 * sucrase takes types out without looking at anything else: a tenth of a compiler's time and size, for code
 * that is known to be valid.
 */
const withoutTypes = (code: string): string =>
  transform(code, { transforms: ["typescript"], disableESTransforms: true }).code;

function preparedOr(prepare: () => Dataset): Pick<TrainerScript, "data" | "problem"> {
  try {
    return { data: prepare(), problem: undefined };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { data: undefined, problem: error.message };
  }
}

/** Whatever compiling threw, as something to show: what is no fault of the spec is told at its first character. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diagnostics;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Unsupported ? "T1901" : "internal";
  return [{ code, severity: "error", message, path: [] }];
}
