/**
 * The table of operators, by domain and name. To add an operator, define it in a file of this folder. The tests run
 * every node test of ONNX, which cover the newest form of an operator. Test older forms, and known operands, in
 * test/onnx/older-forms.test.ts.
 */
import type { Operator, Operators } from "../operator.ts";
import { activationOperators } from "./activations.ts";
import { controlOperators } from "./control.ts";
import { gradientOperators } from "./gradient.ts";
import { lossOperators } from "./losses.ts";
import { normOperators } from "./norms.ts";
import { optimizerOperators } from "./optimizers.ts";
import { pointwiseOperators } from "./pointwise.ts";
import { productOperators } from "./products.ts";
import { recurrentOperators } from "./recurrent.ts";
import { reductionOperators } from "./reductions.ts";
import { resizeOperators } from "./resize.ts";
import { viewOperators } from "./views.ts";
import { windowOperators } from "./windows.ts";

const standard: Operators = {
  ...pointwiseOperators,
  ...activationOperators,
  ...viewOperators,
  ...reductionOperators,
  ...productOperators,
  ...windowOperators,
  ...resizeOperators,
  ...normOperators,
  ...recurrentOperators,
  ...lossOperators,
  ...controlOperators,
};

/** The operators of each domain; the standard domain has an empty name. */
const domains: ReadonlyMap<string, Operators> = new Map([
  ["", standard],
  ["ai.onnx.preview.training", { ...optimizerOperators, ...gradientOperators }],
]);

/** The operator, or undefined if the table does not have it. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  const table = domains.get(domain);
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

export const operatorNames = (): readonly string[] =>
  [...domains.values()].flatMap((table) => Object.keys(table)).sort();
