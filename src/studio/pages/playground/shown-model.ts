/** What the views of a trained model are given, and what each of them is. */
import type { Probe, TrainerScript } from "../../browser/messages.ts";
import type { Batch } from "../../../runtime/step/batch.ts";

export type Outputs = Float32Array | Float64Array;

export interface ModelView {
  readonly element: HTMLElement;
  /** Rows for which the network's outputs are wanted. */
  readonly probe: Probe;
  draw(outputs: Outputs): void;
}

/** A model and its data, as views want them. */
export interface Shown {
  readonly trainer: TrainerScript;
  readonly train: Batch;
  /** The validation part, or else the test part, or else the training part, and what it is called. */
  readonly held: Batch;
  readonly heldName: string;
  readonly input: string;
  readonly inputSize: number;
  readonly target: string;
  /** Names of the classes; none for real targets. */
  readonly classes: readonly (string | number)[];
  /** From the numbers of one row to the cells that say what they mean: of a class its name, then a number for each. */
  readonly answer: (scores: readonly number[]) => readonly (string | number)[];
}
