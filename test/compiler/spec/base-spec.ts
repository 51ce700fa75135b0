// A small valid spec that tests change in one detail, and its diagnostics as text.
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

/** A fresh copy each time. Inputs x and t have different shapes, so that mixing them up is an error. */
export const baseSpec = (): Record<string, unknown> => ({
  name: "small",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 5, activation: "relu" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 2, batchSize: 6 },
});

/** The base spec with some top-level keys replaced. */
export const specWith = (changes: Record<string, unknown>): Record<string, unknown> => ({
  ...baseSpec(),
  ...changes,
});

/** The rendered diagnostics of a value, or "no fault". */
export function faultsOf(value: unknown): string {
  try {
    parseModel(value);
    return "no fault";
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
}
