// Vectors in the loop IR: how the interpreter evaluates them, what the verifier rejects, and how they are
// printed. If a test fails, the tests that compare the WebAssembly target's loops with the scalar ones are
// invalid.
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
  select,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { printExpression, printStatements } from "../../../src/compiler/loop/print.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { Buffer, Statement } from "../../../src/compiler/loop/types.ts";
import { verifyLoops } from "../../../src/compiler/loop/verify.ts";
import { buffer, load, program, programOf, scratch, temporary } from "../../support/loop-program.ts";

const [i, j] = [variable("i", "i32"), variable("j", "i32")];
const real = (value: number) => number(value, "f64");
const splat = (x: Expression, lanes = 4): Expression => ({ kind: "splat", x, lanes, type: x.type });
const ramp = (x: Expression, lanes = 4): Expression => ({ kind: "ramp", x, lanes, type: "i32" });
const gather = (...elements: readonly Expression[]): Expression => ({
  kind: "gather",
  elements,
  type: elements[0].type,
});
const lanesFrom = (name: string, at: readonly Expression[], stride?: number, lanes = 4): Expression => ({
  kind: "load",
  buffer: name,
  at,
  type: "f64",
  lanes,
  ...(stride !== undefined && { stride }),
});
const vector = (name: string, lanes = 4): Expression => ({ kind: "variable", name, type: "f64", lanes });
const storeSome = (name: string, at: readonly Expression[], value: Expression, count: Expression) => ({
  kind: "store" as const,
  buffer: name,
  at,
  value,
  count,
});

const x = buffer("x", [6]);
const y = buffer("y", [6]);
const xs = [1, 2, 3, 4, 5, 6];

/** The elements of y after the statements; they are 0 before. */
function run(body: readonly Statement[], { rows = 2, others = [] as readonly Buffer[] } = {}): number[] {
  const loops = program(body, x, y, ...others);
  expect(verifyLoops(loops)).toEqual([]);
  const memory = allocateBuffers(loops.buffers, 3);
  memory.get("x")?.set(xs);
  evaluateProgram(loops, memory, { rows, batchSize: 3 });
  return [...(memory.get("y") ?? [])];
}
/** The four lanes of a vector. */
const lanes = (value: Expression): number[] => run([store("y", [integer(0)], value)]).slice(0, 4);
const first4 = lanesFrom("x", [integer(0)]);

describe("vectors are computed lane by lane", () => {
  it.each<[string, Expression, number[]]>([
    ["a load takes adjacent elements", lanesFrom("x", [integer(1)]), [2, 3, 4, 5]],
    [
      "a load with a stride takes elements at that distance",
      lanesFrom("x", [integer(0)], 3, 2),
      [1, 4, 0, 0],
    ],
    ["a splat is the same in every lane", splat(load("x", [integer(2)])), [3, 3, 3, 3]],
    ["a ramp counts", convert(ramp(integer(5)), "f64"), [5, 6, 7, 8]],
    [
      "a gather builds a vector of scalars",
      gather(load("x", [integer(5)]), real(7), load("x", [integer(0)]), real(-1)),
      [6, 7, 1, -1],
    ],
    ["operators", binary("-", first4, splat(real(1))), [0, 1, 2, 3]],
    ["minus", { kind: "negate", x: first4, type: "f64" }, [-1, -2, -3, -4]],
    ["functions of two vectors", call("maximum", [first4, splat(real(3))], "f64"), [3, 3, 3, 4]],
    ["comparisons, as masks", convert(less(first4, splat(real(3))), "f64"), [1, 1, 0, 0]],
    [
      "a select lane by lane",
      select(less(first4, splat(real(3))), splat(real(0)), lanesFrom("x", [integer(2)])),
      [0, 0, 5, 6],
    ],
    [
      "a select of vectors by a scalar",
      select(less(real(1), real(2)), first4, splat(load("x", [integer(9)]))),
      [1, 2, 3, 4],
    ],
    ["a sum of lanes", splat({ kind: "fold", operator: "+", x: first4, type: "f64" }), [10, 10, 10, 10]],
    [
      "a maximum of lanes",
      splat({ kind: "fold", operator: "maximum", x: first4, type: "f64" }),
      [4, 4, 4, 4],
    ],
    [
      "sums of several vectors",
      { kind: "sums", vectors: [first4, splat(real(1)), first4, splat(real(2))], type: "f64" },
      [10, 4, 10, 8],
    ],
    ["one lane", splat({ kind: "lane", x: first4, index: 2, type: "f64" }), [3, 3, 3, 3]],
  ])("%s", (_, value, expected) => {
    expect(lanes(value)).toEqual(expected);
  });
  it("variables carry them through loops", () => {
    const body = [
      define("sum", splat(real(0)), true),
      loop("i", 3, "reduction", [assign("sum", binary("+", vector("sum"), lanesFrom("x", [i])))]),
      store("y", [integer(1)], vector("sum")),
    ];
    expect(run(body)).toEqual([0, 6, 9, 12, 15, 0]);
  });
  it("a store with a count changes only the elements of that many lanes; with the count 0 it changes none", () => {
    const body = [
      storeSome("y", [integer(3)], splat(real(8)), integer(3)),
      storeSome("y", [integer(0)], splat(real(9)), integer(0)),
    ];
    expect(run(body)).toEqual([0, 0, 0, 8, 8, 8]);
  });
  it("rounds each lane at a store", () => {
    const single = buffer("z", [2], "f32");
    const thirds = splat(binary("/", number(1, "f32"), number(3, "f32")), 2);
    const read = convert({ ...load("z", [integer(1)], "f32") }, "f64");
    const body = [store("z", [integer(0)], thirds), store("y", [integer(0)], read)];
    expect(run(body, { others: [single] })[0]).toBe(Math.fround(1 / 3));
  });
});

