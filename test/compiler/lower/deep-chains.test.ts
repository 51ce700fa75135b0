// Long chains of functions. If a test fails, a long chain becomes one deeply nested expression, which
// overflows the stack of recursive traversals.
import { expect, it } from "vitest";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { children } from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { expressionsOf, visitStatements } from "../../../src/compiler/loop/statements.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { lowered, runLoops } from "../../support/run-loops.ts";
import { tensor } from "../../support/tensors.ts";

const depthOf = (x: Expression): number => 1 + Math.max(0, ...children(x).map(depthOf));

it("two thousand functions in a row become expressions of limited depth, with the same values", () => {
  const g = createBuilder("f64");
  let node = g.input({ name: "x", type: tensorType("f64", ["n", 2]) });
  for (let k = 0; k < 2000; k++) node = k % 2 === 0 ? g.tanh(node) : g.multiply(1.5, node);
  const graph = makeGraph("deep", [{ storage: "z", node }]);
  const program = lowered(graph, { batchSize: 3 });
  let deepest = 0;
  for (const { body } of program.program.kernels)
    visitStatements(body, (s) => (deepest = Math.max(deepest, ...expressionsOf(s).map(depthOf))));
  expect(deepest).toBeGreaterThan(10);
  expect(deepest).toBeLessThan(150);
  const values = new Map([["x", tensor([3, 2], [0.1, -0.2, 0.3, 1, -2, 3])]]);
  const found = runLoops(program, values, 3).get("z");
  expect([...(found?.data ?? [])]).toEqual([...(interpret(graph, values, 3).get("z")?.data ?? [])]);
});
