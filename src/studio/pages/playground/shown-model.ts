/** The input and the interface of the views of a trained model. */
import type { Probe, TrainerScript } from "../../browser/messages.ts";
import type { Batch } from "../../../runtime/step/batch.ts";

export type Outputs = Float32Array | Float64Array;

export interface ModelView {
  readonly element: HTMLElement;
  /** The rows for which the view needs the model's outputs. */
  readonly probe: Probe;
  draw(outputs: Outputs): void;
}

/** A model and its data, as views need them. */
export interface Shown {
  readonly trainer: TrainerScript;
  readonly train: Batch;
  /**
   * The validation split, otherwise the test split, otherwise the training split. `heldOutName` is its name.
   */
  readonly heldOut: Batch;
  readonly heldOutName: string;
  readonly input: string;
  readonly inputSize: number;
  readonly target: string;
  /** The names of the classes; empty for real targets. */
  readonly classes: readonly (string | number)[];
  /**
   * Converts the scores of one row to the cells of its prediction. For classes, these are the name of the
   * predicted class and then a number for each class.
   */
  readonly answer: (scores: readonly number[]) => readonly (string | number)[];
}
