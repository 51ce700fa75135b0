/** The names of passes and stages that flags take, as the pipeline has them. */
import { didYouMean } from "../../compiler/util/did-you-mean.ts";
import { usageError } from "../terminal/usage-error.ts";

/**
 * What --skip takes: graph passes, the stages of lowering, the stages of both schedules. @throws
 * DiagnosticError for a name that is none of them.
 */
export async function checkPassNames(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { skippablePasses } = await import("../../compiler/compile.ts");
  for (const name of names) checkName(name, skippablePasses);
}

/** What inspect --pass takes: what has graphs or counts to show. @throws DiagnosticError for a name that has not. */
export async function checkShownPass(name: string): Promise<void> {
  const { shownPasses } = await import("../../studio/explain/explain-passes.ts");
  checkName(name, shownPasses);
}

function checkName(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const similar = didYouMean(name, known);
  throw usageError(
    `there is no pass '${name}'`,
    similar ? `did you mean ${similar}?` : `passes: ${known.join(", ")}`,
  );
}
