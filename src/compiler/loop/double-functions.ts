/**
 * The functions of `runtime/numbers/` that compute in doubles, by name: what the interpreter of loops calls, and
 * what a module of WebAssembly imports. A function of a file named here needs no line; one that is missing does
 * not compile.
 */
import * as errorFunction from "../../runtime/numbers/error-function.ts";
import * as exponential from "../../runtime/numbers/exponential.ts";
import * as hyperbolic from "../../runtime/numbers/exponential.ts";
import * as logarithm from "../../runtime/numbers/logarithm.ts";
import * as powers from "../../runtime/numbers/logarithm.ts";
import * as trigonometric from "../../runtime/numbers/trigonometric.ts";
import type { ElementaryName } from "../ir/nodes.ts";

type OfOne = (x: number) => number;

export const doubleFunctions: { readonly [K in ElementaryName]: OfOne } & {
  readonly power: (x: number, y: number) => number;
} = {
  ...errorFunction,
  ...exponential,
  ...hyperbolic,
  ...logarithm,
  ...powers,
  ...trigonometric,
};
