/**
 * The rules and rewrites of one step of a derivation, as all formats show them. A step covers several values: the
 * unnamed values that its formula contains, and the value itself, in this order.
 */
import type { RewriteUse, RuleUse } from "./explanation.ts";

/** A backward value with the rules and rewrites that produced it. */
export interface DerivedValue {
  readonly derivations: readonly RuleUse[];
  readonly rewrites: readonly RewriteUse[];
}

/**
 * The derivative rules in the order of application, which is the reverse of the forward pass. Each appears once per
 * forward value.
 */
export const rulesOf = (values: readonly DerivedValue[]): RuleUse[] =>
  distinct(
    values.flatMap(({ derivations }) => derivations),
    ({ rule, forward }) => `${rule} ${forward.text}`,
  ).sort((a, b) => b.position - a.position);

/** The rewrite rules in the order of application. Each appears once. */
export const rewritesOf = (values: readonly DerivedValue[]): RewriteUse[] =>
  distinct(
    values.flatMap(({ rewrites }) => rewrites),
    ({ rule }) => rule,
  );

const distinct = <T>(items: readonly T[], keyOf: (item: T) => string): T[] => {
  const keys = items.map(keyOf);
  return items.filter((_, i) => keys.indexOf(keys[i]) === i);
};
