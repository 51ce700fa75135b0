// The text form of graphs. If a test fails, a dump does not show the graph, or the text in a test denotes
// another graph.
import { describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import { GraphSyntaxError, parseGraph, printGraph } from "../../../src/compiler/ir/text.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";

const g = createBuilder("f32");
const parse = (text: string) => parseGraph(text, createBuilder("f32"));

const example = `graph small
%x: f32[n,4] = input {"name":"x"}
%dense1.weight: f32[4,2] = parameter {"name":"dense1.weight"}   // dense1
%h: f32[n,2] = contract %x, %dense1.weight {"sumX":[1],"sumY":[0]}   // dense1
%padded: f32[n,3] = pad %h {"before":[0,1],"after":[0,0],"value":"-0"}
%low: f32[] = constant {"value":"-Infinity","element":"f32"}
output "result:h" = %padded
output "odd \\"name\\"" = %low
`;

describe("print and parse", () => {
  it("are inverse on a graph with comments, odd numbers and odd names", () => {
    expect(printGraph(parse(example))).toBe(example);
  });
  it("numbers names that collide, in graph order, and avoids names that exist", () => {
    const x = g.input({ name: "x", type: tensorType("f32", []) });
    const node = g.add(g.named("exp_2", g.exp(x)), g.add(g.exp(g.exp(x)), g.named("exp_2", g.exp(x))));
    const names = printGraph(makeGraph("names", [{ storage: "z", node }])).match(/^%[^:]+/gm);
    expect(names).toEqual(["%input", "%exp_2", "%exp", "%exp_3", "%exp_2_2", "%add", "%add_2"]);
  });
  it("names values after layer and composite, and parts of a derivative after the derivative", () => {
    const x = g.input({ name: "x", type: tensorType("f32", []) });
    const e = g.within({ layer: "out", composite: "softmax" }, () => g.exp(x));
    const d = g.within({ forward: e, rule: "exp.vjp" }, () => g.multiply(e, e));
    expect(printGraph(makeGraph("names", [{ storage: "d", node: d }]))).toMatch(
      /^%product_in_d_out_softmax: /m,
    );
  });
});

describe("a syntax error names the line and the reason", () => {
  const rows: readonly (readonly [name: string, text: string, message: string])[] = [
    ["nonsense", "%x f32", "line 1: not a node: %x f32"],
    ["an unknown op", "%x: f32[] = sinh", "line 1: unknown op sinh: %x: f32[] = sinh"],
    ["an unknown operand", "%y: f32[] = exp %x", "line 1: %x is not defined above: %y: f32[] = exp %x"],
    ["an unknown output", '\noutput "y" = %y', 'line 2: %y is not defined above: output "y" = %y'],
    [
      "a type that differs from the op's result",
      "%x: f32[4] = input\n%y: f32[3] = exp %x",
      "line 2: the type must be f32[4]: %y: f32[3] = exp %x",
    ],
  ];
  it.each(rows)("%s", (_, text, message) => {
    expect(() => parse(text)).toThrow(GraphSyntaxError);
    expect(() => parse(text)).toThrow(message);
  });
  it("the shape rule is checked as usual", () => {
    expect(() => parse("%x: i32[4] = input\n%y: i32[4] = exp %x")).toThrow(DiagnosticError);
  });
});
