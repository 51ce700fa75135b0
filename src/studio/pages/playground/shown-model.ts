/** The input of the views of a trained model, and their interface. */
import type { Probe, TrainerScript } from "../../browser/messages.ts";
import type { Batch } from "../../../runtime/step/batch.ts";

export type Outputs = Float32Array | Float64Array;

export interface ModelView {
  readonly element: HTMLElement;
  /** Rows whose outputs the view needs. */
  readonly probe: Probe;
  draw(outputs: Outputs): void;
}

/** A model and its data, as views need them. */
export interface Shown {
  readonly trainer: TrainerScript;
  readonly train: Batch;
  /** The validation split, else the test split, else the training split, and its name. */
  readonly heldOut: Batch;
  readonly heldOutName: string;
  readonly input: string;
  readonly inputSize: number;
  readonly target: string;
  /** Names of the classes; empty for real targets. */
  readonly classes: readonly (string | number)[];
  /**
   * From the scores of one row to the cells of its prediction: for classes the name, then a number for each
   * class.
   */
  readonly answer: (scores: readonly number[]) => readonly (string | number)[];
}
