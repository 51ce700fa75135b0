// The text form of loops. If a test fails, `inspect --show kernels` does not show the loops that run.
import { describe, expect, it } from "vitest";
import {
  binary,
  call,
  convert,
  integer,
  number,
  rows,
  select,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { printExpression, printKernel } from "../../../src/compiler/loop/print.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";

const x = variable("x", "f32");
const y = variable("y", "f32");

describe("expressions", () => {
  it.each<[string, Expression]>([
    ["x - (y - x)", binary("-", x, binary("-", y, x))],
    ["x - y - x", binary("-", binary("-", x, y), x)],
    ["(x + y) * x", binary("*", binary("+", x, y), x)],
    ["x + y * x", binary("+", x, binary("*", y, x))],
    ["-(x + y)", { kind: "negate", x: binary("+", x, y), type: "f32" }],
    ["x < y ? exp(x) : -0", select(binary("<", x, y), call("exp", [x], "f32"), number(-0, "f32"))],
    ["1 + (x < y ? x : y)", binary("+", number(1, "f32"), select(binary("<", x, y), x, y))],
    ["f64(x)", convert(x, "f64")],
    ["n div 4 * 4", binary("*", binary("quotient", rows, integer(4)), integer(4))],
  ])("%s", (text, expression) => {
    expect(printExpression(expression)).toBe(text);
  });
});

it("a kernel is printed after the nodes that it implements, with roles, types and steps", () => {
  const i = variable("i", "i32");
  const load: Expression = { kind: "load", buffer: "a", at: [i], type: "f32" };
  const text = printKernel({
    name: "total",
    provenance: [
      {
        node: undefined,
        text: "total = Σ a",
        value: "total",
        isCopy: false,
        layer: undefined,
        gradientOf: "loss",
        rule: "add.vjp",
        path: undefined,
        flops: 8,
        flopsByLayer: new Map(),
      },
    ],
    body: [
      define("sum", number(0, "f32"), true),
      loop("i", "n", "reduction", [assign("sum", binary("+", variable("sum", "f32"), load))]),
      store("total", [], variable("sum", "f32")),
    ],
  });
  expect(text).toBe(
    [
      "kernel total",
      "  // total = Σ a   [add.vjp of loss]",
      "  var sum: f32 = 0",
      "  for i in 0 .. n: reduction",
      "    sum = sum + a[i]",
      "  total[] = sum",
    ].join("\n"),
  );
});
