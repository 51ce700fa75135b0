/** The closed table of optimizers. To add an optimizer, define it in this folder and add a line here. */
import type { Choice } from "../../util/choice.ts";
import type { Optimizer } from "../define.ts";
import { adadelta } from "./adadelta.ts";
import { adagrad } from "./adagrad.ts";
import { adam, adamw } from "./adam.ts";
import { adamax } from "./adamax.ts";
import { formula } from "./formula.ts";
import { lion } from "./lion.ts";
import { nadam } from "./nadam.ts";
import { radam } from "./radam.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

export const optimizers = {
  sgd,
  adagrad,
  adadelta,
  rmsprop,
  adam,
  adamw,
  adamax,
  nadam,
  radam,
  lion,
  formula,
} satisfies Record<string, Optimizer>;

/** An optimizer in the canonical spec, without learning rate and clipping. */
export type OptimizerChoice = Choice<typeof optimizers>;

export const optimizerOf = ({ type }: OptimizerChoice): Optimizer => optimizers[type];
