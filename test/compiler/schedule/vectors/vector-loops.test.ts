// The recognition of the value that a sum adds in each step. If a test fails, a sum on vectors adds values
// that differ from those of the scalar loop.
import { expect, it } from "vitest";
import { binary, call, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { expressionText } from "../../../../src/compiler/emit/typescript/expressions.ts";
import type { Scope } from "../../../../src/compiler/emit/typescript/expressions.ts";
import { assign } from "../../../../src/compiler/loop/statements.ts";
import { accumulationOf } from "../../../../src/compiler/schedule/vectors/vector-loops.ts";

const scope: Scope = {
  nameOf: (name) => name,
  elementText: (_, at) => `f[${at.join(", ")}]`,
  readMark: "",
  uses: () => undefined,
};
const [s, a, b] = [variable("s", "f64"), variable("a", "f64"), variable("b", "f64")];

/** `+ a` for s = s + a. */
function stepOf(value: Expression): string | undefined {
  const step = accumulationOf(assign("s", value));
  return step && `${step.operator} ${expressionText(step.value, scope)}`;
}

it("finds what is added, with either sign", () => {
  expect(stepOf(binary("+", s, a))).toBe("+ a");
  expect(stepOf(binary("-", s, a))).toBe("+ -a");
  expect(stepOf(binary("+", binary("+", s, a), b))).toBe("+ a + b");
  expect(stepOf(binary("+", binary("-", s, a), b))).toBe("+ -a + b");
  expect(stepOf(binary("-", binary("+", s, a), b))).toBe("+ a - b");
  expect(stepOf(call("maximum", [a, s], "f64"))).toBe("maximum a");
});

it("finds nothing if the sum is also read in another way", () => {
  expect(stepOf(binary("+", s, s))).toBeUndefined();
  expect(stepOf(binary("*", s, a))).toBeUndefined();
  expect(stepOf(binary("-", a, s))).toBeUndefined();
  expect(stepOf(binary("+", s, binary("*", s, a)))).toBeUndefined();
});
