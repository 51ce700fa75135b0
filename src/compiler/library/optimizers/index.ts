/** The closed table of optimizers. A new one is a definition in this folder and a line here. */
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

/** An optimizer as the canonical spec has it, without learning rate and clip. */
export type OptimizerChoice = Choice<typeof optimizers>;

export const optimizerOf = ({ type }: OptimizerChoice): Optimizer => optimizers[type];
