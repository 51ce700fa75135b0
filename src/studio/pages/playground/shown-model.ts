/** The input and the interface of the views of a trained model. */
import type { Probe, TrainerScript } from "../../browser/messages.ts";
import type { Batch } from "../../../runtime/step/batch.ts";

export type Outputs = Float32Array | Float64Array;

export interface ModelView {
  readonly element: HTMLElement;
  /** The view needs the model's outputs for these rows. */
  readonly probe: Probe;
  draw(outputs: Outputs): void;
}

/** A model and its data, as views need them. */
export interface Shown {
  readonly trainer: TrainerScript;
  readonly train: Batch;
  /**
   * The split that the view shows: validation if the data has it, otherwise test, otherwise training.
   * `heldOutName` is its name.
   */
  readonly heldOut: Batch;
  readonly heldOutName: string;
  readonly input: string;
  readonly inputSize: number;
  readonly target: string;
  /** The names of the classes; empty if the target is a real number. */
  readonly classes: readonly (string | number)[];
  /**
   * Converts the outputs of one row to the cells of its prediction. For classes, the cells are the name of
   * the predicted class and then a number for each class.
   */
  readonly answer: (scores: readonly number[]) => readonly (string | number)[];
}
