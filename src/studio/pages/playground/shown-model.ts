/** The input and the interface of the views of a trained model. */
import type { Outputs, Probe, TrainerScript } from "../../browser/messages.ts";
import type { Scale } from "../../../runtime/data/fields.ts";
import type { Batch } from "../../../runtime/step/batch.ts";

export interface ModelView {
  readonly element: HTMLElement;
  /** The view needs the model's outputs for these rows. */
  readonly probe: Probe;
  draw(outputs: Outputs): void;
}

/** A target of a model and its data, as views need them. */
export interface Shown {
  readonly trainer: TrainerScript;
  readonly train: Batch;
  /**
   * The split that the view shows: validation if the data has it, otherwise test, otherwise training.
   * `heldOutName` is its name.
   */
  readonly heldOut: Batch;
  readonly heldOutName: string;
  readonly inputs: readonly string[];
  /** The first input, and the size of its rows. */
  readonly input: string;
  readonly inputSize: number;
  readonly target: string;
  /** The size of the rows of the target. */
  readonly targetSize: number;
  /** The scale of each column of the target. */
  readonly scales: readonly Scale[];
  /** The names of the classes; empty if the target is a real number. */
  readonly classes: readonly (string | number)[];
  /**
   * Converts the outputs for one value of the target to the cells of its prediction. For classes, the cells are the
   * name of the predicted class and then a number for each class. `column` is the column of a number, 0 by default.
   */
  readonly answer: (scores: readonly number[], column?: number) => readonly (string | number)[];
}
