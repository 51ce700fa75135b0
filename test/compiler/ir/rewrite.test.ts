// The rewrite engine. If a test fails, a pass copies unchanged nodes, loses the origin of a value, or leaves
// outdated types.
import { describe, expect, it } from "vitest";
import { collectNodes, makeGraph, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import { rewriteGraph } from "../../../src/compiler/ir/builder.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";

const g = createBuilder("f64");
const x = g.input({ name: "x", type: tensorType("f64", [4]) });

describe("rewriteGraph", () => {
  it("returns the same graph if nothing changes", () => {
    const graph = makeGraph("same", [{ storage: "y", node: g.exp(g.sin(x)) }]);
    expect(rewriteGraph(graph, g, (node) => node)).toBe(graph);
  });
  it("shares the nodes above a change, and rebuilds those below with name and origin", () => {
    const sine = g.sin(x);
    const root = g.within({ layer: "hidden" }, () => g.named("root", g.sqrt(g.negate(sine))));
    const graph = makeGraph("change", [{ storage: "y", node: root }]);
    const after = rewriteGraph(graph, g, (node) =>
      node.op === "negate" ? g.absolute(node.operands.x) : node,
    );
    const [{ node }] = after.outputs;
    expect([node.op, node.name, node.origin.layer]).toEqual(["sqrt", "root", "hidden"]);
    expect(operandsOf(node)[0].op).toBe("absolute");
    expect(after.nodes[1]).toBe(sine);
  });
  it("passes each node with rewritten operands, and infers types again", () => {
    const total = g.reduceSum(g.transpose(g.reshape(x, { shape: [2, 2] }), { permutation: [1, 0] }), {
      axes: [0],
    });
    const graph = makeGraph("types", [{ storage: "y", node: g.negate(total) }]);
    const after = rewriteGraph(graph, g, (node) =>
      node.op === "reshape" ? g.reshape(node.operands.x, { shape: [1, 4] }) : node,
    );
    expect(after.outputs[0].node.type.shape).toEqual([1]);
  });
  it("visits a value with many readers once", () => {
    let visits = 0;
    const shared = g.exp(x);
    const graph = makeGraph("shared", [{ storage: "y", node: g.add(shared, shared) }]);
    rewriteGraph(graph, g, (node) => {
      if (node.op === "exp") visits++;
      return node;
    });
    expect(visits).toBe(1);
  });
});

describe("collectNodes", () => {
  it("puts operands first, each node once, and does not overflow on a deep network", () => {
    let node: Node = x;
    for (let depth = 0; depth < 20_000; depth++) node = g.negate(node);
    const nodes = collectNodes([{ storage: "y", node }]);
    expect(nodes.length).toBe(20_001);
    expect(nodes[0]).toBe(x);
    expect(nodes.at(-1)).toBe(node);
  });
});
