/** The settings of the paths view: a surface, a start and optimizers. They are part of the page's address. */

// The optimizers whose paths can be drawn. Each entry has the keys of the optimizer in a spec, and a learning
// rate that suits most surfaces.

export interface Optimizer {
  readonly name: string;
  /** The name in the legend. */
  readonly label: string;
  /** All keys of `optimizer` in the spec except the learning rate. */
  readonly keys: string;
  readonly rate: number;
}

export const optimizers: readonly Optimizer[] = [
  { name: "descent", label: "gradient descent", keys: "type: sgd", rate: 0.01 },
  { name: "momentum", label: "momentum", keys: "type: sgd, momentum: 0.9", rate: 0.01 },
  { name: "rmsprop", label: "RMSprop", keys: "type: rmsprop, alpha: 0.9", rate: 0.05 },
  { name: "adam", label: "Adam", keys: "type: adam", rate: 0.1 },
  { name: "nesterov", label: "Nesterov", keys: "type: sgd, momentum: 0.9, nesterov: true", rate: 0.01 },
  { name: "adagrad", label: "Adagrad", keys: "type: adagrad", rate: 0.3 },
  { name: "nadam", label: "NAdam", keys: "type: nadam", rate: 0.1 },
  { name: "lion", label: "Lion", keys: "type: lion", rate: 0.03 },
];

/** The optimizers that are selected at first. */
const initiallySelected: readonly string[] = ["descent", "momentum", "rmsprop", "adam"];

// Losses of two parameters, most with several minima. They are test functions from the optimization
// literature, written as formulas that the compiler differentiates. Each has a visible range, a start from
// which the optimizers take different paths, and learning rates that suit its slopes.

/** A point in the plane of the two parameters. */
export type Point = readonly [x: number, y: number];

/** The visible part of the plane. */
export type Range = readonly [left: number, right: number, bottom: number, top: number];

export interface Surface {
  /** The loss in x and y, in the language of docs/formulas.md. */
  readonly formula: string;
  readonly range: Range;
  readonly start: Point;
  /** Learning rates by the optimizer's name, for optimizers whose default rate does not suit the surface. */
  readonly rates: Readonly<Record<string, number>>;
}

export const surfaces: Readonly<Record<string, Surface>> = {
  "Himmelblau: four minima": {
    formula: "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    range: [-5.5, 5.5, -5.5, 5.5],
    start: [0, -2.75],
    rates: { rmsprop: 0.02, adagrad: 0.9 },
  },
  "Styblinski–Tang: one global minimum": {
    formula: "(x^4 - 16 * x^2 + 5 * x + y^4 - 16 * y^2 + 5 * y) / 2",
    range: [-4.6, 4.6, -4.6, 4.6],
    start: [-1.15, 4.2],
    rates: { descent: 0.005, momentum: 0.012, nesterov: 0.012, adagrad: 0.5, rmsprop: 0.02 },
  },
  "Three pits": {
    formula:
      "0.05 * (x^2 + y^2) - 2 * exp(-(x - 1.6)^2 - (y - 1.2)^2) - 1.4 * exp(-(x + 1.6)^2 - y^2) - exp(-x^2 " +
      "- (y + 1.8)^2)",
    range: [-3.5, 3.5, -3.5, 3.5],
    start: [2.63, -1.46],
    rates: { descent: 0.1, momentum: 0.05, nesterov: 0.05, rmsprop: 0.03 },
  },
  "Six-hump camel: two global minima": {
    formula: "(4 - 2.1 * x^2 + x^4 / 3) * x^2 + x * y + (4 * y^2 - 4) * y^2",
    range: [-2.2, 2.2, -1.3, 1.3],
    start: [-2, -0.15],
    rates: { momentum: 0.015, nesterov: 0.015, rmsprop: 0.01, adam: 0.05, lion: 0.01 },
  },
  "Rastrigin: a hundred minima": {
    formula: "20 + x^2 - 10 * cos(2 * pi * x) + y^2 - 10 * cos(2 * pi * y)",
    range: [-5, 5, -5, 5],
    start: [-3.4, 3.6],
    rates: { descent: 0.002, momentum: 0.005, nesterov: 0.005, rmsprop: 0.02, adam: 0.6, adagrad: 0.5 },
  },
  "Rosenbrock: a bent valley": {
    formula: "(1 - x)^2 + 100 * (y - x^2)^2",
    range: [-2, 2, -1, 3],
    start: [-1.2, 1],
    rates: { descent: 0.0015, momentum: 0.0008, nesterov: 0.0008, rmsprop: 0.01, adagrad: 0.5, lion: 0.01 },
  },
};

export interface PathsState {
  readonly formula: string;
  readonly range: Range;
  readonly start: Point;
  /** The number of steps that each optimizer takes; `shown` is the number of steps that are visible. */
  readonly steps: number;
  readonly shown: number;
  /** The names of the selected optimizers; `rates` has the learning rates of all optimizers. */
  readonly on: readonly string[];
  readonly rates: Readonly<Record<string, number>>;
}

/** The numbers of steps that the user can choose. */
export const stepChoices = [50, 100, 300, 1000] as const;

/** The initial state for a surface, with its own range, start and learning rates. */
export function stateOfSurface(
  { formula, range, start, rates }: Surface,
  kept: Partial<PathsState> = {},
): PathsState {
  const { on = initiallySelected, steps = 300 } = kept;
  const all = optimizers.map(({ name, rate }) => [name, rates[name] ?? rate]);
  return { formula, range, start, steps, shown: steps, on, rates: Object.fromEntries(all) };
}

export const firstState = (): PathsState => stateOfSurface(Object.values(surfaces)[0]);

/** Validates a state from an address, which is untrusted. @throws Error if it is invalid */
export function readPathsState(value: unknown): PathsState {
  const of = (key: string, owner: unknown = value): unknown =>
    typeof owner === "object" && owner !== null
      ? Object.getOwnPropertyDescriptor(owner, key)?.value
      : undefined;
  const [left, right, bottom, top] = numbersIn(of("range"), 4);
  const [x, y] = numbersIn(of("start"), 2);
  const [steps, shown] = numbersIn([of("steps"), of("shown")], 2);
  const [formula, on, rates] = [of("formula"), of("on"), of("rates")];
  const isKnown = stepChoices.some((choice) => choice === steps) && shown >= 0 && shown <= steps;
  if (typeof formula !== "string" || !Array.isArray(on) || !isKnown || left >= right || bottom >= top)
    throw new Error("the link is damaged");
  const rateOf = (name: string) => numbersIn([of(name, rates)], 1)[0];
  return {
    formula: formula.replaceAll(/\s+/g, " "),
    range: [left, right, bottom, top],
    start: [x, y],
    steps,
    shown: Math.round(shown),
    on: optimizers.map(({ name }) => name).filter((name) => on.includes(name)),
    rates: Object.fromEntries(optimizers.map(({ name }) => [name, rateOf(name)])),
  };
}

function numbersIn(value: unknown, count: number): number[] {
  if (!Array.isArray(value) || value.length !== count || !value.every(Number.isFinite))
    throw new Error("the link is damaged");
  return value.map(Number);
}
