// The verifier of graphs, with one malformed graph for each of its checks. If a test fails, the verifier
// accepts a graph that a pass has broken.
import { describe, expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Graph, Node, NodeOf } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import { createBuilder, ops } from "../../../src/compiler/ops/index.ts";

const g = createBuilder("f64");
const x = g.input({ name: "x", type: tensorType("f64", ["n", 4]) });
const y = g.exp(x);
const graph = makeGraph("small", [{ storage: "y", node: y }]);
const messages = (broken: Graph) =>
  verifyGraph(ops, broken).map(({ node, message }) => `${node}: ${message}`);

/** A node that was not created by the builder. */
const forged = (changes: Partial<NodeOf<"exp">>): Node => {
  const node: NodeOf<"exp"> = {
    op: "exp",
    operands: { x },
    attributes: {},
    type: x.type,
    origin: {},
    ...changes,
  };
  return node;
};
const withNode = (node: Node): Graph => makeGraph("broken", [{ storage: "y", node }]);

describe("verifyGraph", () => {
  it("finds no error in a graph from the builder", () => {
    expect(messages(graph)).toEqual([]);
  });
  it("reports an operand that comes after its reader, or is missing", () => {
    expect(messages({ ...graph, nodes: [y, x] })).toEqual([
      "%exp: f64[n,4] = exp %input: operand %input does not come before it",
    ]);
    expect(messages({ ...graph, nodes: [y] })).toEqual([
      "%exp: f64[n,4] = exp %absent: operand %absent does not come before it",
    ]);
  });
  it("reports a node that occurs twice", () => {
    expect(messages({ ...graph, nodes: [x, y, y] })).toHaveLength(1);
    expect(messages({ ...graph, nodes: [x, y, y] })[0]).toMatch(/exp.*the graph contains it twice/);
  });
  it("reports a type that differs from the shape rule's result", () => {
    expect(messages(withNode(forged({ type: tensorType("f64", ["n", 5]) })))).toEqual([
      "%exp: f64[n,5] = exp %input: its type should be f64[n,4]",
    ]);
    expect(messages(withNode(forged({ type: tensorType("f32", ["n", 4]) })))[0]).toMatch(
      /its type should be f64\[n,4\]/,
    );
  });
  it("reports operands that the shape rule rejects", () => {
    const integers = g.iota({ shape: [3], axis: 0 });
    const [message] = messages(withNode(forged({ operands: { x: integers }, type: integers.type })));
    expect(message).toMatch(/exp %iota: the operand must be real, not i32\[3\]/);
  });
  it("reports a missing attribute", () => {
    const sum: NodeOf<"reduceSum"> = {
      op: "reduceSum",
      operands: { x },
      attributes: { axes: [0] },
      type: tensorType("f64", [4]),
      origin: {},
    };
    const { axes: _, ...none } = sum.attributes;
    const bare: Graph = makeGraph("bare", [
      { storage: "y", node: { ...sum, attributes: { ...none, axes: [0] } } },
    ]);
    expect(messages(bare)).toEqual([]);
    const constant = g.number(1);
    const literal = Object.assign({}, constant, { attributes: Object.fromEntries([["element", "f64"]]) });
    expect(messages(makeGraph("bare", [{ storage: "y", node: literal }]))[0]).toMatch(
      /attributes are missing: value/,
    );
  });
  it("reports storage with two types", () => {
    const other = g.input({ name: "x", type: tensorType("f64", ["n", 4, 1]) });
    const both = makeGraph("both", [
      { storage: "a", node: g.exp(x) },
      { storage: "b", node: g.exp(other) },
    ]);
    expect(messages(both)).toEqual([
      '%input_2: f64[n,4,1] = input {"name":"x"}: another leaf of this storage has a different type',
    ]);
  });
  it("reports an output that is written twice, or is missing", () => {
    const twice = { ...graph, outputs: [...graph.outputs, ...graph.outputs] };
    expect(messages(twice)[0]).toMatch(/output y is written twice/);
    const absent = { ...graph, outputs: [{ storage: "z", node: g.sin(x) }] };
    expect(messages(absent)[0]).toMatch(/output z is not in the graph/);
  });
});
