/** The names that --skip takes: graph passes, the stages of lowering, the stages of the schedule. */
import { didYouMean } from "../util/did-you-mean.ts";
import { usageError } from "./usage-error.ts";

const loweringStages = ["rematerialise", "fuse-loops", "forward-stores", "shrink-temporaries"] as const;

/** @throws DiagnosticError for a name that is none of them. */
export async function checkPassNames(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const [{ graphPasses }, { scheduleNames }] = await Promise.all([
    import("../pipeline.ts"),
    import("../schedule/schedule.ts"),
  ]);
  const known = [...new Set([...graphPasses.map(({ name }) => name), ...loweringStages, ...scheduleNames])];
  for (const name of names) {
    if (known.includes(name)) continue;
    const similar = didYouMean(name, known);
    throw usageError(
      `there is no pass '${name}'`,
      similar ? `did you mean ${similar}?` : `passes: ${known.join(", ")}`,
    );
  }
}
