// The models for which limits are checked: two for speed, and a network with many layers for compile times.
import type { ModelSpec } from "../../src/index.ts";

/** The 784-128-10 network of the MNIST tutorials: batch 32, Adam. */
export const mnistLayers = { inputs: 784, hidden: 128, classes: 10, batchSize: 32 } as const;

export const mnist: ModelSpec = {
  name: "mnist",
  inputs: { pixels: { shape: [mnistLayers.inputs] } },
  targets: { digit: { classes: mnistLayers.classes } },
  network: [
    { type: "dense", units: mnistLayers.hidden, activation: "relu" },
    { type: "dense", units: mnistLayers.classes },
  ],
  loss: "cross-entropy",
  optimizer: { type: "adam", learningRate: 0.001 },
  training: { epochs: 1, batchSize: mnistLayers.batchSize, seed: 7 },
};

/**
 * A network so small that calls and checks take as long as the arithmetic: 4-16-3, tanh, batch 16, plain SGD.
 */
export const small: ModelSpec = {
  name: "small",
  inputs: { flower: { shape: [4] } },
  targets: { species: { classes: 3 } },
  network: [
    { type: "dense", units: 16, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "sgd", learningRate: 0.01 },
  training: { epochs: 1, batchSize: 16, seed: 7 },
};

/** A network of this many equal layers in sequence. */
export const tower = (layers: number): ModelSpec => ({
  name: "tower",
  inputs: { x: { shape: [32] } },
  targets: { y: { shape: [32] } },
  network: Array.from({ length: layers }, () => ({ type: "dense", units: 32, activation: "tanh" })),
  loss: "mse",
  optimizer: { type: "adam", learningRate: 0.001 },
  training: { epochs: 1, batchSize: 16, seed: 7 },
});
