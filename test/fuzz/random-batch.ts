/**
 * Random parameters and batches for a model. All numbers are rounded to f32, so that every target starts from
 * the same numbers and the inputs are exact.
 */
import { sizeOf } from "../../src/runtime/model/facts.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { objectivesOf } from "../../src/compiler/spec/objectives.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { randomOf } from "./random.ts";
import type { Random } from "./random.ts";

/** Parameters by name, row-major. */
export type Parameters = Readonly<Record<string, Float64Array>>;

export interface FuzzData {
  readonly parameters: Parameters;
  /**
   * Three batches of at most 17 rows: a full one, a short one, and another full one. For a batch size of 1,
   * all three have one row.
   */
  readonly batches: readonly Batch[];
}

/** The upper limit of indices if the model does not declare a vocabulary. */
const smallVocabulary = 8;

/**
 * A number of about the magnitude that an initialiser would choose. All numbers differ, and biases are not
 * zero.
 */
function parameterNumber(random: Random, name: string, shape: readonly number[]): number {
  if (name.endsWith(".variance")) return 0.3 + random.unit();
  if (name.endsWith(".scale")) return 1 + 0.3 * random.normal();
  const fan = sizeOf(shape.slice(0, -1));
  return shape.length < 2 ? 0.3 * random.normal() : (0.9 * random.normal()) / Math.sqrt(fan);
}

function parametersOf(random: Random, { parameters }: ModelFacts): Parameters {
  return Object.fromEntries(
    parameters.map(({ name, shape }) => {
      const draw = () => Math.fround(parameterNumber(random, name, shape));
      return [name, Float64Array.from({ length: sizeOf(shape) }, draw)];
    }),
  );
}

/**
 * Mostly normally distributed numbers; sometimes small integers, so that values tie and kinks are hit
 * exactly.
 */
function inputNumber(random: Random, isWhole: boolean): number {
  return isWhole ? random.whole(-2, 2) : random.normal();
}

/** Targets that the loss accepts: counts, probabilities, classes 0 and 1, or any numbers. */
function targetNumber(random: Random, loss: string): number {
  switch (loss) {
    case "binary-cross-entropy":
    case "kl-divergence":
      return random.chance(0.4) ? random.whole(0, 1) : random.unit();
    case "hinge":
    case "perceptron":
      return random.whole(0, 1);
    case "poisson":
      return random.whole(0, 4);
    case "rmsle":
      return 2 * random.unit();
    default:
      return random.chance(0.2) ? random.whole(-1, 1) : random.normal();
  }
}

function batchOf(random: Random, facts: ModelFacts, model: Model, rows: number, scale: number): Batch {
  const isWhole = random.chance(0.2);
  const leavesOut = random.chance(0.3);
  const fill = (shape: readonly number[], draw: () => number) =>
    Float64Array.from({ length: rows * sizeOf(shape) }, () => Math.fround(draw()));
  const input = ({ dtype, vocabulary = smallVocabulary, onlyLoss = false }: ModelFacts["inputs"][string]) => {
    if (dtype === "i32") return () => random.whole(0, vocabulary - 1);
    if (onlyLoss) return () => (random.chance(0.15) ? 0 : 0.2 + 2 * random.unit());
    return () => scale * inputNumber(random, isWhole);
  };
  const losses = Object.fromEntries(objectivesOf(model).map(({ target, loss }) => [target.name, loss.type]));
  const target = (name: string, { classes }: ModelFacts["targets"][string]) =>
    classes === undefined
      ? () => targetNumber(random, losses[name])
      : () => (leavesOut && random.chance(0.2) ? -1 : random.whole(0, classes - 1));
  return Object.fromEntries([
    ...Object.entries(facts.inputs).map(([name, facts]) => [name, fill(facts.shape, input(facts))]),
    ...Object.entries(facts.targets).map(([name, facts]) => [name, fill(facts.shape, target(name, facts))]),
  ]);
}

/**
 * The maximum number of rows in a batch. The kernels are compiled for the batch size of the spec, but a full
 * batch would take the interpreters too long.
 */
const mostRows = 17;

/** Returns the same data for the same model and seed. `scale` is the approximate magnitude of the inputs. */
export function randomData(facts: ModelFacts, model: Model, seed: number, scale = 1): FuzzData {
  const random = randomOf(seed, 0x5eed);
  const full = Math.min(facts.batchSize, mostRows);
  const parameters = parametersOf(random, facts);
  const short = full === 1 ? 1 : random.whole(1, full - 1);
  return {
    parameters,
    batches: [full, short, full].map((rows) => batchOf(random, facts, model, rows, scale)),
  };
}
