/**
 * Losses of two parameters, most of them with several minima: the test functions of the optimization
 * literature, as formulas that the compiler differentiates. To each the part of the plane that is worth
 * seeing, a start from which the optimizers part ways, and learning rates that suit its slopes.
 */

/** A point of the plane of the two parameters. */
export type Point = readonly [x: number, y: number];

/** The part of the plane that is drawn. */
export type Range = readonly [left: number, right: number, bottom: number, top: number];

export interface Surface {
  /** In x and y, in the language of docs/formulas.md. */
  readonly formula: string;
  readonly range: Range;
  readonly start: Point;
  /** Learning rates by the optimizer's name, where they are not the usual ones. */
  readonly rates: Readonly<Record<string, number>>;
}

export const surfaces: Readonly<Record<string, Surface>> = {
  "Himmelblau: four minima": {
    formula: "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    range: [-5.5, 5.5, -5.5, 5.5],
    start: [0, -2.75],
    rates: { rmsprop: 0.02, adagrad: 0.9 },
  },
  "Styblinski–Tang: one lowest": {
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
  "Six-hump camel: two lowest": {
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