describe("lanes outside of a buffer", () => {
  it("may be read, as NaN, after the end and before the start", () => {
    expect(lanes(lanesFrom("x", [integer(4)]))).toEqual([5, 6, NaN, NaN]);
    expect(lanes(lanesFrom("x", [integer(-2)]))).toEqual([NaN, NaN, 1, 2]);
  });
  it("are safe in a branch that no lane takes, scalars too", () => {
    const far = gather(load("x", [integer(-7)]), load("x", [integer(0)]), real(0), real(0));
    const value = select(less(ramp(integer(0)), splat(integer(1))), splat(real(5)), far);
    expect(lanes(value)).toEqual([5, 1, 0, 0]);
  });
  it("may not be stored", () => {
    expect(() => run([store("y", [integer(4)], first4)])).toThrow(InternalError);
    expect(() => run([store("y", [integer(4)], first4)])).toThrow(/y at 6 is outside of its 6 elements/);
    expect(run([storeSome("y", [integer(4)], first4, integer(2))])).toEqual([0, 0, 0, 0, 1, 2]);
  });
  it("may not be stored to missing rows", () => {
    const rowwise = buffer("r", ["n"]);
    const body = [store("r", [integer(0)], lanesFrom("x", [integer(0)], undefined, 2))];
    expect(() => run(body, { rows: 1, others: [rowwise] })).toThrow(/r at 1 is outside of its 1 elements/);
  });
});

describe("offsets in bytes, and scratch", () => {
  it("an offset in bytes must be that of an element, not between two", () => {
    const wide = buffer("x", [2, 3], "f32");
    const at = (byte: number) =>
      program([store("y", [integer(8)], convert(load("x", [integer(byte)], "f32"), "f64"))], wide, y);
    const memory = allocateBuffers(at(0).buffers, 1);
    memory.get("x")?.set(xs);
    evaluateProgram(at(16), memory, { rows: 1, batchSize: 1, inBytes: true });
    expect(memory.get("y")?.[1]).toBe(5);
    expect(() => evaluateProgram(at(6), memory, { rows: 1, batchSize: 1, inBytes: true })).toThrow(
      /x at byte 6 is between two elements/,
    );
  });
  it("scratch is not kept between kernels, and is NaN before it is stored", () => {
    const s = scratch("s", [2]);
    const copy = (k: number) => store("y", [integer(k)], load("s", [integer(k)]));
    const body = [store("s", [integer(0)], real(3)), copy(0), copy(1)];
    const loops = programOf([body, [store("y", [integer(2)], load("s", [integer(0)]))]], x, y, s);
    const memory = allocateBuffers(new Map([["y", y]]), 1);
    evaluateProgram(loops, memory, { rows: 1, batchSize: 1 });
    expect([...(memory.get("y") ?? [])].slice(0, 3)).toEqual([3, NaN, NaN]);
  });
});

