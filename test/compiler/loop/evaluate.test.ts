// The loop interpreter, with which all loop stages are compared. If a test fails, none of these comparisons
// is valid.
import { describe, expect, it } from "vitest";
import { InternalError } from "../../../src/compiler/diagnostics/errors.ts";
import { allocateBuffers } from "../../../src/compiler/loop/evaluate-expressions.ts";
import { evaluateProgram } from "../../../src/compiler/loop/evaluate.ts";
import {
  add,
  binary,
  call,
  convert,
  integer,
  less,
  number,
  quotient,
  remainder,
  rows,
  select,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { Buffer, LoopProgram, Statement } from "../../../src/compiler/loop/types.ts";
import { buffer, load, program } from "../../support/loop-program.ts";

const i = variable("i", "i32");
const run = (loops: LoopProgram, inputs: Readonly<Record<string, readonly number[]>>, count = 2) => {
  const memory = allocateBuffers(loops.buffers, 3);
  for (const [name, values] of Object.entries(inputs)) memory.get(name)?.set(values);
  evaluateProgram(loops, memory, { rows: count, batchSize: 3 });
  return (name: string) => [...(memory.get(name) ?? [])];
};

describe("evaluateProgram", () => {
  it("runs loops over the rows of the batch, and does not change other rows", () => {
    const body = [
      loop("i", "n", "parallel", [store("y", [i], binary("*", load("x", [i]), number(2, "f64")))]),
    ];
    const read = run(program(body, buffer("x", ["n"]), buffer("y", ["n"])), { x: [1, 2, 3], y: [7, 7, 7] });
    expect(read("y")).toEqual([2, 4, 7]);
  });
  it("carries an accumulator through a loop, and steps by more than one", () => {
    const sum = variable("sum", "f64");
    const body: Statement[] = [
      define("sum", number(0, "f64"), true),
      { ...loop("i", 4, "reduction", [assign("sum", binary("+", sum, load("x", [i])))]), step: 2 },
      store("y", [], sum),
    ];
    expect(run(program(body, buffer("x", [4]), buffer("y", [])), { x: [1, 10, 100, 1000] })("y")).toEqual([
      101,
    ]);
  });
  it("rounds at stores, and only there", () => {
    const third = binary("/", number(1, "f32"), number(3, "f32"));
    const body = [
      define("t", third),
      store("y", [], variable("t", "f32")),
      store("z", [], binary("==", variable("t", "f32"), third)),
      store("k", [], convert(number(-2.7, "f64"), "i32")),
    ];
    const read = run(program(body, buffer("y", [], "f32"), buffer("z", []), buffer("k", [], "i32")), {});
    expect([read("y"), read("z"), read("k")]).toEqual([[Math.fround(1 / 3)], [1], [-2]]);
  });
  it("evaluates only the branch that is taken", () => {
    const safe = select(less(i, integer(2)), load("x", [i]), number(-1, "f64"));
    const body = [loop("i", 4, "parallel", [store("y", [i], safe)])];
    expect(run(program(body, buffer("x", [2]), buffer("y", [4])), { x: [5, 6] })("y")).toEqual([
      5, 6, -1, -1,
    ]);
  });
  it("reads flat offsets like indices: the offset of a buffer is the variable with its name", () => {
    const place = add(binary("+", variable("x", "i32"), binary("*", i, integer(2))), integer(1));
    const body = [
      loop("i", 2, "parallel", [store("y", [binary("+", variable("y", "i32"), i)], load("x", [place]))]),
    ];
    expect(run(program(body, buffer("x", [2, 2]), buffer("y", [2])), { x: [1, 2, 3, 4] })("y")).toEqual([
      2, 4,
    ]);
  });
  it("distinguishes a tensor called n from the number of rows", () => {
    const body = [
      loop("i", "n", "parallel", [store("y", [i], load("n", [binary("+", variable("n", "i32"), i)]))]),
    ];
    expect(run(program(body, buffer("n", ["n"]), buffer("y", ["n"])), { n: [4, 5, 6] })("y")).toEqual([
      4, 5, 0,
    ]);
    expect(rows.kind === "variable" && rows.name).not.toBe("n");
  });
  it("allocates a buffer and those that it covers as one array", () => {
    const body = [
      loop("i", 3, "parallel", [store("all", [i], binary("+", load("all", [i]), number(1, "f64")))]),
    ];
    const read = run(
      program(body, buffer("a", []), buffer("b", [2]), buffer("all", [3], "f64", ["a", "b"])),
      { a: [1], b: [2, 3] },
    );
    expect([read("a"), read("b")]).toEqual([[2], [3, 4]]);
  });
  it("computes each function and operator", () => {
    const two = number(2, "f64");
    const cases: readonly (readonly [Expression, number])[] = [
      [call("exp", [two], "f64"), Math.exp(2)],
      [call("sigmoid", [two], "f64"), 1 / (1 + Math.exp(-2))],
      [call("power", [two, number(3, "f64")], "f64"), 8],
      [call("maximum", [two, number(NaN, "f64")], "f64"), NaN],
      [{ kind: "negate", x: two, type: "f64" }, -2],
      [binary("quotient", integer(7), integer(2)), 3],
      [binary("remainder", integer(7), integer(4)), 3],
      [binary("and", less(two, number(3, "f64")), less(number(3, "f64"), two)), 0],
      [convert(binary("<=", two, two), "f64"), 1],
      [convert(convert(call("exp", [two], "f64"), "bool"), "f64"), 1],
    ];
    for (const [x, value] of cases)
      expect(run(program([store("y", [], x)], buffer("y", [])), {})("y")).toEqual([value]);
  });
  // The first lane of a vector may have a negative index that a select discards; the others start from it.
  it("divides negative integers alike, whether folded or not: x = divisor · quotient + remainder", () => {
    for (let x = -9; x <= 9; x++) {
      const folded = [quotient(integer(x), 4), remainder(integer(x), 4)];
      const parts = [binary("quotient", integer(x), integer(4)), binary("remainder", integer(x), integer(4))];
      const [q, r] = parts.map((part) => {
        const [value] = run(program([store("y", [], part)], buffer("y", [])), {})("y");
        return value + 0;
      });
      expect(folded).toEqual([integer(q), integer(r)]);
      expect(4 * q + r).toBe(x);
    }
  });
});

describe("accesses that compiled code would not detect are errors", () => {
  const rejects = (body: readonly Statement[], message: RegExp, ...buffers: readonly Buffer[]) => {
    expect(() => run(program(body, ...buffers), {})).toThrow(InternalError);
    expect(() => run(program(body, ...buffers), {})).toThrow(message);
  };
  it("an index outside of its axis, though inside of the buffer", () => {
    rejects(
      [store("y", [integer(0), integer(2)], number(1, "f64"))],
      /y\[0, 2\] is outside of \[2, 2\]/,
      buffer("y", [2, 2]),
    );
  });
  it("a missing row", () => {
    rejects([store("y", [integer(2)], number(1, "f64"))], /y\[2\] is outside of \[n\]/, buffer("y", ["n"]));
  });
  it("an offset outside of the buffer", () => {
    rejects(
      [store("y", [integer(4)], number(1, "f64"))],
      /y at 4 is outside of its 4 elements/,
      buffer("y", [2, 2]),
    );
  });
  it("an unknown buffer or variable", () => {
    rejects([store("y", [], load("x", []))], /unknown buffer x/, buffer("y", []));
    rejects([store("y", [], variable("t", "f64"))], /t is read before it is defined/, buffer("y", []));
  });
});
