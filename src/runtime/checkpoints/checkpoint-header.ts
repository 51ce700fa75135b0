// What the header of a checkpoint must hold. It is data from outside, which a right checksum does not make right.
import type { FittedField } from "../data/fields.ts";
import type { ModelFacts } from "../core/model-facts.ts";
import type { Progress } from "../core/session.ts";

/** What the caller wants to find again, as plain data. */
export interface Notes {
  /** How the data was read that the model was trained on. */
  fields?: readonly FittedField[];
  /** The epoch after which training had stopped early. */
  stopped?: number;
  [name: string]: unknown;
}

/** The part of a checkpoint that a person can read. */
export interface CheckpointHeader {
  /** The version of the format; it comes first. */
  tapeless: number;
  model: ModelFacts;
  progress: Omit<Progress, "best" | "last">;
  notes: Notes;
}

/** The part of a header that is missing or of the wrong kind; of a model only what tells it from others. */
export function wrongPart({ model, progress, notes }: Partial<CheckpointHeader>): string | undefined {
  const counts = [progress?.epoch, progress?.bestEpoch, progress?.waited];
  const isRight = {
    model: typeof model?.name === "string" && typeof model.dtype === "string",
    progress:
      counts.every((count = -1) => count >>> 0 === count) &&
      typeof progress?.monitor === "string" &&
      typeof progress.bestValue === "number",
    notes: typeof notes === "object" && notes,
  };
  return Object.entries(isRight).find(([, holds]) => !holds)?.[0];
}
