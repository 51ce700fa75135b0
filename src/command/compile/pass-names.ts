/** The names of stages that flags take, as the pipeline has them. */
import type { NameFault } from "../../compiler/stage-names.ts";
import { didYouMean } from "../../compiler/util/did-you-mean.ts";
import { usageError } from "../terminal/report-error.ts";

/** The flags that leave stages out, of all commands that have them. */
export interface StageFlags {
  readonly skip?: readonly string[] | undefined;
  readonly stopAfter?: string | undefined;
}

/** @throws DiagnosticError for a name that is no stage's, and for a stage that cannot be skipped. */
export async function checkStageFlags({ skip = [], stopAfter }: StageFlags): Promise<void> {
  if (skip.length === 0 && stopAfter === undefined) return;
  const { faultOfSkipped, faultOfStage } = await import("../../compiler/stage-names.ts");
  for (const name of skip) throwFault("--skip", faultOfSkipped(name));
  if (stopAfter !== undefined) throwFault("--stop-after", faultOfStage(stopAfter));
}

/** The flags as words of a command. */
export const stageWords = ({ skip = [], stopAfter }: StageFlags): readonly string[] => [
  ...(skip.length === 0 ? [] : ["--skip", skip.join(",")]),
  ...(stopAfter === undefined ? [] : ["--stop-after", stopAfter]),
];

function throwFault(flag: string, fault: NameFault | undefined): void {
  if (fault !== undefined) throw usageError(`${flag}: ${fault.message}`, fault.hint);
}

/** What inspect --pass takes: what has graphs or counts to show. @throws DiagnosticError for a name that has not. */
export async function checkShownPass(name: string): Promise<void> {
  const { shownPasses } = await import("../../studio/explain/explain-passes.ts");
  if (shownPasses.includes(name)) return;
  const similar = didYouMean(name, shownPasses);
  throw usageError(
    `there is no pass '${name}'`,
    similar ? `did you mean ${similar}?` : `passes: ${shownPasses.join(", ")}`,
  );
}
