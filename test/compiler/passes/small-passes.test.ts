// The passes that remove dead nodes and stop-gradient marks, and the interaction of rules. If a test fails,
// an unneeded node remains, or a needed one is removed.
import { describe, expect, it } from "vitest";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import type { Pass } from "../../../src/compiler/passes/define.ts";
import { eraseStopGradients } from "../../../src/compiler/passes/erase-stop-gradients.ts";
import { removeDeadNodes } from "../../../src/compiler/passes/remove-dead-nodes.ts";
import { simplify } from "../../../src/compiler/passes/simplify.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";

const after = (pass: Pass, text: string, exact = false): string =>
  plainText(pass.run(graphFrom(text), createBuilder("f64"), { exact }));

describe("erase-stop-gradients", () => {
  it("replaces a mark by its value, also if marks are nested", () => {
    expect(
      after(
        eraseStopGradients,
        `%a: f64[n,4] = stopGradient %x
         %b: f64[n,4] = stopGradient %a
         %z: f64[n,4] = multiply %x, %b`,
      ),
    ).toMatchInlineSnapshot(`
      "%0: f64[n,4] = multiply %x, %x
      output "z" = %0"
    `);
  });
  it("replaces a difference that only carries a derivative by 0, because an infinite x would make it NaN", () => {
    expect(
      after(
        eraseStopGradients,
        `%a: f64[n,4] = stopGradient %x
         %z: f64[n,4] = subtract %x, %a`,
      ),
    ).toMatchInlineSnapshot(`
      "%0: f64[] = constant {"value":0,"element":"f64"}
      %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
      output "z" = %1"
    `);
  });
});

describe("remove-dead-nodes", () => {
  it("keeps what an output needs, and nothing else", () => {
    const graph = graphFrom("%dead: f64[n,4] = exp %x\n%z: f64[n,4] = negate %x");
    const g = createBuilder("f64");
    const littered = { ...graph, nodes: [...graph.nodes, g.number(7), g.exp(graph.nodes[0])] };
    const clean = removeDeadNodes.run(littered, g, { exact: true });
    expect(clean.nodes.map(({ op }) => op)).toEqual(["input", "negate"]);
    expect(clean.nodes.every((node) => graph.nodes.includes(node))).toBe(true);
  });
});

describe("simplify", () => {
  it("applies rules to the results of rules, until none applies", () => {
    expect(
      after(
        simplify,
        `%1: f64[] = constant {"value":1,"element":"f64"}
         %0: f64[] = constant {"value":0,"element":"f64"}
         %ones: f64[n,4] = broadcast %1 {"shape":["n",4]}
         %zeros: f64[n,4] = broadcast %0 {"shape":["n",4]}
         %a: f64[n,4] = multiply %x, %ones
         %b: f64[n,4] = add %a, %zeros
         %c1: f64[n,4] = negate %b
         %d: f64[n,4] = negate %c1
         %z: f64[n,4] = subtract %d, %zeros`,
      ),
    ).toMatchInlineSnapshot(`"output "z" = %x"`);
  });
  it("applies no rule that could change a bit, if it must be exact", () => {
    const text = `
      %0: f64[] = constant {"value":0,"element":"f64"}
      %zeros: f64[n,4] = broadcast %0 {"shape":["n",4]}
      %z: f64[n,4] = add %x, %zeros`;
    expect(after(simplify, text, true)).toBe(plainText(graphFrom(text)));
    expect(after(simplify, text)).toMatchInlineSnapshot(`"output "z" = %x"`);
  });
  it("records which rules made a node, and keeps its name", () => {
    const graph = graphFrom("%n1: f64[n,4] = negate %y\n%z: f64[n,4] = add %x, %n1");
    const [{ node }] = simplify.run(graph, createBuilder("f64"), { exact: true }).outputs;
    expect([node.op, node.name, node.origin.rewrites]).toEqual([
      "subtract",
      "z",
      [{ rule: "add-negated", pass: "simplify" }],
    ]);
  });
  it("computes a bias gradient's factor once: the sum over rows comes before the product", () => {
    expect(
      after(
        simplify,
        `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
         %p: f64[n,4] = multiply %f, %x
         %z: f64[4] = reduceSum %p {"axes":[0]}`,
      ),
    ).toMatchInlineSnapshot(`
      "%0: f64[4] = broadcast %c {"shape":[4]}
      %1: f64[4] = reduceSum %x {"axes":[0]}
      %2: f64[4] = multiply %0, %1
      output "z" = %2"
    `);
  });
});
