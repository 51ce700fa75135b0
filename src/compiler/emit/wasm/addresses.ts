/**
 * The addresses of loads and stores. An instruction adds a constant offset at no cost; its operand computes
 * the other terms.
 */
import { invariant } from "../../diagnostics/errors.ts";
import { integer } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { rangeOf } from "../../loop/intervals.ts";
import type { Ranges } from "../../loop/intervals.ts";

/** An index after the stage `compute-addresses`: its constant, and the other terms. */
export interface Place {
  readonly terms: Expression | undefined;
  readonly constant: number;
}

export function placeOf(at: readonly Expression[]): Place {
  invariant(at.length === 1, "a WebAssembly access has one address");
  const [index] = at;
  if (index.kind === "number") return { terms: undefined, constant: index.value };
  if (index.kind === "binary" && index.operator === "+" && index.y.kind === "number")
    return { terms: index.x, constant: index.y.value };
  return { terms: index, constant: 0 };
}

export interface Address {
  /** The operand, as text. */
  readonly operand: string;
  /** The constant that the instruction adds to the operand. */
  readonly offset: number;
}

/**
 * The address of an access to a buffer that begins at `base`. Instructions treat the operand as unsigned. If
 * the operand could be negative without the constant, the operand includes the constant (by `i32.add`), and
 * the instruction adds nothing.
 */
export function addressOf(
  at: readonly Expression[],
  base: number,
  ranges: Ranges,
  text: (x: Expression) => string,
): Address {
  const { terms, constant } = placeOf(at);
  const offset = base + constant;
  const isSafe = offset === 0 || (offset > 0 && (terms === undefined || rangeOf(terms, ranges).least >= 0));
  const parts = [...(terms === undefined ? [] : [text(terms)]), ...(isSafe ? [] : [text(integer(offset))])];
  const operand =
    parts.length === 0 ? text(integer(0)) : parts.reduce((sum, part) => `(i32.add ${sum} ${part})`);
  return { operand, offset: isSafe ? offset : 0 };
}

/** ` offset=16`; empty for 0, the default. */
export const offsetText = (offset: number): string => (offset === 0 ? "" : ` offset=${offset}`);
