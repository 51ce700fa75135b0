/**
 * The extra runs of spec number k. Each stage is skipped in turn, and the more expensive comparisons run for
 * some specs.
 */
import { graphPasses } from "../../src/compiler/pipeline.ts";
import { skippableStages } from "../../src/compiler/stage-names.ts";
import type { Extras } from "./run-spec.ts";
import type { Dtype } from "./spec-run.ts";

export const passNames: readonly string[] = [...new Set(graphPasses.map(({ name }) => name))];

/** The stages of lowering and of both schedules that can be skipped. */
export const stageNames: readonly string[] = skippableStages.filter((name) => !passNames.includes(name));

/** The number of complete rounds over all stages before spec k. */
export const turnOfStage = (index: number): number => Math.floor(index / stageNames.length);

/**
 * The stage that spec k skips. Each round starts two stages later, so that each stage is combined with
 * different demands.
 */
export const stageOf = (index: number): string =>
  stageNames[(index + 2 * turnOfStage(index)) % stageNames.length];

/**
 * The element type in which spec k skips stages and passes, and compares writes. Over the rounds, each stage
 * is skipped in both types. This is also true of the rounds (every fourth) whose specs are made for the
 * stage.
 */
export function skipsIn(index: number): Dtype {
  const turn = turnOfStage(index);
  return (turn + (turn >> 2)) % 2 === 0 ? "f64" : "f32";
}

export function extrasOf(index: number): Extras {
  return {
    skipsIn: skipsIn(index),
    stages: [stageOf(index)],
    passes: index % 4 === 1 ? [passNames[(index >> 2) % passNames.length]] : [],
    exact: index % 16 === 3,
    plain: index % 8 === 6,
    threads: index % 8 === 2,
    writes: index % 4 === 0,
  };
}

/** Whether the emitted text of spec k is type-checked. */
export const isTypeChecked = (index: number): boolean => index % 25 === 0;
