// Statements as TypeScript. If a test fails, the emitted code stores values that differ from those of the
// loop interpreter.
import { expect, it } from "vitest";
import type { Scope } from "../../../../src/compiler/emit/typescript/expressions.ts";
import { MarkingWriter } from "../../../../src/compiler/emit/typescript/line-origins.ts";
import { writeStatements } from "../../../../src/compiler/emit/typescript/statements.ts";
import { binary, variable } from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { assign, store } from "../../../../src/compiler/loop/statements.ts";
import type { Statement } from "../../../../src/compiler/loop/types.ts";

const scope: Scope = {
  nameOf: (name) => name,
  elementText: (_, at) => `f[${at.join(", ")}]`,
  readMark: "!",
  uses: () => undefined,
};

function textOf(statement: Statement): string {
  const writer = new MarkingWriter();
  writeStatements(writer, [statement], scope, () => undefined);
  return writer.markedText().text.trim();
}

const [i, j] = [variable("i", "i32"), variable("j", "i32")];
const e = variable("e", "f64");
const at = (index: Expression): Expression => ({ kind: "load", buffer: "y", at: [index], type: "f64" });

it("adds in place only to the element that is stored, and only for sums", () => {
  expect(textOf(store("y", [i], binary("+", at(i), e)))).toBe("f[i]! += e;");
  expect(textOf(store("y", [i], binary("+", at(j), e)))).toBe("f[i] = f[j]! + e;");
  expect(textOf(store("y", [i], binary("+", e, at(i))))).toBe("f[i] = e + f[i]!;");
  expect(textOf(store("y", [i], binary("*", at(i), e)))).toBe("f[i] = f[i]! * e;");
});

it("adds in place only to the variable that is assigned", () => {
  const [sum, other] = [variable("sum", "f64"), variable("other", "f64")];
  expect(textOf(assign("sum", binary("+", sum, e)))).toBe("sum += e;");
  expect(textOf(assign("sum", binary("+", other, e)))).toBe("sum = other + e;");
});
