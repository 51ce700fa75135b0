/** A formula in each of its forms. */
import type { Formula } from "../../ops/notation/formula.ts";
import { textOf } from "../../ops/notation/text.ts";
import type { Notation } from "../explanation.ts";
import { mathmlOf } from "./mathml.ts";
import { texOf } from "./tex.ts";

export const notationOf = (formula: Formula): Notation => ({
  text: textOf(formula),
  tex: texOf(formula),
  mathml: mathmlOf(formula),
});
