// The analysis that decides whether iterations of a loop can access the same memory. If a test fails, a loop
// with dependent iterations is vectorised or jammed, which computes wrong numbers, or a loop with independent
// iterations stays scalar.
import { describe, expect, it } from "vitest";
import {
  mayInterleave,
  sharedStores,
  isIndependentInMemory,
} from "../../../src/compiler/loop/dependences.ts";
import {
  add,
  binary,
  call,
  integer,
  multiply,
  number,
  quotient,
  remainder,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { Buffer, For, LoopRole, Statement } from "../../../src/compiler/loop/types.ts";
import { verifyRoles } from "../../../src/compiler/loop/verify-roles.ts";
import { buffer, load, program, temporary } from "../../support/loop-program.ts";

const [i, j] = [variable("i", "i32"), variable("j", "i32")];
const one = number(1, "f64");
const x = buffer("x", [8, 4]);
const y = buffer("y", [8, 4]);
const flat = buffer("flat", [40]);
const u = buffer("u", [8], "i32");
const all: readonly Buffer[] = [x, y, flat, u, temporary("t", [4])];
const surroundings = { buffers: new Map(all.map((each) => [each.name, each])), batchSize: 8 };

const over = (body: readonly Statement[], extent = 4, role: LoopRole = "parallel"): For =>
  loop("i", extent, role, body) as For;
const inside = (body: readonly Statement[], extent = 4): Statement => loop("j", extent, "parallel", body);
/** flat[at] = flat[at] + 1 */
const added = (at: Expression): Statement => store("flat", [at], binary("+", load("flat", [at]), one));
const meetsIn = (body: readonly Statement[], extent?: number) =>
  sharedStores(over(body, extent), surroundings);

describe("iterations are independent", () => {
  it("if each stores a row of its own, whatever it loads from other buffers", () => {
    expect(meetsIn([inside([store("y", [i, j], load("x", [j, i]))])])).toEqual([]);
  });
  it("if a reshaped index covers memory once", () => {
    expect(meetsIn([store("y", [quotient(i, 4), remainder(i, 4)], one)], 32)).toEqual([]);
  });
  it("if ranges of one iteration are further apart than the loop's extent", () => {
    const thirds = [0, 4, 8].map((shift) => store("flat", [add(i, integer(shift))], one));
    expect(meetsIn(thirds)).toEqual([]);
    expect(meetsIn(thirds, 5)).toEqual(["flat"]);
  });
  it("if an outer variable shifts all accesses equally", () => {
    expect(meetsIn([added(add(multiply(variable("outer", "i32"), integer(2)), i))])).toEqual([]);
  });
});

describe("iterations share elements", () => {
  it("if windows overlap", () => {
    expect(meetsIn([inside([added(add(i, j))], 2)])).toEqual(["flat"]);
    expect(meetsIn([inside([added(add(multiply(i, integer(2)), j))], 2)])).toEqual([]);
    expect(meetsIn([inside([added(add(multiply(i, integer(2)), j))], 3)])).toEqual(["flat"]);
  });
  it("if an index comes from memory: two of them may be equal", () => {
    expect(meetsIn([added({ kind: "load", buffer: "u", at: [i], type: "i32" })])).toEqual(["flat"]);
  });
  it("if one loads what the previous one stored", () => {
    expect(meetsIn([store("flat", [add(i, integer(1))], load("flat", [i]))])).toEqual(["flat"]);
  });
  it("if a strided vector of one iteration reaches the row of the next one", () => {
    const wide: Expression = {
      kind: "load",
      buffer: "y",
      at: [i, integer(0)],
      type: "f64",
      lanes: 2,
      stride: 4,
    };
    const [lane, stored] = [{ kind: "lane", x: wide, index: 0, type: "f64" } as const, [i, integer(0)]];
    expect(meetsIn([store("y", stored, lane)])).toEqual(["y"]);
  });
  it("if the distance between a load and a store depends on an outer variable", () => {
    const [p, q] = [variable("p", "i32"), variable("q", "i32")];
    expect(meetsIn([store("flat", [add(i, p)], load("flat", [add(i, q)]))])).toEqual(["flat"]);
  });
  it("if an index is clamped", () => {
    expect(meetsIn([added(call("minimum", [i, integer(2)], "i32"))])).toEqual(["flat"]);
  });
  it("if an index comes from memory that the loop stores", () => {
    const first: Expression = { kind: "load", buffer: "u", at: [integer(0)], type: "i32" };
    expect(meetsIn([store("u", [integer(0)], i), added(add(i, first))])).toEqual(["u", "flat"]);
  });
  it("if quotient and remainder of an index do not cover memory once", () => {
    expect(meetsIn([store("flat", [add(quotient(i, 4), remainder(i, 4))], one)], 8)).toEqual(["flat"]);
  });
  it("but not if only lanes that are not stored overlap", () => {
    const at = [i, integer(2)];
    const wide: Expression = { kind: "load", buffer: "y", at, type: "f64", lanes: 6 };
    expect(meetsIn([{ kind: "store", buffer: "y", at, value: wide, count: integer(2) }])).toEqual([]);
    expect(meetsIn([{ kind: "store", buffer: "y", at, value: wide }])).toEqual(["y"]);
  });
});

describe("interleaving and parallel execution", () => {
  const fold = over([inside([added(add(i, j))], 2)]);
  it("additions to shared elements may interleave, but not run at once in a vector", () => {
    expect(mayInterleave(fold, surroundings)).toBe(true);
    expect(isIndependentInMemory(fold, surroundings)).toBe(false);
  });
  it("an addition whose sum is named first may not interleave: another iteration can add in between", () => {
    const named = define("sum", binary("+", load("flat", [j]), one));
    const body = [inside([named, store("flat", [j], variable("sum", "f64"))])];
    expect(mayInterleave(over(body), surroundings)).toBe(false);
  });
  it("additions to an element that a statement also reads may not interleave", () => {
    const reads = store("y", [i, integer(0)], load("flat", [integer(0)]));
    expect(mayInterleave(over([added(integer(0)), reads]), surroundings)).toBe(false);
  });
  it("iterations that change a variable from outside the loop may neither interleave nor run in parallel", () => {
    const counts = [assign("count", binary("+", variable("count", "f64"), one))];
    expect(sharedStores(over(counts), surroundings)).toBeUndefined();
    expect(mayInterleave(over(counts), surroundings)).toBe(false);
  });
  it("a buffer and another that covers it are the same memory", () => {
    const within = (covers: readonly string[]) => {
      const whole: Buffer = { ...buffer("whole", [32]), covers };
      return { ...surroundings, buffers: new Map([...surroundings.buffers, ["whole", whole]]) };
    };
    const copy = over([store("whole", [i], load("x", [i, integer(0)]))]);
    expect(sharedStores(copy, within(["x"]))).toBeUndefined();
    expect(sharedStores(copy, within(["flat"]))).toEqual([]);
    const back = over([store("x", [i, integer(0)], load("whole", [i]))]);
    expect(sharedStores(back, within(["x"]))).toBeUndefined();
  });
});

describe("the verifier of roles", () => {
  const wrong = (body: readonly Statement[], role: LoopRole) =>
    verifyRoles(program([over(body, 4, role)], ...all), 8);
  const shifted = [store("flat", [add(i, integer(1))], load("flat", [i]))];
  it("reports a parallel loop whose iterations read each other's results", () => {
    expect(wrong(shifted, "parallel")).toEqual([
      "kernel0: i is parallel, but its iterations share elements of flat",
    ]);
    expect(wrong(shifted, "sequential")).toEqual([]);
  });
  it("accepts temporaries that each iteration stores before it loads them", () => {
    const at = [integer(0)];
    const own = [store("t", at, one), store("flat", [i], load("t", at))];
    expect(wrong(own, "parallel")).toEqual([]);
    expect(wrong(own.toReversed(), "parallel")).toHaveLength(1);
  });
  it("reports a parallel loop that accumulates in a variable", () => {
    const sum = [assign("sum", binary("+", variable("sum", "f64"), one))];
    expect(wrong(sum, "output")).toEqual(["kernel0: i is output, but its iterations share a variable"]);
  });
});
