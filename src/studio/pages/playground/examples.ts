/**
 * Specs to begin with: those of the repository that the page has the data of, and some for data that is made
 * in the page.
 */

const plane = `{
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

const perceptron = `# A line between two classes cannot be found where there is none: see how one neuron fails, and what a layer before it changes.
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

const wave = `# A curve through noisy points: the function of one number that a small network makes.
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

/** In the order of the menu: names and texts. */
export const examplesOf = (specs: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map([["moons", plane], ["one neuron", perceptron], ["wave", wave], ...Object.entries(specs)]);
