/**
 * Writes a loss of two parameters as a spec. The network consists of two weights on an input that is always
 * 1, so its output is p = (x, y). In the loss, the target t = (1, 0) selects x and y from p: x = Σ t·p and y
 * = Σ (1 − t)·p.
 */
import type { Optimizer, Point } from "./state.ts";

/** The data file that the spec names: a single row. */
export const planeFile = { name: "plane.csv", text: "one,first,second\n1,1,0\n" };

/** The same row as a batch for the trainer. */
export const planeBatch = { one: [1], axis: [1, 0] };

/** The names of the two parameters. */
export const coordinates = ["x.weight", "y.weight"] as const;

const readings: Readonly<Record<string, string>> = {
  x: "sum(target * prediction)",
  y: "sum((1 - target) * prediction)",
};

/** Replaces x and y in the formula, but not in function names such as `exp(`. */
const inPrediction = (formula: string): string =>
  formula.replaceAll(/\b[xy]\b(?!\s*\()/g, (name) => readings[name]);

export interface PathSpec {
  readonly formula: string;
  readonly start: Point;
  readonly optimizer: Optimizer;
  readonly rate: number;
  readonly steps: number;
}

/** Writes the spec as YAML, in the way a person would write it. */
export const specOfPath = ({ formula, start: [x, y], optimizer, rate, steps }: PathSpec): string =>
  `# The path of ${optimizer.label} from (${x}, ${y}) over ${formula}
name: ${optimizer.name}
inputs:
  one: { shape: [1] } # always 1, so that the two weights are the point
targets:
  axis: { shape: [2] } # always (1, 0): it distinguishes x from y in the loss
network:
  - { type: dense, name: x, from: one, units: 1, bias: false, init: { type: constant, value: ${x} } }
  - { type: dense, name: y, from: one, units: 1, bias: false, init: { type: constant, value: ${y} } }
  - { type: concat, from: [x, y] }
# x = ${readings.x} and y = ${readings.y}
loss:
  formula: ${JSON.stringify(inPrediction(formula))}
optimizer: { ${optimizer.keys}, learningRate: ${rate} }
training: { epochs: ${steps}, batchSize: 1, seed: 1 }
data:
  file: data/${planeFile.name}
  inputs: { one: { columns: [one] } }
  targets: { axis: { columns: [first, second] } }
`;
