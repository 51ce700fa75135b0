/**
 * The exercises of the playground. Each has a spec to begin with, and steps that are solved in order. Whether a step is
 * solved follows from the spec and from the training of its model, not from what the user clicks.
 */
import type { TrainingResult } from "../../../runtime/training/train-on.ts";
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { valueAt } from "../../editor/edit-spec.ts";
import { moonsSpec } from "./examples.ts";
import { planeOfSpec } from "./spec-bindings.ts";

/** A spec, and the training of its model so far. */
export interface Lesson {
  readonly spec: unknown;
  readonly reports: readonly EpochReport[];
  /** Present when training has ended. */
  readonly result: TrainingResult | undefined;
  readonly hasDiverged: boolean;
}

export interface ExerciseStep {
  readonly text: string;
  isSolved(lesson: Lesson): boolean;
}

export interface Exercise {
  readonly id: string;
  readonly title: string;
  readonly spec: string;
  readonly steps: readonly ExerciseStep[];
}

/** The accuracy on the validation split after the last epoch; 0 if there is none. */
const accuracyOf = ({ reports }: Lesson): number => reports.at(-1)?.validation?.accuracy ?? 0;

const reaches =
  (accuracy: number) =>
  (lesson: Lesson): boolean =>
    accuracyOf(lesson) >= accuracy;

/** The loss of two classes with equal probabilities: −ln ½. A model with a higher loss is worse than guessing. */
const guessing = Math.log(2);

const isBroken = ({ hasDiverged, reports }: Lesson): boolean =>
  hasDiverged || (reports.at(-1)?.loss ?? 0) > guessing;

const layerCount = ({ spec }: Lesson): number => {
  const network = valueAt(spec, ["network"]);
  return Array.isArray(network) ? network.length : 0;
};

const usesData = (set: string, { spec }: Lesson): boolean => planeOfSpec(spec)?.set === set;

/** The spec of the moons with other values. */
const moonsWith = (...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce((text, [from, to]) => text.replace(from, to), moonsSpec);

const oneLayer = ['    { "type": "dense", "units": 16, "activation": "tanh" },\n'.repeat(2), ""] as const;

export const exercises: readonly Exercise[] = [
  {
    id: "moons",
    title: "Train, break and mend",
    spec: moonsSpec,
    steps: [
      {
        text: "Train the network until its validation accuracy is 95 %. Press Train.",
        isSolved: reaches(0.95),
      },
      {
        text: "Break it: find a learning rate that makes it worse than guessing (a training loss above 0.69, or NaN).",
        isSolved: isBroken,
      },
      { text: "Mend it: reach 95 % again.", isSolved: reaches(0.95) },
    ],
  },
  {
    id: "line",
    title: "What a line cannot separate",
    spec: moonsWith(['"moons"', '"xor"'], ["moons.csv", "xor.csv"], oneLayer),
    steps: [
      {
        text: "Train this network. It has no hidden layer, so its classes are separated by a line. Watch it fail.",
        isSolved: (lesson) =>
          layerCount(lesson) === 1 && lesson.result !== undefined && accuracyOf(lesson) < 0.8,
      },
      {
        text: "Add a hidden layer, and reach a validation accuracy of 95 % on the same data.",
        isSolved: (lesson) => usesData("xor", lesson) && layerCount(lesson) > 1 && accuracyOf(lesson) >= 0.95,
      },
    ],
  },
  {
    id: "features",
    title: "Features instead of layers",
    spec: moonsWith(['"moons"', '"circles"'], ["moons.csv", "circles.csv"], oneLayer),
    steps: [
      {
        text: "Reach 95 % on the circles without a hidden layer: choose other features.",
        isSolved: (lesson) =>
          usesData("circles", lesson) && layerCount(lesson) === 1 && accuracyOf(lesson) >= 0.95,
      },
    ],
  },
  {
    id: "rate",
    title: "The learning rate",
    spec: moonsWith(
      ['"adam", "learningRate": 0.01', '"sgd", "learningRate": 0.001'],
      ['"epochs": 150', '"epochs": 30'],
    ),
    steps: [
      {
        text: "Train with this learning rate. It is so low that 30 epochs are not enough.",
        isSolved: (lesson) => lesson.result !== undefined && accuracyOf(lesson) < 0.95,
      },
      {
        text: "Reach 95 % with sgd in at most 30 epochs: choose another learning rate.",
        isSolved: (lesson) =>
          valueAt(lesson.spec, ["optimizer", "type"]) === "sgd" &&
          usesData("moons", lesson) &&
          lesson.reports.length <= 30 &&
          accuracyOf(lesson) >= 0.95,
      },
    ],
  },
];

export const exerciseWithId = (id: string): Exercise | undefined => exercises.find((each) => each.id === id);
