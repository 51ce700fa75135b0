/** A formula in each of its forms. */
import type { Formula } from "./formula.ts";
import { textOf } from "./text.ts";
import { mathmlOf } from "./mathml.ts";
import { texOf } from "./tex.ts";

/** A formula in each of its forms. MathML is for pages: it holds no styles, no scripts and no links. */
export interface Notation {
  readonly text: string;
  readonly tex: string;
  readonly mathml: string;
}

export const notationOf = (formula: Formula): Notation => ({
  text: textOf(formula),
  tex: texOf(formula),
  mathml: mathmlOf(formula),
});
