/** The names of all stages, as the options `skip` and `stopAfter` of a compilation take them. */
import { graphPasses, lowering, scalarSchedule, stagesOfLowering, vectorSchedule } from "./pipeline.ts";
import type { StageFacts } from "./stages/define.ts";
import { didYouMean } from "./util/message-text.ts";

const stages: readonly StageFacts[] = [
  ...graphPasses,
  ...stagesOfLowering(lowering),
  ...scalarSchedule,
  ...vectorSchedule.loops,
  ...vectorSchedule.places,
];

const namesOf = (list: readonly StageFacts[]): readonly string[] => [
  ...new Set(list.map(({ name }) => name)),
];

/** Every stage, in the order of the pipeline. */
export const stageNames = namesOf(stages);
export const skippableStages = namesOf(stages.filter(({ isRequired }) => !isRequired));

/** What is wrong with the name of a stage, and what would be right. */
export interface NameFault {
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with a name to stop after. */
export function faultOfStage(name: string): NameFault | undefined {
  if (stageNames.includes(name)) return undefined;
  const meant = didYouMean(name, stageNames);
  return {
    message: `there is no stage ${JSON.stringify(name)}`,
    hint: meant === undefined ? `stages: ${stageNames.join(", ")}` : `did you mean "${meant}"?`,
  };
}

/** What is wrong with a name to skip. */
export function faultOfSkipped(name: string): NameFault | undefined {
  if (!stageNames.includes(name) || skippableStages.includes(name)) return faultOfStage(name);
  return {
    message: `the stage "${name}" cannot be skipped: later stages need its result`,
    hint: `stages that can be skipped: ${skippableStages.join(", ")}`,
  };
}
