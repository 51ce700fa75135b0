// Every rewrite rule on random graphs of its left-hand side, and on graphs that differ from the left-hand
// side in one detail. Operands have all sizes, and include infinities, NaN, signed zeros and subnormals. If a
// test fails, a rule changes results in a way that it does not declare, declares an effect that it does not
// have, or has a false equation.
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import { printGraph } from "../../../src/compiler/ir/text.ts";
import { rewriteGraph } from "../../../src/compiler/ir/builder.ts";
import { sameType } from "../../../src/compiler/ir/types.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import { createBuilder, ops } from "../../../src/compiler/ops/index.ts";
import { effects } from "../../../src/compiler/passes/rules/define.ts";
import type { Effect, Rule } from "../../../src/compiler/passes/rules/define.ts";
import { rules } from "../../../src/compiler/passes/simplify.ts";
import { Draw } from "../../support/draw.ts";
import { double, judge, single } from "../../support/rules/effects.ts";
import type { Precision } from "../../support/rules/effects.ts";
import { instances } from "../../support/rules/instances.ts";
import { nearMiss } from "../../support/rules/near-misses.ts";
import { draws, drawOperands } from "../../support/rules/operands.ts";
import { streamOf } from "../../support/tensors.ts";
import { stored, work } from "../../support/work.ts";

/** Rules that cost more alone, with the reason why they save work later. */
const investments: Readonly<Record<string, string>> = {
  "negate-before-view": "minus signs move outward to where they cancel or become subtractions",
  "normalise-exponentials": "the softmax is the one of the forward part, and is shared",
};

/** `SOAK=20` tries 20 times as many graphs. */
const count = 100 * Number(process.env.SOAK ?? 1);

const applied = (graph: Graph, rule: Rule, d: Draw): Graph =>
  rewriteGraph(graph, d.g, (node, g) => rule.apply(node, g) ?? node);

/** The observations about one rule. */
interface Seen {
  /** Each effect with the first case that shows it. */
  readonly effects: Map<Effect, string>;
  readonly faults: string[];
  refused: number;
  differing: number;
  unbounded: number;
  /** The first graph that cost more after the rule. */
  dearer?: string;
}

function compare(before: Graph, after: Graph, d: Draw, precision: Precision, seen: Seen): void {
  expect(verifyGraph(ops, after), printGraph(after)).toEqual([]);
  expect(sameType(after.outputs[0].node.type, before.outputs[0].node.type), printGraph(after)).toBe(true);
  const random = streamOf(d.below(1e9));
  for (const mixture of draws) {
    const rows = 1 + random.below(3);
    const operands = drawOperands(before, rows, mixture, random);
    const judgement = judge(before, after, operands, rows, precision);
    const shown = (text: string) => `${text}\n${printGraph(before)}\n${printGraph(after)}`;
    for (const [effect, text] of judgement.effects)
      if (!seen.effects.has(effect)) seen.effects.set(effect, shown(`${effect}: ${text}`));
    if (judgement.faults.length > 0) seen.faults.push(shown(judgement.faults[0]));
    seen.differing += judgement.differing;
    seen.unbounded += judgement.unbounded;
  }
}

function tried(rule: Rule, precision: Precision, seen: Seen): void {
  const make = instances[rule.name];
  for (let i = 0; i < count; i++) {
    const d = new Draw(createBuilder(precision.float), streamOf(1000 * i + 7));
    const before = makeGraph("rule", [{ storage: "z", node: make(d) }]);
    const after = applied(before, rule, d);
    expect(after, `${rule.name} does not apply to\n${printGraph(before)}`).not.toBe(before);
    compare(before, after, d, precision, seen);
    const [was, is] = [before, after].map((graph) => work(graph) + stored(graph));
    if (is > was)
      seen.dearer ??= `work grew from ${was} to ${is}\n${printGraph(before)}\n${printGraph(after)}`;
    const missed = nearMiss(d, before);
    if (missed === undefined) continue;
    const rewritten = applied(missed, rule, d);
    if (rewritten === missed) seen.refused++;
    else compare(missed, rewritten, d, precision, seen);
  }
}

const known = Object.keys(effects);
const inOrder = (list: Iterable<Effect>) => [...list].sort((a, b) => known.indexOf(a) - known.indexOf(b));

describe.each(rules)("$name", (rule) => {
  it("has exactly its declared effects on random operands, and costs no more", () => {
    expect(Object.keys(instances), `${rule.name} has no random instances`).toContain(rule.name);
    const seen: Seen = { effects: new Map(), faults: [], refused: 0, differing: 0, unbounded: 0 };
    for (const precision of [double, single]) tried(rule, precision, seen);
    expect(seen.faults.slice(0, 3).join("\n\n")).toBe("");
    const declared: readonly Effect[] = rule.fast ?? [];
    const undeclared = [...seen.effects].filter(([effect]) => !declared.includes(effect));
    expect(undeclared.map(([, text]) => text).join("\n\n")).toBe("");
    expect(inOrder(seen.effects.keys())).toEqual(declared);
    expect(seen.refused, "no near miss was refused").toBeGreaterThan(0);
    expect(seen.unbounded, "too many differences have no bound").toBeLessThanOrEqual(0.05 * seen.differing);
    if (rule.name in investments) expect(seen.dearer).toBeDefined();
    else expect(seen.dearer ?? "").toBe("");
  });
});
