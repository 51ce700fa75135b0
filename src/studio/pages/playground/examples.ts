/** Example specs, and the data set that the page generates for one of them. */

import { numbersFrom } from "./planes.ts";

/** A generated data set with the columns `x` and `y`, in which y is a function of x. The same on every load. */
export function waveCsv(): string {
  const next = numbersFrom(11);
  const rows = Array.from({ length: 200 }, () => {
    const x = 6 * next() - 3;
    return [x, Math.sin(2 * x) + 0.3 * x + 0.15 * (next() + next() - 1)];
  });
  return ["x,y", ...rows.map((row) => row.map((cell) => cell.toFixed(4)).join()), ""].join("\n");
}

// The example specs: those of the repository whose data is in the page, and specs for the generated data.

/** The first example: two moons, and a network that separates them. */
export const moonsSpec = `{
  "name": "moons",
  "inputs": { "point": { "shape": [2] } },
  "targets": { "class": { "classes": 2 } },
  "network": [
    { "type": "dense", "units": 16, "activation": "tanh" },
    { "type": "dense", "units": 16, "activation": "tanh" },
    { "type": "dense", "units": 2 }
  ],
  "loss": "cross-entropy",
  "metrics": ["accuracy"],
  "optimizer": { "type": "adam", "learningRate": 0.01 },
  "training": {
    "epochs": 150,
    "batchSize": 32,
    "seed": 7,
    "validation": { "fraction": 0.25 }
  },
  "data": {
    "file": "data/moons.csv",
    "inputs": { "point": { "columns": ["x", "y"] } },
    "targets": { "class": { "columns": ["class"] } }
  }
}
`;

const perceptron = `# A single neuron can only separate classes by a straight line, so it fails on
# data that no line separates. Add a hidden layer.
name: one-neuron
inputs:
  point: { shape: [2] }
targets:
  class: { classes: 2 }
network:
  - { type: dense, units: 1 }
loss: binary-cross-entropy
metrics: [accuracy]
optimizer: { type: sgd, learningRate: 0.1 }
training: { epochs: 60, batchSize: 16, seed: 7, validation: { fraction: 0.25 } }
data:
  file: data/xor.csv
  inputs:
    point: { columns: [x, y] }
  targets:
    class: { columns: [class] }
`;

const wave = `# A curve through noisy points: a small network as a function of one number.
name: wave
inputs:
  x: { shape: [1] }
targets:
  y: { shape: [1] }
network:
  - { type: dense, units: 24, activation: tanh }
  - { type: dense, units: 24, activation: tanh }
  - { type: dense, units: 1 }
loss: mse
metrics: [r2]
optimizer: { type: adam, learningRate: 0.01 }
training: { epochs: 200, batchSize: 32, seed: 7, validation: { fraction: 0.25 } }
data:
  file: data/wave.csv
  inputs:
    x: { columns: [x] }
  targets:
    y: { columns: [y] }
`;

/** The names and texts of the examples, in the order of the menu. */
export const examplesOf = (specs: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map([["moons", moonsSpec], ["one neuron", perceptron], ["wave", wave], ...Object.entries(specs)]);
