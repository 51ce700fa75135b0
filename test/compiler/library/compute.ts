// Runs a small composition in the reference interpreter: its values, and the derivative of their sum.
import type { GraphBuilder } from "../../../src/compiler/ir/builder.ts";
import { collectNodes, makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { gradientsOf } from "../../../src/compiler/passes/derivatives/gradients-of.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";

type Build = (g: GraphBuilder, x: Node) => Node;

/** y = f(x) and dΣy/dx for a list x. `build` gets x as a tensor [1, length]. */
export function computed(build: Build, x: readonly number[]): { y: number[]; dx: number[] } {
  const g = createBuilder("f64");
  const input = g.parameter({ name: "x", type: tensorType("f64", [1, x.length]) });
  const y = build(g, input);
  const sum = g.reduceSum(y, { axes: y.type.shape.map((_, axis) => axis) });
  const [dx] = gradientsOf(sum, [input], collectNodes([{ storage: "sum", node: sum }]), g);
  const outputs = [{ storage: "y", node: y }, ...(dx === undefined ? [] : [{ storage: "dx", node: dx }])];
  const storage = new Map([["x", { shape: [1, x.length], data: Float64Array.from(x) }]]);
  const found = interpret(makeGraph("test", outputs), storage, 1);
  return { y: [...(found.get("y")?.data ?? [])], dx: [...(found.get("dx")?.data ?? x.map(() => 0))] };
}

/** The value of a composition of one scalar. */
export const scalar = (build: Build, x: number): number =>
  computed((g, node) => build(g, g.reshape(node, { shape: [] })), [x]).y[0];
