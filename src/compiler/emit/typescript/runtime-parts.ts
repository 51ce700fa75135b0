/**
 * The parts of `src/runtime/` that a trainer needs: the declarations that are asked for, and all that these
 * name, in the order of the runtime's files.
 */
import { invariant } from "../../diagnostics/errors.ts";
import type { RuntimeName } from "../../runtime-references.ts";

export interface Declaration {
  readonly name: string;
  /** What the file it stands in is about, in two or three words. */
  readonly topic: string;
  /** Formatted; public types with their `export`, everything else without. */
  readonly text: string;
  /** What it reads from around it. */
  readonly names: readonly string[];
}

/** By name, in the runtime's order. */
export type RuntimeParts = ReadonlyMap<string, Declaration>;

/** The types that users of emitted modules name. */
export const publicNames: ReadonlySet<string> = new Set<RuntimeName>([
  "Trainer",
  "Batch",
  "FitOptions",
  "EpochReport",
  "History",
  "Summary",
  "ModelFacts",
  "EarlyStopping",
  "Backend",
  "TrainerOptions",
  "Predictor",
  "RowPredictor",
  "ProbingTrainer",
  "Probe",
  "LayerProbe",
  "ParameterProbe",
  "IdleUnits",
  "Distribution",
  "StepReport",
]);

/**
 * Every name that the runtime declares or reads, globals included: a module that declares one of them again
 * would change what a part reads.
 */
export const runtimeNames = (parts: RuntimeParts): Set<string> =>
  new Set([...parts.values()].flatMap(({ name, names }) => [name, ...names]));

/** The texts of the declarations that `roots` need, in the runtime's order. */
export function collectParts(parts: RuntimeParts, roots: Iterable<RuntimeName>): Declaration[] {
  const needed = new Set<string>();
  const queue: string[] = [...roots];
  for (const root of queue) invariant(parts.has(root), `the runtime declares no ${root}`);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const part = parts.get(name);
    if (part === undefined || needed.has(name)) continue;
    needed.add(name);
    queue.push(...part.names);
  }
  return [...parts.values()].filter(({ name }) => needed.has(name));
}
