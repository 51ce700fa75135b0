/**
 * The table of operators, by domain and name. To add an operator, define it in a file of this folder. The tests run
 * every node test of ONNX. Those tests cover only the newest form of each operator; test older forms and constant
 * operands in test/onnx/older-forms.test.ts.
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
import { scanOperators } from "./scan.ts";
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
  ...scanOperators,
  ...lossOperators,
  ...controlOperators,
};

/** The operators of each domain. The name of the standard domain is empty. */
const domains: ReadonlyMap<string, Operators> = new Map([
  ["", standard],
  ["ai.onnx.preview.training", { ...optimizerOperators, ...gradientOperators }],
]);

/** Returns the operator, or undefined if the table does not contain it. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  const table = domains.get(domain);
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

export const operatorNames = (): readonly string[] =>
  [...domains.values()].flatMap((table) => Object.keys(table)).sort();
