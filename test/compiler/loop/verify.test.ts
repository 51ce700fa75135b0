// The verifier of loops, with one malformed program for each of its checks. If a test fails, a broken stage
// is noticed only by wrong results.
import { describe, expect, it } from "vitest";
import { InternalError } from "../../../src/compiler/diagnostics/errors.ts";
import {
  binary,
  convert,
  integer,
  less,
  number,
  select,
  variable,
} from "../../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../../src/compiler/loop/statements.ts";
import type { Buffer, Statement } from "../../../src/compiler/loop/types.ts";
import { checkLoops, verifyLoops } from "../../../src/compiler/loop/verify.ts";
import { buffer, load, program, programOf } from "../../support/loop-program.ts";

const i = variable("i", "i32");
const [one, two] = [number(1, "f64"), number(2, "f64")];
const x = buffer("x", ["n", 2]);
const y = buffer("y", []);
const faults = (body: readonly Statement[], ...buffers: readonly Buffer[]) =>
  verifyLoops(program(body, x, y, ...buffers)).map(({ message }) => message);

describe("valid programs pass", () => {
  it("with indices and offsets, accumulators, and successive loops with the same name", () => {
    const sum = variable("sum", "f64");
    const body = [
      define("sum", number(0, "f64"), true),
      loop("i", "n", "reduction", [assign("sum", binary("+", sum, load("x", [i, integer(1)])))]),
      loop("i", "n", "parallel", [define("t", sum), store("x", [i, integer(0)], variable("t", "f64"))]),
      loop("i", "n", "parallel", [define("t", sum), store("x", [i, integer(1)], variable("t", "f64"))]),
    ];
    expect(faults(body)).toEqual([]);
    const placed = [loop("i", "n", "parallel", [store("x", [binary("+", variable("x", "i32"), i)], one)])];
    expect(faults(placed)).toEqual([]);
  });
});

const rows: readonly (readonly [name: string, body: readonly Statement[], message: string])[] = [
  ["an unknown buffer read", [store("y", [], load("w", []))], "unknown buffer w"],
  ["an unknown buffer written", [store("w", [], one)], "unknown buffer w"],
  [
    "a variable read before",
    [store("y", [], variable("t", "f64")), define("t", one)],
    "t is read before it is defined",
  ],
  [
    "a variable read outside of its block",
    [loop("i", 2, "parallel", [define("t", one)]), store("y", [], variable("t", "f64"))],
    "t is read before it is defined",
  ],
  [
    "a variable assigned before",
    [assign("t", one), define("t", two, true)],
    "t is assigned before it is defined",
  ],
  ["a constant assigned", [define("t", one), assign("t", two)], "t is assigned but is not mutable"],
  [
    "a loop variable assigned",
    [loop("i", 2, "parallel", [assign("i", integer(0))])],
    "i is assigned but is not mutable",
  ],
  ["a name twice", [define("t", one), define("t", two)], "t is already defined"],
  ["a name hidden", [define("t", one), loop("i", 2, "parallel", [define("t", two)])], "t is already defined"],
  [
    "a loop's name hidden",
    [loop("i", 2, "parallel", [loop("i", 2, "parallel", [])])],
    "i is already defined",
  ],
  [
    "an index too many",
    [store("x", [integer(0), integer(0), integer(0)], one)],
    "x[0:i32, 0:i32, 0:i32] must have one offset or 2 indices",
  ],
  [
    "indices and offsets mixed",
    [store("x", [integer(0)], one), store("x", [integer(0), integer(1)], one)],
    "some accesses have an index for each axis, others an offset",
  ],
  [
    "an index that is not an integer",
    [store("x", [integer(0), one], two)],
    "an index must be i32, but 1:f64 is f64",
  ],
  ["a value of another type", [store("y", [], integer(1))], "y must be f64, but 1:i32 is i32"],
  [
    "a load of another type",
    [store("y", [], convert(load("y", [], "f32"), "f64"))],
    "y is f64, but is read as f32",
  ],
  [
    "a variable of another type",
    [define("t", integer(1)), store("y", [], variable("t", "f64"))],
    "t is i32, but is read as f64",
  ],
  [
    "types mixed in a sum",
    [store("y", [], { kind: "binary", operator: "+", x: one, y: integer(1), type: "f64" })],
    "(1:f64 + 1:i32) mixes f64 and i32",
  ],
  [
    "a condition that is not a bool",
    [store("y", [], { kind: "select", condition: load("y", []), x: one, y: two, type: "f64" })],
    "a condition must be bool, but y[] is f64",
  ],
  [
    "branches of two types",
    [store("y", [], { ...select(less(load("y", []), one), one, integer(2)), type: "f64" })],
    "((y[] < 1:f64)?1:f64:2:i32) mixes f64 and i32",
  ],
  [
    "a loop with a step of 0",
    [{ ...loop("i", 2, "parallel", [store("y", [], one)]), step: 0 }],
    "i steps by 0",
  ],
  [
    "an end that is not an integer",
    [{ ...loop("i", 2, "parallel", [store("y", [], one)]), to: two }],
    "i's end must be i32, but 2:f64 is f64",
  ],
  ["a kernel without statements", [], "its body is empty"],
];

describe("errors are reported", () => {
  it.each(rows)("%s", (_, body, message) => {
    expect(faults(body)).toContain(message);
  });
  it("one memory under two names, one of them stored", () => {
    const whole = buffer("whole", [2], "f64", ["y"]);
    const message = "it stores a buffer under one name and touches the same memory under another";
    expect(faults([store("y", [], load("whole", [integer(1)]))], whole)).toEqual([message]);
    expect(faults([store("y", [], load("x", [integer(0), integer(1)]))], whole)).toEqual([]);
  });
  it("two kernels of one name", () => {
    const [first] = program([store("y", [], one)], y).kernels;
    const loops = { ...program([], y), kernels: [first, first] };
    expect(verifyLoops(loops)).toEqual([{ kernel: "kernel0", message: "another kernel has this name" }]);
  });
  it("all errors together, with the stage and the program", () => {
    const loops = programOf([[store("a", [], one)], [store("b", [], one)]], y);
    expect(() => checkLoops(loops, "fuse-loops")).toThrow(InternalError);
    expect(() => checkLoops(loops, "fuse-loops")).toThrow(
      "internal: after fuse-loops, loop program test is malformed:\n  kernel0: unknown buffer a\n  " +
        "kernel1: unknown buffer b",
    );
  });
});
