// Expressions as TypeScript, whose results must equal those of the loop interpreter. If a test fails,
// brackets are missing, or an operator has another meaning in JavaScript.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expressionText } from "../../../../src/compiler/emit/typescript/expressions.ts";
import type { Scope } from "../../../../src/compiler/emit/typescript/expressions.ts";
import { allocateBuffers } from "../../../../src/compiler/loop/evaluate-expressions.ts";
import { evaluateProgram } from "../../../../src/compiler/loop/evaluate.ts";
import {
  binary,
  call,
  convert,
  equal,
  integer,
  less,
  lessEqual,
  number,
  select,
  variable,
} from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { define, store } from "../../../../src/compiler/loop/statements.ts";
import { buffer, program } from "../../../support/loop-program.ts";
import { often } from "../../../support/random-graph.ts";

const scope: Scope = {
  nameOf: (name) => name,
  elementText: (_, at) => `f[${at.join(", ")}]`,
  readMark: "!",
  uses: () => undefined,
};

/**
 * Expressions of real numbers and of integers, and conditions, over a and b (real) and i (integer), up to a
 * depth.
 */
const { real, whole, condition } = fc.letrec<{ real: Expression; whole: Expression; condition: Expression }>(
  (tie) => ({
    real: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        variable("a", "f64"),
        variable("b", "f64"),
        number(-1.5, "f64"),
        number(-0, "f64"),
        number(2, "f64"),
      ),
      fc
        .tuple(fc.constantFrom("+", "-", "*", "/"), tie("real"), tie("real"))
        .map(([op, x, y]) => binary(op, x, y)),
      tie("real").map((x): Expression => ({ kind: "negate", x, type: "f64" })),
      tie("real").map((x) => call("absolute", [x], "f64")),
      fc.tuple(tie("real"), tie("real")).map(([x, y]) => call("maximum", [x, y], "f64")),
      fc.tuple(tie("condition"), tie("real"), tie("real")).map(([c, x, y]) => select(c, x, y)),
      tie("condition").map((c) => convert(c, "f64")),
      tie("whole").map((x) => convert(x, "f64")),
    ),
    whole: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(variable("i", "i32"), integer(0), integer(3), integer(-2)),
      fc
        .tuple(fc.constantFrom("+", "-", "*"), tie("whole"), tie("whole"))
        .map(([op, x, y]) => binary(op, x, y)),
      fc
        .tuple(fc.constantFrom("quotient", "remainder"), tie("whole"))
        .map(([op, x]) => binary(op, x, integer(4))),
      tie("real").map((x) => convert(x, "i32")),
    ),
    condition: fc.oneof(
      { maxDepth: 5 },
      fc.tuple(tie("real"), tie("real")).map(([x, y]) => less(x, y)),
      fc.tuple(tie("real"), tie("real")).map(([x, y]) => lessEqual(x, y)),
      fc.tuple(tie("whole"), tie("whole")).map(([x, y]) => equal(x, y)),
      fc.tuple(tie("condition"), tie("condition")).map(([x, y]) => binary("and", x, y)),
      tie("real").map((x) => convert(x, "bool")),
    ),
  }),
);

const values = { a: 1.25, b: -3.5, i: 7 };

/** The result of the loop interpreter. */
function interpreted(x: Expression): number {
  const body = [
    define("a", number(values.a, "f64")),
    define("b", number(values.b, "f64")),
    define("i", integer(values.i)),
    store("y", [], convert(x, "f64")),
  ];
  const loops = program(body, buffer("y", []));
  const memory = allocateBuffers(loops.buffers, 1);
  evaluateProgram(loops, memory, { rows: 1, batchSize: 1 });
  return memory.get("y")?.[0] ?? NaN;
}

/** The result in JavaScript. */
function ran(x: Expression): number {
  const result: unknown = new Function("a", "b", "i", `"use strict"; return ${expressionText(x, scope)};`)(
    values.a,
    values.b,
    values.i,
  );
  return Number(result);
}

describe("expressionText", () => {
  it.each([
    ["real", real],
    ["whole", whole],
    ["condition", condition],
  ] as const)("%s expressions", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (x) => {
        const [expected, actual] = [interpreted(x), ran(x)];
        // Integer arithmetic has only one zero.
        expect(
          Object.is(actual, expected) || (x.type !== "f64" && actual === expected),
          expressionText(x, scope),
        ).toBe(true);
      }),
      often(1000, 1),
    );
  });
  it("adds no brackets that mathematical notation would leave out", () => {
    const [a, b] = [variable("a", "f64"), variable("b", "f64")];
    expect(expressionText(binary("+", binary("*", a, b), b), scope)).toBe("a * b + b");
    expect(expressionText(binary("*", binary("+", a, b), b), scope)).toBe("(a + b) * b");
    expect(expressionText(binary("-", a, binary("-", b, a)), scope)).toBe("a - (b - a)");
    expect(expressionText(binary("/", a, binary("*", b, a)), scope)).toBe("a / (b * a)");
    expect(
      expressionText({ kind: "negate", x: { kind: "negate", x: a, type: "f64" }, type: "f64" }, scope),
    ).toBe("-(-a)");
  });
});
