// Strength reduction, which replaces addresses that grow by a constant with pointers. If a test fails, a
// pointer has a wrong start or a wrong increment.
import { expect, it } from "vitest";
import { add, integer, multiply, number, variable } from "../../../../src/compiler/loop/expressions.ts";
import { printStatements } from "../../../../src/compiler/loop/print.ts";
import { loop, store } from "../../../../src/compiler/loop/statements.ts";
import type { For, Kernel } from "../../../../src/compiler/loop/types.ts";
import { kernelContext } from "../../../support/stages.ts";
import { reduceStrength } from "../../../../src/compiler/schedule/vectors/reduce-strength.ts";

const i = variable("i", "i32");
const stores = store("y", [add(variable("start", "i32"), multiply(i, integer(8)))], number(1, "f64"));
const rows = { ...(loop("i", 4, "parallel", [stores]) as For), step: 2 };
const stepped = (facts: Partial<Kernel>) => {
  const kernel: Kernel = { name: "kernel", body: [rows], provenance: [], ...facts };
  return printStatements(
    reduceStrength.ofKernel(
      kernel,
      kernelContext((base) => base),
    ).body,
  );
};

it("a pointer grows with its loop's step, and is initialised before the loop", () => {
  const lines = stepped({});
  expect(lines.join("\n")).toContain("y[p]");
  expect(lines.filter((line) => line.includes("p = p + 16"))).toHaveLength(1);
  expect(lines[0]).toContain("p");
});

it("the outermost loop of a kernel that threads share has no pointer, because each part starts elsewhere", () => {
  expect(stepped({ split: { multiple: 2 } })).toEqual(printStatements([rows]));
});
