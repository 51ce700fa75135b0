// Every kind of expression and store as WebAssembly, compared with the loop interpreter. If a test fails, an
// instruction, a lane, a conversion or an address does not do what the loop IR means.
import { describe, expect, it } from "vitest";
import { assembleWasm } from "../../../../src/compiler/emit/wasm/wasm-module.ts";
import { moduleText } from "../../../../src/compiler/emit/wasm/module-text.ts";
import { layOut } from "../../../../src/compiler/emit/wasm/memory-layout.ts";
import type { ElementType } from "../../../../src/compiler/ir/types.ts";
import { allocateBuffers } from "../../../../src/compiler/loop/evaluate-expressions.ts";
import { evaluateProgram } from "../../../../src/compiler/loop/evaluate.ts";
import {
  and,
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
import { assign, define, loop, store } from "../../../../src/compiler/loop/statements.ts";
import type { LoopProgram, Statement } from "../../../../src/compiler/loop/types.ts";
import { afterStage, planOf } from "../../../support/stages.ts";
import { computeByteAddresses } from "../../../../src/compiler/schedule/compute-addresses.ts";
import { buffer, program } from "../../../support/loop-program.ts";
import { instantiate } from "../../../support/run-wasm.ts";

type Float = "f32" | "f64";
const floats: readonly Float[] = ["f32", "f64"];
const xs = [1.5, -2, 0.25, 3, -0.5, 8, 2, -7];
const ks = [5, -3, 2, 7, 0, 1, -8, 4];

/** The contents of the buffers y and m after the statements, from the interpreter and from WebAssembly. */
async function both(float: Float, body: readonly Statement[]): Promise<readonly [number[], number[]]> {
  const loops = program(
    body,
    buffer("x", [8], float),
    buffer("k", [8], "i32"),
    buffer("y", [8], float),
    buffer("m", [8], "i32"),
  );
  const expected = allocateBuffers(loops.buffers, 8);
  expected.get("x")?.set(xs);
  expected.get("k")?.set(ks);
  evaluateProgram(loops, expected, { rows: 8, batchSize: 8 });
  const { placed, plan } = planned(loops);
  const running = instantiate(await assembleWasm([placed], plan, { float, batchSize: 8 }));
  const view = (name: string) => {
    const placement = plan.storage.get(name);
    if (placement === undefined) throw new Error(`no ${name}`);
    return running.view(placement);
  };
  view("x").set(xs);
  view("k").set(ks);
  for (const name of ["y", "m"]) view(name).fill(0);
  running.call("test", 8);
  return [
    ["y", "m"].flatMap((name) => [...(expected.get(name) ?? [])]),
    ["y", "m"].flatMap((name) => [...view(name)]),
  ];
}

function planned(loops: LoopProgram) {
  const placed = afterStage(computeByteAddresses, loops, { batchSize: 8, float: "f32" });
  return { placed, plan: planOf([placed], loops.buffers, 8) };
}

const load = (
  name: "x" | "k",
  at: number,
  type: ElementType,
  lanes?: number,
  stride?: number,
): Expression => ({
  kind: "load",
  buffer: name,
  at: [integer(at)],
  type,
  ...(lanes !== undefined && { lanes }),
  ...(stride !== undefined && { stride }),
});
const splat = (x: Expression, lanes: number): Expression => ({ kind: "splat", x, lanes, type: x.type });

/** Expressions of numbers and of integers, each built from two operands and a condition. */
function made(float: Float, x: Expression, y: Expression, i: Expression, j: Expression) {
  const f = (name: Parameters<typeof call>[0], ...operands: readonly Expression[]) =>
    call(name, operands, float);
  const isLess = less(x, y);
  const numbers: Readonly<Record<string, Expression>> = {
    "x + y": binary("+", x, y),
    "x - y": binary("-", x, y),
    "x * y": binary("*", x, y),
    "x / y": binary("/", x, y),
    "-x": { kind: "negate", x, type: float },
    "|x|": f("absolute", x),
    "sign x": f("sign", x),
    "⌊x⌋": f("floor", x),
    "√|x|": f("sqrt", f("absolute", x)),
    min: f("minimum", x, y),
    max: f("maximum", x, y),
    round: f("round", x),
    select: select(isLess, x, y),
    "select of two conditions": select(and(isLess, lessEqual(i, j)), x, y),
    "select of equal conditions": select(binary("==", isLess, equal(i, j)), x, y),
    "number of an integer": convert(i, float),
    "number of a truth": convert(isLess, float),
    "truth of a number": convert(convert(x, "bool"), float),
  };
  const integers: Readonly<Record<string, Expression>> = {
    "i + j": binary("+", i, j),
    "i - j": binary("-", i, j),
    "i * j": binary("*", i, j),
    "i div j": binary("quotient", i, j),
    "i mod j": binary("remainder", i, j),
    "-i": { kind: "negate", x: i, type: "i32" },
    "|i|": call("absolute", [i], "i32"),
    min: call("minimum", [i, j], "i32"),
    max: call("maximum", [i, j], "i32"),
    select: select(lessEqual(j, i), i, j),
    "integer of a number": convert(x, "i32"),
    "integer of a truth": convert(less(i, j), "i32"),
    "truth of an integer": convert(convert(i, "bool"), "i32"),
  };
  return { numbers, integers };
}

describe.each(floats)("%s", (float) => {
  const lanes = float === "f32" ? 4 : 2;
  const kinds = [
    [
      "scalars",
      made(float, load("x", 1, float), load("x", 3, float), load("k", 0, "i32"), load("k", 2, "i32")),
    ],
    [
      "vectors",
      made(
        float,
        load("x", 1, float, lanes),
        load("x", 3, float, lanes),
        load("k", 0, "i32", lanes),
        splat(integer(3), lanes),
      ),
    ],
  ] as const;
  it.each(
    kinds.flatMap(([kind, { numbers }]) =>
      Object.entries(numbers).map(([name, x]) => [kind, name, x] as const),
    ),
  )("%s: %s", async (_, __, x) => {
    const [expected, actual] = await both(float, [store("y", [integer(0)], x)]);
    expected.forEach((value, at) => expect(actual[at]).toBeCloseTo(value, 6));
  });
  it.each(
    kinds.flatMap(([kind, { integers }]) =>
      Object.entries(integers).map(([name, x]) => [kind, name, x] as const),
    ),
  )("%s of integers: %s", async (_, __, x) => {
    const [expected, actual] = await both(float, [store("m", [integer(0)], x)]);
    expect(actual).toEqual(expected.map((value) => value + 0));
  });

  const vector = load("x", 0, float, lanes);
  const shapes: readonly (readonly [string, Expression])[] = [
    ["a load with a stride", load("x", 0, float, lanes, 2)],
    ["a splat of a load", splat(load("x", 5, float), lanes)],
    ["a splat of a sum", splat(binary("+", load("x", 5, float), load("x", 1, float)), lanes)],
    ["a splat of a number", splat(number(0.1, float), lanes)],
    ["a ramp", convert({ kind: "ramp", x: load("k", 3, "i32"), lanes, type: "i32" }, float)],
    [
      "a gather",
      {
        kind: "gather",
        elements: [3, 1, 5, 0].slice(0, lanes).map((at) => load("x", at, float)),
        type: float,
      },
    ],
    ["a fold", { kind: "fold", operator: "+", x: vector, type: float }],
    ["the least", { kind: "fold", operator: "minimum", x: vector, type: float }],
    ["the most", { kind: "fold", operator: "maximum", x: vector, type: float }],
    ["a lane", { kind: "lane", x: vector, index: lanes - 1, type: float }],
    [
      "sums",
      {
        kind: "sums",
        vectors: [0, 1, 2, 4].slice(0, lanes).map((at) => load("x", at, float, lanes)),
        type: float,
      },
    ],
    [
      "sums of fewer",
      {
        kind: "sums",
        vectors: [0, 1, 2].slice(0, lanes).map((at) => load("x", at, float, lanes)),
        type: float,
      },
    ],
    [
      "a select by a scalar",
      select(less(load("x", 0, float), load("x", 1, float)), vector, load("x", 2, float, lanes)),
    ],
  ];
  it.each(shapes)("%s", async (_, x) => {
    const [expected, actual] = await both(float, [store("y", [integer(0)], x)]);
    expected.forEach((value, at) => expect(actual[at]).toBeCloseTo(value, 6));
  });

  it("a lane of a mask is a bool, and a splat of a bool is a mask", async () => {
    const mask = less(vector, splat(number(0, float), lanes));
    const truth: Expression = { kind: "lane", x: mask, index: 1, type: "bool" };
    const body = [
      store("y", [integer(0)], select(truth, number(5, float), number(6, float))),
      store("y", [integer(2)], select(splat(truth, lanes), vector, splat(number(1, float), lanes))),
    ];
    const [expected, actual] = await both(float, body);
    expect(actual).toEqual(expected);
  });

  it.each(Array.from({ length: lanes + 1 }, (_, count) => count))(
    "stores the first %i lanes, for a constant count and a variable one",
    async (count) => {
      const some = (x: Expression): Statement => ({
        kind: "store",
        buffer: "y",
        at: [integer(1)],
        value: vector,
        count: x,
      });
      for (const body of [
        [some(integer(count))],
        [define("c", integer(count), true), some(variable("c", "i32"))],
      ]) {
        const [expected, actual] = await both(float, body);
        expect(actual).toEqual(expected);
      }
    },
  );

  it("loops may have variable bounds, and may not run at all", async () => {
    const [i, first, end] = ["i", "first", "end"].map((name) => variable(name, "i32"));
    const counted = (from: number, to: number): Statement[] => [
      define("first", load("k", from, "i32")),
      define("end", load("k", to, "i32")),
      { ...loop("i", 8, "parallel", [store("y", [i], convert(i, float))]), from: first, to: end },
    ];
    for (const [from, to] of [
      [2, 3],
      [3, 2],
      [4, 4],
    ]) {
      const [expected, actual] = await both(float, counted(from, to));
      expect(actual).toEqual(expected);
    }
  });
});

/** A sum of products over a panel. */
const sumOfProducts = (): Statement[] => {
  const [i, s] = [variable("i", "i32"), { ...variable("sum", "f32"), lanes: 4 } as const];
  const row: Expression = { kind: "load", buffer: "x", at: [integer(0)], type: "f32", lanes: 4 };
  const factor: Expression = { kind: "load", buffer: "x", at: [i], type: "f32" };
  return [
    define("sum", splat(number(0, "f32"), 4), true),
    loop("i", 8, "reduction", [assign("sum", binary("+", s, binary("*", splat(factor, 4), row)))]),
    store("y", [integer(0)], s),
  ];
};

it("the text is readable, and differs only in relaxed instructions if these are used", () => {
  const loops = program(sumOfProducts(), buffer("x", [8], "f32"), buffer("y", [8], "f32"));
  const { placed, plan } = planned(loops);
  const parts = {
    programs: [placed],
    plan,
    layout: layOut([placed], plan, 8),
    float: "f32",
    batchSize: 8,
  } as const;
  const text = moduleText(parts, false).text;
  expect(text.slice(text.indexOf("(func"), text.indexOf("(func $test"))).toMatchInlineSnapshot(`
    "(func $step_forward_kernel0 (param $n i32)
      (local $k i32)
      (local $sum v128)
      (local.set $sum (v128.const f32x4 0 0 0 0))
      (local.set $k (i32.const 0))
      (loop $k_loop
        (local.set $sum (f32x4.add (f32x4.mul (v128.load32_splat offset=64 (i32.mul (local.get $k) (i32.const 4))) (v128.load offset=64 (i32.const 0))) (local.get $sum)))
        (br_if $k_loop (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 8))))
      (v128.store offset=96 (i32.const 0) (local.get $sum)))

    "
  `);
  const fused = moduleText(parts, true).text.split("\n");
  expect(fused.filter((line) => !text.includes(line)).map((line) => line.trim())).toMatchInlineSnapshot(`
    [
      "(local.set $sum (f32x4.relaxed_madd (v128.load32_splat offset=64 (i32.mul (local.get $k) (i32.const 4))) (v128.load offset=64 (i32.const 0)) (nop) (nop) (nop) (local.get $sum)))",
    ]
  `);
});
