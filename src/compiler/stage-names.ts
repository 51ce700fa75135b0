/** The names of all stages, for the options `skip` and `stopAfter` of a compilation. */
import { stageLists, stagesOf } from "./pipeline.ts";
import type { StageFacts } from "./stages/define.ts";
import { didYouMean } from "./util/message-text.ts";

const stages = Object.values(stagesOf(stageLists)).flat();

const namesOf = (list: readonly StageFacts[]): readonly string[] => [
  ...new Set(list.map(({ name }) => name)),
];

/** Every stage, in the order of the pipeline. */
export const stageNames = namesOf(stages);
export const skippableStages = namesOf(stages.filter(({ isRequired }) => !isRequired));

/** An error about the name of a stage, with a hint. */
export interface NameError {
  readonly message: string;
  readonly hint: string;
}

/** Former names of stages. */
const renamed: ReadonlyMap<string, string> = new Map([
  ["block-contractions", "register-blocking"],
  ["forward-stores", "scalar-replacement"],
  ["mark-splits", "mark-parallel-loops"],
  ["place", "compute-addresses"],
  ["share-expressions", "eliminate-common-subexpressions"],
  ["share-kernels", "deduplicate-kernels"],
  ["shrink-temporaries", "contract-arrays"],
  ["split-kernels", "distribute-loops"],
  ["step-pointers", "reduce-strength"],
]);

/** The error if `name` is not a stage; undefined if it is one. */
export function stageNameError(name: string): NameError | undefined {
  if (stageNames.includes(name)) return undefined;
  return { message: `unknown stage ${JSON.stringify(name)}`, hint: hintFor(name) };
}

function hintFor(name: string): string {
  const now = renamed.get(name);
  if (now !== undefined) return `the stage is now named "${now}"`;
  const meant = didYouMean(name, stageNames);
  return meant === undefined ? `known stages: ${stageNames.join(", ")}` : `did you mean "${meant}"?`;
}

/** The error if `name` is not a stage that can be skipped; undefined if it is one. */
export function skippedNameError(name: string): NameError | undefined {
  if (!stageNames.includes(name) || skippableStages.includes(name)) return stageNameError(name);
  return {
    message: `the stage "${name}" cannot be skipped, because later stages need its result`,
    hint: `stages that can be skipped: ${skippableStages.join(", ")}`,
  };
}
