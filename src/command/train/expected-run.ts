/** The expected numbers of training rows and epochs, for `inspect --show schedule`. */
import { DiagnosticError, Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { Run } from "../../studio/explain/subject.ts";
import { datasetContextOf, prepareDataset } from "../../compiler/trainer/dataset-context.ts";
import { modelFacts } from "../../compiler/trainer/trainer-facts.ts";
import { rowsIn } from "../../compiler/reference/program-memory.ts";
import { onFile } from "../compile/compile-spec.ts";
import type { CompiledSpec } from "../compile/compile-spec.ts";
import { readSource } from "../files/read-source.ts";
import { printNotice } from "../terminal/report-error.ts";

/**
 * Returns undefined if the data is missing or invalid, because `inspect` does not require data. Prints the
 * reason on standard error.
 */
export async function expectedRun(
  spec: string,
  { compilation: { model, built }, source }: CompiledSpec,
): Promise<Run | undefined> {
  const facts = modelFacts(model, built, "f32");
  try {
    const { train } = prepareDataset(
      datasetContextOf(model, facts),
      await readSource({ spec, source, model, facts, given: undefined, notify: printNotice }),
      model.training.seed,
      (file, work) => onFile(file, "T2004", work),
    );
    return { rows: rowsIn(facts, train), epochs: model.training.epochs };
  } catch (error) {
    if (!(error instanceof DiagnosticError || error instanceof Unsupported)) throw error;
    const reason = error instanceof DiagnosticError ? error.diagnostics[0].message : error.message;
    process.stderr.write(`continuing without data: ${reason}\n`);
    return undefined;
  }
}