const two = splat(real(1), 2);
const faultRows: readonly (readonly [name: string, body: readonly Statement[], message: string])[] = [
  [
    "lanes mixed in a sum",
    [store("y", [integer(0)], binary("+", first4, two))],
    "(x[0:i32]:4 + splat2(1:f64)) mixes 4 and 2 lanes",
  ],
  [
    "a scalar among vectors",
    [store("y", [integer(0)], call("maximum", [first4, real(0)], "f64"))],
    "maximum(x[0:i32]:4,0:f64) mixes 4 and 1 lanes",
  ],
  [
    "branches of other lanes than the condition",
    [store("y", [integer(0)], select(less(two, two), first4, first4))],
    "((splat2(1:f64) < splat2(1:f64))?x[0:i32]:4:x[0:i32]:4) has a condition of 2 lanes and branches of 4",
  ],
  [
    "a vector read as a scalar",
    [define("t", first4), store("y", [integer(0)], variable("t", "f64"))],
    "t has 4 lanes, but is read as 1",
  ],
  [
    "a scalar assigned a vector",
    [define("t", real(0), true), assign("t", first4)],
    "t has one lane, but is assigned 4 lanes",
  ],
  [
    "an index that is a vector",
    [store("y", [ramp(integer(0))], real(1))],
    "an index must be a scalar, but ramp4(0:i32) has 4 lanes",
  ],
  [
    "an end that is a vector",
    [{ ...loop("j", 2, "parallel", [store("y", [j], real(1))]), to: ramp(integer(0), 2) }],
    "j's end must be a scalar, but ramp2(0:i32) has 2 lanes",
  ],
  [
    "a splat of a vector",
    [store("y", [integer(0)], splat(first4))],
    "splat4(x[0:i32]:4) requires scalars, but x[0:i32]:4 has 4 lanes",
  ],
  [
    "a ramp of real numbers",
    [store("y", [integer(0)], { kind: "ramp", x: real(0), lanes: 4, type: "f64" })],
    "ramp4(0:f64) must be a ramp of i32, not of f64",
  ],
  [
    "a gather of vectors",
    [store("y", [integer(0)], gather(first4, first4))],
    "gather(x[0:i32]:4,x[0:i32]:4) requires scalars, but x[0:i32]:4 has 4 lanes",
  ],
  [
    "an unknown lane",
    [store("y", [integer(0)], { kind: "lane", x: two, index: 2, type: "f64" })],
    "lane 2(splat2(1:f64)): the vector has only 2 lanes",
  ],
  [
    "sums of unequal vectors",
    [store("y", [integer(0)], { kind: "sums", vectors: [first4, two], type: "f64" })],
    "sums(x[0:i32]:4,splat2(1:f64)) mixes 4 and 2 lanes",
  ],
  [
    "a fold to another type",
    [store("y", [integer(0)], { kind: "fold", operator: "+", x: ramp(integer(0)), type: "f64" })],
    "fold +(ramp4(0:i32)) mixes i32 and f64",
  ],
  [
    "a stride of one element",
    [store("y", [integer(0)], { kind: "load", buffer: "x", at: [integer(0)], type: "f64", stride: 2 })],
    "the lanes of x[0:i32] are 2 apart",
  ],
  [
    "some lanes of a scalar",
    [storeSome("y", [integer(0)], real(1), integer(1))],
    "only some lanes of 1:f64 are stored, but it is a scalar",
  ],
  [
    "a count that is not an integer",
    [storeSome("y", [integer(0)], first4, real(1))],
    "a count of lanes must be i32, but 1:f64 is f64",
  ],
];

describe("errors with vectors are reported", () => {
  it.each(faultRows)("%s", (_, body, message) => {
    expect(verifyLoops(program(body, x, y)).map((fault) => fault.message)).toContain(message);
  });
});

describe("vectors in print", () => {
  it.each<[string, Expression]>([
    ["x[0 ..+4]", first4],
    ["x[i + 1 ..+2 by 3]", lanesFrom("x", [add(i, integer(1))], 3, 2)],
    ["(i ..+4)", ramp(i)],
    ["(1 + i)×4 + (i ..+4)", binary("+", splat(binary("+", integer(1), i)), ramp(i))],
    ["<1, x[i]>", gather(real(1), load("x", [i]))],
    ["fold sum(x[0 ..+4])", { kind: "fold", operator: "+", x: first4, type: "f64" }],
    ["(t + t).3", { kind: "lane", x: binary("+", vector("t"), vector("t")), index: 3, type: "f64" }],
  ])("%s", (text, expression) => {
    expect(printExpression(expression)).toBe(text);
  });
  it("statements show the number of lanes", () => {
    const body = [define("t", first4, true), storeSome("y", [i], vector("t"), integer(3))];
    expect(printStatements(body)).toEqual(["var t: f64×4 = x[0 ..+4]", "y[i] = t (the first 3)"]);
  });
});

it("a temporary is not scratch: it outlives its kernel", () => {
  const t = temporary("t", []);
  const loops = programOf([[store("t", [], real(3))], [store("y", [integer(0)], load("t", []))]], y, t);
  const memory = allocateBuffers(loops.buffers, 1);
  evaluateProgram(loops, memory, { rows: 1, batchSize: 1 });
  expect(memory.get("y")?.[0]).toBe(3);
});
