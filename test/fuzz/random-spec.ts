/**
 * A random spec: a network, and a loss, metrics, optimizer and training that suit its output. Spec k of seed
 * S is always the same.
 */
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../src/compiler/spec/build.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { demandOf } from "./demands.ts";
import type { Demand } from "./demands.ts";
import { withMasks } from "./random-masks.ts";
import { randomNetwork } from "./random-network.ts";
import { compact, roundedNumber } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import { randomOptimizer } from "./random-optimizer.ts";
import { withTargets } from "./random-targets.ts";
import type { Measured } from "./random-targets.ts";
import type { RowShape } from "./layer-parts.ts";
import { randomOf } from "./random.ts";
import type { Random } from "./random.ts";

const realLosses = [
  "mse",
  "mae",
  "rmse",
  "rmsle",
  "huber",
  "log-cosh",
  "binary-cross-entropy",
  "hinge",
  "perceptron",
  "poisson",
  "kl-divergence",
];

const realFormulas = [
  "mean((prediction - target)^2)",
  "sqrt(mean((prediction - target)^2) + 0.01)",
  "mean(abs(prediction - target)) + 0.1 * mean(prediction^2)",
  "log(1 + sum((prediction - target)^2)) / (1 + mean(target^2))",
  "mean(log1p((prediction - target)^2))",
  "mean((prediction - target)^4) / (1 + mean((prediction - target)^2))",
  "mean(max(prediction - target, 0.3 * (target - prediction)))",
];

const classFormulas = [
  "-sum(target * logsoftmax(prediction)) / sum(target)",
  "mean((softmax(prediction) - target)^2)",
  "sqrt(mean((softmax(prediction) - target)^2))",
];

const lossKeys = (random: Random, type: string): Json =>
  type === "huber" && random.chance(0.6) ? { type, delta: roundedNumber(random, 0.1, 2) } : type;

function classMeasure(random: Random, shape: RowShape): Measured {
  const classes = shape[shape.length - 1];
  const smoothing = random.chance(0.3) ? roundedNumber(random, 0, 0.4) : undefined;
  const loss: Json = random.chance(0.2)
    ? { formula: random.pick(classFormulas) }
    : compact({ type: "cross-entropy", smoothing });
  const target = compact({ classes, shape: shape.length > 1 ? shape.slice(0, -1) : undefined });
  const others: readonly Json[] = [
    "accuracy",
    "f1",
    { type: "precision", average: random.pick(["macro", "micro", "weighted"]) },
    { type: "recall", average: "macro" },
    ...(classes > 2 ? [{ type: "top-k", k: classes - 1 }] : ["auc"]),
  ];
  return { loss, target, metrics: others.filter(() => random.chance(0.25)), inputs: {} };
}

function realMeasure(random: Random, shape: RowShape): Measured {
  const type = random.pick(realLosses);
  const isFormula = random.chance(0.15);
  const isWeighted = isFormula && random.chance(0.3);
  const formula = isWeighted
    ? "sum(w * (prediction - target)^2) / (sum(w) + 0.5)"
    : random.pick(realFormulas);
  const metrics = ["mae", "mape", "rmse", "r2", "spearman"].filter(() => random.chance(0.2));
  // An output with a single unit can also be read as a scalar.
  const isScalar = shape.length === 1 && shape[0] === 1 && random.chance(0.5);
  const canWeigh = isWeighted && isScalar;
  return {
    loss: isFormula
      ? { formula: isWeighted && !canWeigh ? realFormulas[0] : formula }
      : lossKeys(random, type),
    target: { shape: isScalar ? [] : shape },
    metrics: type === "perceptron" || type === "hinge" ? [] : metrics,
    inputs: canWeigh ? { w: { shape: [] } } : {},
  };
}

function randomMeasure(random: Random, shape: RowShape): Measured {
  const canBeClasses = shape.length > 0 && shape[shape.length - 1] >= 2;
  return canBeClasses && random.chance(0.4) ? classMeasure(random, shape) : realMeasure(random, shape);
}

