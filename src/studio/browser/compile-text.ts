/**
 * One state of the editor through the compiler, in parts: what is wanted first comes first, and each part may
 * be the last.
 */
import { DiagnosticError, Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { compileFor, emitText, type TargetCompilation } from "../../compiler/compile-target.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import { InputError } from "../../runtime/step/errors.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-of-tree.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import { answerName, modelFacts, trainingFacts } from "../../compiler/trainer/trainer-facts.ts";
import { transform } from "sucrase";
import type { TrainerScript } from "./messages.ts";
import { prepareData } from "./prepare-data.ts";
import { readText } from "./read-text.ts";

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
