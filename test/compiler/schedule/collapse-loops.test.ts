// Merging two loops of a sum into one. If a test fails, a sum runs over wrong elements, or short loops are
// not merged.
import { describe, expect, it } from "vitest";
import { add, integer, multiply, variable } from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { printStatements } from "../../../src/compiler/loop/print.ts";
import { assign, loop } from "../../../src/compiler/loop/statements.ts";
import type { KernelContext } from "../../../src/compiler/stages/loops.ts";
import { collapseLoops } from "../../../src/compiler/schedule/collapse-loops.ts";
import { buffer, load } from "../../support/loop-program.ts";

const [i, q, c, sum] = [
  variable("i", "i32"),
  variable("q", "i32"),
  variable("c", "i32"),
  variable("s", "f64"),
];
const options: KernelContext = {
  batchSize: 2,
  float: "f64",
  fresh: (base) => base,
  buffers: new Map(
    [buffer("x", ["n", 8, 6]), buffer("w", [5, 6]), buffer("v", [6])].map((each) => [each.name, each]),
  ),
};
const windowed = load("x", [i, add(integer(2), q), c]);
/** Σ over q < 5 and c < `channels`. */
const collapsed = (
  value: Expression,
  channels = 6,
  role: "reduction" | "sequential" = "reduction",
): string => {
  const body = [loop("q", 5, role, [loop("c", channels, role, [assign("s", add(sum, value))])])];
  return printStatements(collapseLoops.ofKernel({ name: "k", body, provenance: [] }, options).body).join(
    "\n",
  );
};

describe("collapse-loops", () => {
  it("a window's rows and their channels are adjacent: one loop", () => {
    expect(collapsed(multiply(windowed, load("w", [q, c])))).toMatchInlineSnapshot(`
      "for c in 0 .. 30: reduction
        s = s + x[i, 2, c] * w[0, c]"
    `);
  });
  it.each<readonly [why: string, text: string]>([
    ["part of the channels leaves gaps", collapsed(multiply(windowed, load("w", [q, c])), 4)],
    ["an operand that repeats for every row", collapsed(multiply(windowed, load("v", [c])))],
    [
      "a value computed from the row's number",
      collapsed(multiply(windowed, { kind: "convert", x: q, type: "f64" })),
    ],
    ["loops that are not sums", collapsed(windowed, 6, "sequential")],
  ])("does not merge loops: %s", (_, text) => {
    expect(text).toMatch(/for q in 0 \.\. 5/);
    expect(text).toMatch(/for c in 0 \.\. [46]:/);
  });
});
