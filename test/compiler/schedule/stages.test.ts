// The stages of the scalar schedule, each on the smallest kernel that shows its effect. If a test fails, code
// is evaluated more often than necessary, or in the wrong order. (test/compiler/lower/random-graphs.test.ts
// tests that all stages preserve the meaning.)
import { describe, expect, it } from "vitest";
import {
  add,
  binary,
  call,
  convert,
  integer,
  less,
  multiply,
  number,
  quotient,
  remainder,
  select,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { allocateBuffers } from "../../../src/compiler/loop/evaluate-expressions.ts";
import { evaluateProgram } from "../../../src/compiler/loop/evaluate.ts";
import { printStatements } from "../../../src/compiler/loop/print.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { Buffer, Kernel, Statement } from "../../../src/compiler/loop/types.ts";
import { checkLoops } from "../../../src/compiler/loop/verify.ts";
import { hoistInvariants } from "../../../src/compiler/schedule/hoist-invariants.ts";
import { computeElementAddresses } from "../../../src/compiler/schedule/compute-addresses.ts";
import { eliminateCommonSubexpressions } from "../../../src/compiler/schedule/eliminate-common-subexpressions.ts";
import { buffer, load, program } from "../../support/loop-program.ts";
import { kernelContext } from "../../support/stages.ts";

const [i, j] = [variable("i", "i32"), variable("j", "i32")];
const real = (value: number) => number(value, "f64");
const kernelOf = (body: readonly Statement[]): Kernel => ({ name: "kernel", body, provenance: [] });

/** Returns a function that makes names unique by a number. */
function freshNames(): (base: string) => string {
  let count = 0;
  return (base) => `${base}$${++count}`;
}

const x = buffer("x", ["n", 4]);
const y = buffer("y", ["n", 4]);
const v = buffer("v", [4]);
const s = buffer("s", []);

/** The kernel after a stage. The result must be well-formed. */
function after(
  stage: (kernel: Kernel) => Kernel,
  body: readonly Statement[],
  buffers: readonly Buffer[] = [x, y, v, s],
): string {
  const { body: result } = stage(kernelOf(body));
  checkLoops(program(result, ...buffers), "the stage");
  return printStatements(result).join("\n");
}

const overRows = (body: (row: Expression) => readonly Statement[]) => loop("i", "n", "parallel", body(i));

describe("hoist-invariants", () => {
  const hoist = (kernel: Kernel) => hoistInvariants.ofKernel(kernel, kernelContext(freshNames()));
  it("moves loop-invariant expressions out of the loop, to the outermost possible position", () => {
    const scale = binary("/", real(1), call("sqrt", [load("s", [])], "f64"));
    const body = [
      overRows(() => [loop("j", 4, "parallel", [store("y", [i, j], binary("*", load("x", [i, j]), scale))])]),
    ];
    expect(after(hoist, body)).toMatchInlineSnapshot(`
      "let ratio$2: f64 = 1 / sqrt(s[])
      for i in 0 .. n: parallel
        let ratio$1: f64 = ratio$2
        for j in 0 .. 4: parallel
          y[i, j] = x[i, j] * ratio$1"
    `);
  });
  it("does not move expressions out of the branches of a select, which may be safe only if the condition holds", () => {
    const guarded = select(less(i, integer(4)), load("v", [integer(3)]), real(0));
    const body = [overRows(() => [store("y", [i, integer(0)], guarded)])];
    expect(after(hoist, body)).toMatchInlineSnapshot(`
      "for i in 0 .. n: parallel
        y[i, 0] = i < 4 ? v[3] : 0"
    `);
  });
  it("does not move what the loop itself stores or assigns", () => {
    const total = variable("total", "f64");
    const body = [
      define("total", real(0), true),
      overRows(() => [
        assign("total", binary("+", total, call("exp", [load("s", [])], "f64"))),
        store("s", [], call("exp", [total], "f64")),
      ]),
    ];
    expect(after(hoist, body)).toBe(printStatements(body).join("\n"));
  });
});

describe("eliminate-common-subexpressions", () => {
  const share = (kernel: Kernel) =>
    eliminateCommonSubexpressions.ofKernel(kernel, kernelContext(freshNames()));
  it("evaluates once what a block needs twice", () => {
    const e = call("exp", [load("x", [i, integer(0)])], "f64");
    const body = [
      overRows(() => [store("y", [i, integer(0)], binary("*", e, e)), store("y", [i, integer(1)], e)]),
    ];
    expect(after(share, body)).toMatchInlineSnapshot(`
      "for i in 0 .. n: parallel
        let exp$1: f64 = exp(x[i, 0])
        y[i, 0] = exp$1 * exp$1
        y[i, 1] = exp$1"
    `);
  });
  it("forgets what a store changes", () => {
    const read = load("s", []);
    const body = [
      overRows(() => [
        store("y", [i, integer(0)], read),
        store("s", [], binary("+", load("x", [i, integer(0)]), real(1))),
        store("y", [i, integer(1)], read),
      ]),
    ];
    expect(after(share, body)).toBe(printStatements(body).join("\n"));
  });
  it("forgets a name when a store or an assignment changes the value", () => {
    const [first, sum] = [load("s", []), variable("sum", "f64")];
    const squared = (e: Expression) => store("y", [i, integer(0)], binary("*", e, e));
    const stored = [squared(first), store("s", [], real(1)), store("y", [i, integer(1)], first)];
    const loads = after(share, [overRows(() => stored)]).match(/= s\[\]/g);
    expect(loads).toHaveLength(2);
    const e = call("exp", [sum], "f64");
    const assigned = [
      define("sum", real(0), true),
      squared(e),
      assign("sum", binary("+", sum, real(1))),
      store("y", [i, integer(1)], e),
    ];
    const calls = after(share, [overRows(() => assigned)]).match(/exp\(sum\)/g);
    expect(calls).toHaveLength(2);
  });
  it("forgets what an inner loop changes", () => {
    const read = load("s", []);
    const body = [
      overRows(() => [
        store("y", [i, integer(0)], read),
        loop("j", 4, "reduction", [store("s", [], binary("+", load("s", []), load("x", [i, j])))]),
        store("y", [i, integer(1)], read),
      ]),
    ];
    expect(after(share, body)).toBe(printStatements(body).join("\n"));
  });
  it("forgets what an assignment changes", () => {
    const total = variable("total", "f64");
    const e = call("exp", [total], "f64");
    const body = [
      overRows(() => [
        define("total", real(0), true),
        store("y", [i, integer(0)], e),
        assign("total", load("x", [i, integer(0)])),
        store("y", [i, integer(1)], e),
      ]),
    ];
    expect(after(share, body)).toBe(printStatements(body).join("\n"));
  });
});

describe("copies of variables", () => {
  const share = (kernel: Kernel) =>
    eliminateCommonSubexpressions.ofKernel(kernel, kernelContext(freshNames()));
  const total = variable("total", "f32");
  const [old, converted] = [variable("old", "f32"), convert(total, "f64")];
  const start: Statement = { kind: "let", name: "total", value: number(1, "f32"), mutable: true };
  const change = assign("total", number(2, "f32"));
  it("are replaced by the variable, also if they convert it", () => {
    const body = [start, define("old", total), store("s", [], convert(old, "f64"))];
    expect(after(share, body)).not.toContain("old");
    const real = [start, define("copy", converted), store("s", [], variable("copy", "f64"))];
    expect(after(share, real)).not.toContain("copy");
  });
  it("remain if the variable is assigned before they are read, also in an inner loop", () => {
    const later = [change, overRows(() => [change])];
    for (const between of later) {
      const body = [start, define("old", total), between, store("s", [], convert(old, "f64"))];
      expect(after(share, body)).toContain("let old");
      const real = [start, define("copy", converted), between, store("s", [], variable("copy", "f64"))];
      expect(after(share, real)).toContain("let copy");
    }
  });
});

describe("compute-addresses", () => {
  const placed = (body: readonly Statement[], ...buffers: readonly Buffer[]): Kernel =>
    computeElementAddresses.ofKernel(kernelOf(body), kernelContext(freshNames(), buffers));
  /** The elements of y after the kernel runs, without and with computed addresses. */
  const results = (body: readonly Statement[], ...buffers: readonly Buffer[]) =>
    [kernelOf(body), placed(body, ...buffers)].map((kernel) => {
      const loops = program(kernel.body, ...buffers);
      checkLoops(loops, "compute-addresses");
      const memory = allocateBuffers(loops.buffers, 3);
      memory.get("x")?.forEach((_, k, values) => (values[k] = k));
      evaluateProgram(loops, memory, { rows: 3, batchSize: 3 });
      return [...(memory.get("y") ?? [])];
    });

  it("names the loop-invariant part of an address before the loop", () => {
    const body = [overRows(() => [loop("j", 4, "parallel", [store("y", [i, j], load("x", [i, j]))])])];
    expect(after(({ body: unplaced }) => placed(unplaced, x, y), body)).toMatchInlineSnapshot(`
      "for i in 0 .. n: parallel
        let x@i$1: i32 = x + i * 4
        let y@i$2: i32 = y + i * 4
        for j in 0 .. 4: parallel
          y[y@i$2 + j] = x[x@i$1 + j]"
    `);
  });
  it("computes addresses of loads in the bounds of a loop before the loop", () => {
    const from = buffer("from", ["n", 4], "i32");
    const inner = {
      ...loop("j", 4, "parallel", [store("y", [i, j], real(1))]),
      from: load("from", [i, integer(2)], "i32"),
    };
    const body = [overRows(() => [inner])];
    expect(after(({ body: unplaced }) => placed(unplaced, from, y), body, [from, y])).toMatchInlineSnapshot(`
      "for i in 0 .. n: parallel
        let y@i$2: i32 = y + i * 4
        for j in from[from + i * 4 + 2] .. 4: parallel
          y[y@i$2 + j] = 1"
    `);
    const [before, later] = results(body, from, y);
    expect(later).toEqual(before);
    expect(later).toContain(1);
  });
  it("recognises that a reshape does not move elements in memory", () => {
    const wide = buffer("x", ["n", 6]);
    const deep = buffer("y", ["n", 2, 3]);
    const k = variable("k", "i32");
    const at = add(multiply(j, integer(3)), k);
    const body = [
      overRows(() => [
        loop("j", 2, "parallel", [loop("k", 3, "parallel", [store("y", [i, j, k], load("x", [i, at]))])]),
      ]),
    ];
    const text = after(({ body: unplaced }) => placed(unplaced, wide, deep), body, [wide, deep]);
    expect(text).not.toMatch(/div|mod/);
    expect(results(body, wide, deep)[1]).toEqual(results(body, wide, deep)[0]);
  });
  it("keeps the shift of an index that is divided and recombined (regression: concat of flattened inputs)", () => {
    const deep = buffer("x", ["n", 2, 3]);
    const wide = buffer("y", ["n", 8]);
    const shifted = add(j, integer(-2));
    const read = load("x", [i, quotient(shifted, 3), remainder(shifted, 3)]);
    const value = select(less(j, integer(2)), real(-1), read);
    const body = [overRows(() => [loop("j", 8, "parallel", [store("y", [i, j], value)])])];
    const [before, later] = results(body, deep, wide);
    expect(later).toEqual(before);
    expect(later.slice(0, 8)).toEqual([-1, -1, 0, 1, 2, 3, 4, 5]);
  });
});
