// The passes that claim to preserve every bit, on the random graphs of the rewrite rules with operands of all
// kinds. If a test fails, a pass folds a value that is not constant, or shares two values that differ.
import { describe, expect, it } from "vitest";
import { rewriteGraph, withOperands } from "../../../src/compiler/ir/builder.ts";
import { makeGraph, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node } from "../../../src/compiler/ir/nodes.ts";
import { printGraph } from "../../../src/compiler/ir/text.ts";
import { sizeOf } from "../../../src/compiler/ir/types.ts";
import { createBuilder, hasTrait } from "../../../src/compiler/ops/index.ts";
import type { Pass } from "../../../src/compiler/passes/define.ts";
import { eraseStopGradients } from "../../../src/compiler/passes/erase-stop-gradients.ts";
import { foldConstants } from "../../../src/compiler/passes/fold-constants.ts";
import { scalarOf } from "../../../src/compiler/passes/rules/define.ts";
import { shareSubexpressions } from "../../../src/compiler/passes/share-subexpressions.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { Draw } from "../../support/draw.ts";
import { instances } from "../../support/rules/instances.ts";
import { nearMiss } from "../../support/rules/near-misses.ts";
import { draws, drawOperands } from "../../support/rules/operands.ts";
import { isIdentical, streamOf } from "../../support/tensors.ts";

const numbers = [0, -0, 1, -1, 2, 0.1, -3.5, 1e300, 1e-300, 5e-324, Infinity, -Infinity, NaN];

/** The number of graphs per rule and pass. */
const count = 12 * Number(process.env.SOAK ?? 1);

/** Random graphs: the left-hand sides of all rules, and graphs that nearly match. */
function* graphs(): Generator<readonly [Draw, Graph]> {
  for (const [at, make] of Object.values(instances).entries())
    for (let i = 0; i < count; i++) {
      const d = new Draw(createBuilder("f64"), streamOf(1000 * at + i));
      const graph = makeGraph("graph", [{ storage: "z", node: make(d) }]);
      yield [d, (d.chance(0.5) ? nearMiss(d, graph) : undefined) ?? graph];
    }
}

function applied(pass: Pass, before: Graph, d: Draw): Graph {
  const after = pass.run(before, d.g, { exact: true });
  const random = streamOf(d.below(1e9));
  for (const mixture of draws) {
    const rows = 1 + random.below(3);
    const operands = drawOperands(before, rows, mixture, random);
    const actual = interpret(after, operands, rows);
    for (const [name, expected] of interpret(before, operands, rows)) {
      const found = actual.get(name);
      const same = found !== undefined && isIdentical(found, expected);
      expect(same, `${name} changed\n${printGraph(before)}\n${printGraph(after)}`).toBe(true);
    }
  }
  return after;
}

/** A node in place of a leaf. Its elements are constants, at least in part. */
function constantLike(d: Draw, { type: { shape } }: Node): Node {
  const whole = d.constant(d.pick(numbers), shape);
  const axis = shape.findIndex((size) => typeof size === "number" && size > 1);
  if (axis < 0 || d.chance(0.5)) return whole;
  const part = (size: number) => d.constant(d.pick(numbers.slice(0, 4)), shape.with(axis, size));
  const size = sizeOf([shape[axis]], 1);
  if (d.chance(0.6)) return d.g.concat(part(1), part(size - 1), { axis });
  const [none, one] = [0, 1].map((by) => shape.map((_, other) => (other === axis ? by : 0)));
  return d.g.pad(part(size - 1), { before: none, after: one, value: d.pick([0, -0, 1]) });
}

describe("fold-constants", () => {
  it("keeps all bits, and folds all functions of constants", () => {
    let folded = 0;
    for (const [d, graph] of graphs()) {
      const isReplaced = (node: Node) => node.op === "input" && node.type.element === "f64" && d.chance(0.7);
      const before = rewriteGraph(graph, d.g, (node) => (isReplaced(node) ? constantLike(d, node) : node));
      const after = applied(foldConstants, before, d);
      if (after !== before) folded++;
      for (const node of after.nodes)
        if (hasTrait(node, "pointwise") && node.type.element !== "bool")
          expect(
            operandsOf(node).every((x) => scalarOf(x) !== undefined),
            printGraph(after),
          ).toBe(false);
    }
    expect(folded).toBeGreaterThan(100);
  });
});

/** A copy of the graph whose nodes compute the same values; commutative operands may be swapped. */
function copied(d: Draw, graph: Graph): Graph {
  return rewriteGraph(graph, d.g, (node) => {
    if (hasTrait(node, "leaf")) return node;
    const operands = operandsOf(node);
    return withOperands(d.g, node, hasTrait(node, "commutative") ? d.shuffled(operands) : operands);
  });
}

const both = (graph: Graph, other: Graph): Graph =>
  makeGraph(
    "both",
    [graph, other].map((each, i) => ({ storage: `z${i}`, node: each.outputs[0].node })),
  );

describe("share-subexpressions", () => {
  it("computes copies once", () => {
    for (const [d, graph] of graphs()) {
      const [first, second] = applied(shareSubexpressions, both(graph, copied(d, graph)), d).outputs;
      expect(first.node, printGraph(graph)).toBe(second.node);
    }
  });
  it("does not share values that differ in an operand, an attribute or a number", () => {
    let apart = 0;
    for (const [d, graph] of graphs()) {
      const other = nearMiss(d, copied(d, graph));
      if (other === undefined) continue;
      const [first, second] = applied(shareSubexpressions, both(graph, other), d).outputs;
      if (first.node !== second.node) apart++;
    }
    expect(apart).toBeGreaterThan(100);
  });
});

/**
 * Graphs without x − x: erasing the marks replaces it by 0, because it only carries a derivative; see
 * small-passes.test.ts.
 */
const isDifferenceOfSame = (node: Node): boolean =>
  node.op === "subtract" && node.operands.x === node.operands.y;

describe("erase-stop-gradients", () => {
  it("erases all marks and keeps all bits", () => {
    for (const [d, graph] of graphs()) {
      if (graph.nodes.some(isDifferenceOfSame)) continue;
      const isMarked = (node: Node) => node.type.element === "f64" && d.chance(0.4);
      const before = rewriteGraph(graph, d.g, (node) => (isMarked(node) ? d.g.stopGradient(node) : node));
      const after = applied(eraseStopGradients, before, d);
      expect(after.nodes.filter(({ op }) => op === "stopGradient")).toEqual([]);
    }
  });
});