/** A batch size at which the values of a batch take more than a megabyte. */
const wideBatch = 257;

function randomTraining(
  random: Random,
  { target, loss }: Measured,
  isWide = false,
): Readonly<Record<string, Json>> {
  const { classes } = target;
  const isClasses = typeof classes === "number" && typeof loss === "object";
  const weigh = isClasses && random.chance(0.25);
  const list = Array.from({ length: Number(classes ?? 0) }, (_, c) =>
    c === 0 ? 1 : roundedNumber(random, 0.2, 3),
  );
  return compact({
    epochs: 1,
    batchSize: isWide ? wideBatch : random.pick([1, 1, 2, 3, 4, 5, 7, 8, 9]),
    seed: random.chance(0.3) ? random.whole(0, 99) : undefined,
    shuffle: random.chance(0.1) ? false : undefined,
    // The batches of the fuzzer are smaller than a wide batch, so a group of batches would fit into a single
    // batch.
    accumulate: random.chance(0.1) && !isWide ? random.whole(2, 3) : undefined,
    average: random.chance(0.1) ? { decay: random.pick([0, 0.5, 0.9, 0.999]) } : undefined,
    classWeights: weigh ? list : undefined,
    sampleWeights: random.chance(0.12) ? "rowWeight" : undefined,
  }) as Readonly<Record<string, Json>>;
}

/** The logarithm in rmsle requires predictions above −1. */
const nonNegative = (random: Random): JsonObject => ({
  type: "activation",
  fn: random.pick(["softplus", "sigmoid", "relu", "hard-sigmoid", "elu"]),
});

function drawnSpec(random: Random, demand?: Demand): JsonObject {
  const { inputs, network: layers, shape } = randomNetwork(random, demand);
  const measure = randomMeasure(random, shape);
  const network = measure.loss === "rmsle" ? [...layers, nonNegative(random)] : layers;
  const training = randomTraining(random, measure, demand?.isWide);
  const weights: Record<string, JsonObject> =
    training.sampleWeights === undefined ? {} : { rowWeight: { shape: [] } };
  const spec = compact({
    name: "fuzz",
    inputs: { ...inputs, ...measure.inputs, ...weights },
    targets: { y: measure.target },
    network,
    loss: measure.loss,
    metrics: measure.metrics.length > 0 ? measure.metrics : undefined,
    regularization: random.chance(0.15)
      ? random.pick<Json>([{ l2: 0.01 }, { l1: 0.01 }, { l1: 0.003, l2: 0.02 }])
      : undefined,
    optimizer: randomOptimizer(random),
    training,
  });
  return withTargets(random, withMasks(random, spec), shape, (ofHead) => randomMeasure(random, ofHead));
}

/** Returns the diagnostics of the spec, or undefined if the compiler accepts it. */
export function refusalOf(spec: Json): string | undefined {
  try {
    buildGraphs(parseModel(spec), "f64");
    return undefined;
  } catch (error) {
    // Any other error is a finding. It is reported later, because it occurs again when the spec is compiled.
    return error instanceof DiagnosticError ? error.message : undefined;
  }
}

export interface DrawnSpec {
  readonly spec: JsonObject;
  /** The diagnostics of earlier attempts, which the compiler rejected. */
  readonly refused: readonly string[];
}

/** After this number of attempts, the demand is dropped. */
const mostRefusals = 50;

/**
 * Spec number `index` of the seed, with the features that `demandOf` requires. If the compiler rejects a
 * spec, another one is drawn.
 */
export function randomSpec(seed: number, index: number): DrawnSpec {
  const random = randomOf(seed, index);
  const refused: string[] = [];
  for (;;) {
    const spec = drawnSpec(random, refused.length < mostRefusals ? demandOf(index) : undefined);
    const refusal = refusalOf(spec);
    if (refusal === undefined) return { spec, refused };
    refused.push(refusal);
  }
}
