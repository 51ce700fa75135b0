/** A random optimizer with its options, its learning rate or schedule, and its clipping. */
import { compact, roundedNumber } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import type { Random } from "./random.ts";

const sometimes = <T>(random: Random, value: T): T | undefined => (random.chance(0.35) ? value : undefined);

/** The keys that the optimizers of Adam's family share. */
const moments = (random: Random) => ({
  beta1: sometimes(random, random.pick([0.5, 0.8, 0.95])),
  beta2: sometimes(random, random.pick([0.9, 0.99])),
  epsilon: sometimes(random, random.pick([1e-8, 1e-4])),
  weightDecay: sometimes(random, random.pick([0.01, 0.1])),
});

const optimizers: Readonly<Record<string, (random: Random) => Readonly<Record<string, Json | undefined>>>> = {
  sgd: (random) => {
    const momentum = random.chance(0.5) ? random.pick([0.5, 0.9]) : undefined;
    const nesterov = momentum !== undefined && random.chance(0.4) ? true : undefined;
    const dampening = momentum !== undefined && nesterov === undefined ? sometimes(random, 0.25) : undefined;
    return { momentum, nesterov, dampening, weightDecay: sometimes(random, 0.02) };
  },
  adagrad: (random) => ({ epsilon: sometimes(random, 1e-6), weightDecay: sometimes(random, 0.02) }),
  adadelta: (random) => ({
    rho: sometimes(random, 0.8),
    epsilon: sometimes(random, 1e-4),
    weightDecay: sometimes(random, 0.02),
  }),
  rmsprop: (random) => ({
    alpha: sometimes(random, 0.9),
    momentum: sometimes(random, 0.5),
    centered: sometimes(random, true),
    epsilon: sometimes(random, 1e-5),
    weightDecay: sometimes(random, 0.02),
  }),
  adam: (random) => ({ ...moments(random), amsgrad: sometimes(random, true) }),
  adamw: (random) => ({ ...moments(random), amsgrad: sometimes(random, true) }),
  adamax: moments,
  nadam: (random) => ({ ...moments(random), momentumDecay: sometimes(random, 0.01) }),
  radam: moments,
  lion: (random) => ({ beta1: sometimes(random, 0.8), weightDecay: sometimes(random, 0.02) }),
};

const formulas: readonly (readonly string[])[] = [
  ["parameter = parameter - rate * gradient"],
  ["state.m = 0.9 * state.m + gradient", "parameter = parameter - rate * state.m"],
  [
    "state.m = 0.9 * state.m + 0.1 * gradient",
    "state.v = 0.99 * state.v + 0.01 * gradient^2",
    "parameter = parameter - rate * state.m / (sqrt(state.v) + 1e-3)",
  ],
  [
    "gradient = gradient + 0.01 * parameter",
    "parameter = parameter - rate * gradient / (1 + sqrt(sum(gradient^2)))",
  ],
  ["k = 1 / (1 + 0.1 * step)", "parameter = parameter - rate * k * clamp(gradient, -0.5, 0.5)"],
];

/**
 * The keys of each type of schedule. `steps` is small enough that training reaches the end of the schedule.
 */
const schedules: Readonly<Record<string, (random: Random) => Readonly<Record<string, Json>>>> = {
  constant: () => ({}),
  step: (random) => ({ every: random.whole(1, 2), factor: 0.5 }),
  exponential: () => ({ rate: 0.9 }),
  polynomial: (random) => ({ steps: random.whole(2, 5), power: random.pick([1, 2, 0.5]), end: 0.001 }),
  cosine: (random) => ({ steps: random.whole(2, 5), end: random.pick([0, 0.001]) }),
  "one-cycle": (random) => ({ steps: random.whole(3, 6), peak: 0.1 }),
};

function learningRateOf(random: Random): Json {
  const initial = roundedNumber(random, 0.005, 0.05);
  if (random.chance(0.6)) return initial;
  const type = random.pick([...Object.keys(schedules), "formula"]);
  const warmup = random.chance(0.3) ? { steps: random.whole(1, 3) } : undefined;
  const scaleFrom = random.chance(0.15) ? random.pick([1, 2, 8]) : undefined;
  const rule = scaleFrom === undefined ? undefined : sometimes(random, "sqrt");
  const common = { initial, warmup, scaleFrom, rule };
  if (type === "formula") return compact({ formula: "initial / (1 + 0.2 * step)", ...common });
  return compact({ type, ...schedules[type](random), ...common });
}

export function randomOptimizer(random: Random): JsonObject {
  const clip = random.chance(0.2)
    ? random.pick<JsonObject>([{ norm: 0.5 }, { norm: 10 }, { value: 0.1 }, { value: 5 }])
    : undefined;
  const learningRate = learningRateOf(random);
  if (random.chance(0.1)) return compact({ formula: random.pick(formulas), learningRate, clip });
  const type = random.pick(["sgd", ...Object.keys(optimizers)]);
  return compact({ type, ...optimizers[type](random), learningRate, clip });
}
