// The elementary functions of the WebAssembly target: results within two units in the last place of f32, and
// JavaScript's special values. If a test fails, every training run has a small, silent error, or computes NaN
// instead of a number.
import { expect, test } from "vitest";
import { functions, onDoubles } from "../../../../src/compiler/emit/wasm/functions/index.ts";
import { Library } from "../../../../src/compiler/emit/wasm/library.ts";
import { doubleFunctions } from "../../../../src/compiler/loop/evaluate-expressions.ts";
import type { FunctionName } from "../../../../src/compiler/loop/expressions.ts";
import { erf } from "../../../../src/runtime/numbers/error-function.ts";
import { exp, expm1, sigmoid, tanh } from "../../../../src/runtime/numbers/exponential.ts";
import { log, log1p, power } from "../../../../src/runtime/numbers/logarithm.ts";
import { randomKey, randomStream, randomUnit } from "../../../../src/runtime/numbers/random.ts";
import { cos, sin } from "../../../../src/runtime/numbers/trigonometric.ts";
import { runAssembly } from "../../../support/run-assembly.ts";

/** The expected results, exact to one or two units in the last place of doubles. */
const unary = { exp, expm1, log, log1p, tanh, sigmoid, erf, sin, cos, sign: Math.sign };
type Unary = keyof typeof unary;
const isUnary = (name: string): name is Unary => Object.hasOwn(unary, name);

/** The memory contains three arrays of this many numbers: first operands, results, second operands. */
const capacity = 0x20000;

/** A loop that applies a vector function to the first n numbers. */
const loopOver = (name: string, operands: readonly string[]): string => `
  (func (export "${name}") (param $n i32) (local $i i32)
    (loop $next
      (v128.store offset=${4 * capacity} (local.get $i) (call $${name}_f32x4 ${operands.join(" ")}))
      (local.set $i (i32.add (local.get $i) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $i) (i32.shl (local.get $n) (i32.const 2))))))`;
const first = "(v128.load (local.get $i))";
const second = `(v128.load offset=${8 * capacity} (local.get $i))`;

/** The fields of a module whose own code uses these functions. */
function moduleFields(
  names: readonly FunctionName[],
  type: "f32" | "f64",
  code: readonly string[] = [],
): string[] {
  const library = new Library();
  for (const name of names) library.use(name, type);
  return [...library.imports().texts, ...library.definitions(code), ...code];
}

const names: readonly FunctionName[] = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "tanh",
  "sigmoid",
  "erf",
  "sin",
  "cos",
  "sign",
  "power",
  "randomUnit",
  "randomKey",
];
const { memory, call } = await runAssembly(
  moduleFields(names, "f32", [
    `(memory (export "memory") ${(12 * capacity) / 65536})`,
    ...names.filter(isUnary).map((name) => loopOver(name, [first])),
    loopOver("power", [first, second]),
    loopOver("randomUnit", [second, first]),
    `(export "randomKey" (func $randomKey))`,
  ]),
  { math: { sin, cos } },
);
const [xs, zs, ys] = [0, 4, 8].map((start) => new Float32Array(memory, start * capacity, capacity));
const [xBits, yBits] = [xs, ys].map(({ byteOffset }) => new Int32Array(memory, byteOffset, capacity));

/** The results for these f32 numbers, computed in pieces that fit the memory. */
function results(name: string, inputs: readonly number[], others: readonly number[] = []): Float32Array {
  const all = new Float32Array(inputs.length);
  for (let from = 0; from < inputs.length; from += capacity) {
    const part = inputs.slice(from, from + capacity);
    xs.set(part);
    ys.set(others.slice(from, from + capacity));
    call(name, part.length);
    all.set(zs.subarray(0, part.length), from);
  }
  return all;
}

/**
 * The error of a result, in units in the last place of f32 at `expected`. Zeros, NaN and infinities must
 * match exactly.
 */
function unitsOff(actual: number, expected: number): number {
  const rounded = Math.fround(expected);
  if (Object.is(actual, rounded) && (rounded === 0 || !Number.isFinite(rounded))) return 0;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(rounded))), -126) - 23);
  const off = actual === 0 && rounded === 0 ? Infinity : Math.abs(actual - expected) / unit;
  return Number.isNaN(off) ? Infinity : off;
}

const bitsOf = new Int32Array(1);
const numberOf = new Float32Array(bitsOf.buffer);
const ofBits = (bits: number): number => {
  bitsOf[0] = bits;
  return numberOf[0];
};
/** 2 · count + 1 neighbours in f32 of each number, and their negatives. */
const around = (places: readonly number[], count = 60): number[] =>
  places.flatMap((place) => {
    numberOf[0] = Math.abs(place);
    const bits = bitsOf[0];
    return Array.from({ length: 2 * count + 1 }, (_, i) => ofBits(Math.max(0, bits + i - count))).flatMap(
      (x) => [x, -x],
    );
  });
const random = randomStream(1);
const between = (low: number, high: number): number => Math.fround(low + (high - low) * random.unit());
const sweep = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(low + ((high - low) * (i + random.unit())) / count));

/** Every 32749th f32 number: all exponents of both signs, and NaNs of all kinds. */
const everywhere = Array.from({ length: 2 ** 32 / 32749 }, (_, i) => ofBits(i * 32749));
const halvesOfLn2 = Array.from({ length: 300 }, (_, i) => (i + 0.5) * Math.LN2);
const edges = [0, 2 ** -149, 2 ** -126, 2 ** -25, 1, 2 ** 25, 3.4028234663852886e38];

/** The limits are those in the header tables of the functions' files. */
test.each<[Unary, number, number[]]>([
  [
    "exp",
    1.01,
    [
      ...around([88.72284, 87.33655, 103.97208, 104, 89]),
      ...around(halvesOfLn2, 4),
      ...sweep(-104, 89, 60000),
    ],
  ],
  [
    "expm1",
    1.32,
    [
      ...around([88.72284, 17.32868, 18]),
      ...around(halvesOfLn2, 4),
      ...sweep(-18, 18, 60000),
      ...sweep(-1, 1, 30000),
    ],
  ],
  ["log", 0.84, [...around([Math.SQRT1_2, Math.SQRT2]), ...sweep(0.5, 2, 60000)]],
  ["log1p", 1.4, [...around([0.2928932, 0.4142136, 2 ** 24]), ...sweep(-1, 2, 60000)]],
  [
    "tanh",
    1.5,
    [
      ...around([0.3, 9.010914, 10]),
      ...around(
        halvesOfLn2.slice(0, 30).map((x) => x / 2),
        9,
      ),
      ...sweep(-10, 10, 60000),
    ],
  ],
  [
    "sigmoid",
    1.87,
    [
      ...around([16.63553, 87.33655, 103.97208]),
      ...around(halvesOfLn2, 4),
      ...sweep(-20, 20, 60000),
      ...sweep(-2, 0, 60000),
    ],
  ],
  ["erf", 1.56, [...around([0.9, 3.832507, 4]), ...sweep(-4, 4, 90000)]],
  ["sign", 0, []],
])(
  "%s has an error of at most %f units in the last place for numbers of all sizes",
  (name, limit, inputs) => {
    const x = [...everywhere, ...around(edges), ...inputs];
    const z = results(name, x);
    let worst = { off: 0, at: 0 };
    x.forEach((at, i) => {
      const off = unitsOff(z[i], unary[name](at));
      if (off > worst.off) worst = { off, at };
    });
    expect(worst.off, `${name}(${worst.at})`).toBeLessThanOrEqual(limit);
  },
);

test("sine and cosine have an error of at most 1.6 units in the last place for angles of any size, also near their zeros", () => {
  const zeros = Array.from({ length: 6000 }, (_, i) => Math.fround((i * 10 + (i % 10)) * (Math.PI / 2)));
  const inputs = [
    ...sweep(-1e5, 1e5, 60000),
    ...sweep(-10, 10, 60000),
    ...around(zeros, 2),
    ...around(edges),
  ];
  const x = [...everywhere, ...sweep(-2e5, 2e5, 2000), ...inputs].filter(Number.isFinite);
  for (const name of ["sin", "cos"] as const)
    results(name, x).forEach((z, i) => {
      const off = unitsOff(z, unary[name](x[i]));
      if (off > 1.6) expect(off, `${name}(${x[i]})`).toBeLessThanOrEqual(1.6);
    });
});

test("sine and cosine of infinity are NaN", () => {
  for (const name of ["sin", "cos"] as const)
    expect([...results(name, [Infinity, -Infinity, 1, 0])].map(Number.isNaN)).toEqual([
      true,
      true,
      false,
      false,
    ]);
});

test("power has an error of at most 1.4 units in the last place, for results of any size and for large exponents near 1", () => {
  const pairs = Array.from({ length: 40000 }, (): (readonly [number, number])[] => {
    const size = Math.fround(2 ** between(-149, 128));
    const near = Math.fround(1 + between(-1, 1) * 2 ** between(-23, -1));
    return [
      [size, between(-3, 3)],
      [size, Math.fround(between(-150, 128) / Math.log2(size))],
      [near, Math.fround(between(-150, 128) / Math.log2(near))],
      [between(-20, 20), Math.trunc(between(-30, 30))],
    ];
  }).flat();
  const [x, y] = [0, 1].map((side) => pairs.map((pair) => pair[side]));
  results("power", x, y).forEach((z, i) => {
    const off = unitsOff(z, power(x[i], y[i]));
    if (off > 1.4) expect(off, `power(${x[i]}, ${y[i]})`).toBeLessThanOrEqual(1.4);
  });
});

const special = [
  0,
  2 ** -149,
  2 ** -126,
  0.5,
  1,
  2,
  3,
  1000,
  2 ** 23 + 1,
  2 ** 24,
  3.4028234663852886e38,
  Infinity,
  NaN,
].flatMap((x) => [x, -x]);
const finite = special.filter((x) => Number.isFinite(x));
const isSpecial = (x: number) => x === 0 || !Number.isFinite(x);

test("power has the special values of Math.pow", () => {
  const [x, y] = [special.flatMap((x) => special.map(() => x)), special.flatMap(() => special)];
  results("power", x, y).forEach((z, i) => {
    const expected = Math.fround(Math.pow(x[i], y[i]));
    if (isSpecial(expected) || Math.abs(x[i]) === 1) expect(z, `power(${x[i]}, ${y[i]})`).toBe(expected);
  });
});

test.each(Object.keys(unary).filter(isUnary))("%s has exactly the special values of doubles", (name) => {
  results(name, special).forEach((z, i) => {
    const expected = Math.fround(unary[name](special[i]));
    if (isSpecial(expected) || Math.abs(expected) === 1) expect(z, `${name}(${special[i]})`).toBe(expected);
  });
});

test("a NaN stays a NaN, whatever its bits", () => {
  const payloads = Array.from({ length: 23 }, (_, i) => 0x7f800001 + (1 << i)).concat(0x7fffffff);
  xBits.set(payloads);
  yBits.set(payloads);
  for (const name of [...Object.keys(unary), "power"]) {
    call(name, payloads.length);
    expect([...zs.subarray(0, payloads.length)], name).toEqual(payloads.map(() => NaN));
  }
});

/** The pairs that are not the same number; zeros of different signs differ. */
const differing = (a: Float32Array, b: Float32Array) =>
  [...a].map((value, i) => [value, b[i]]).filter(([value, other]) => !Object.is(value, other));

test("odd functions are odd and even functions even, to the last bit", () => {
  const x = [...sweep(0, 20, 5000), ...everywhere.filter((x) => x >= 0), ...finite];
  const negative = x.map((x) => -x);
  for (const name of ["tanh", "erf", "sin", "sign"])
    expect(
      differing(
        results(name, negative),
        results(name, x).map((z) => -z),
      ),
      name,
    ).toEqual([]);
  expect(differing(results("cos", negative), results("cos", x))).toEqual([]);
});

test("monotonic functions decrease by at most one unit where one formula replaces another", () => {
  const seams: readonly [Unary, readonly number[]][] = [
    ["exp", halvesOfLn2.slice(0, 120)],
    ["tanh", [0.3, 10]],
    ["erf", [0.9, 4]],
    ["log", [Math.SQRT1_2, Math.SQRT2, 1]],
    ["sigmoid", [0, 104]],
  ];
  for (const [name, places] of seams) {
    const x = [...new Set(around(places, 40))].sort((a, b) => a - b).filter((x) => x > 0 || name !== "log");
    const z = results(name, x);
    for (let i = 1; i < x.length; i++)
      expect(z[i - 1] - z[i], `${name}(${x[i]})`).toBeLessThanOrEqual(Math.abs(z[i]) * 2 ** -23 + 2 ** -149);
  }
});

test("random numbers have the same bits as those of the TypeScript target", () => {
  const indices = Array.from({ length: 5000 }, (_, i) => (i < 4000 ? i : Math.imul(i, 0x9e3779b9)));
  for (const key of [0, 1, -1, 0x7fffffff, 123456789]) {
    xBits.set(indices);
    yBits.fill(key, 0, indices.length);
    call("randomUnit", indices.length);
    expect([...zs.subarray(0, indices.length)]).toEqual(indices.map((index) => randomUnit(key, index)));
    for (const salt of [0, 7, -4])
      expect(call("randomKey", key, salt * 3, salt)).toBe(randomKey(key, salt * 3, salt));
  }
});

test.each(["f32", "f64"] as const)(
  "a module may use each function of %s alone, or all of them",
  async (type) => {
    const all = Object.keys(functions).filter((name): name is FunctionName => Object.hasOwn(functions, name));
    const lanes = type === "f32" ? "f32x4" : "f64x2";
    const isBinary = (name: FunctionName) => ["power", "minimum", "maximum", "randomUnit"].includes(name);
    const user = (name: FunctionName): string => {
      const implementation = functions[name][type];
      const operands = (text: string, count: number) => Array(count).fill(text).join(" ");
      const scalar = `(${name === "randomKey" ? "i32" : type}.const 1)`;
      const count = name === "randomKey" ? 3 : isBinary(name) ? 2 : 1;
      const vector = `(${lanes}.splat (${type}.const 1))`;
      switch (implementation.kind) {
        case "instruction":
          return (
            `(func (drop (${implementation.scalar} ${operands(scalar, count)})) (drop ` +
            `(${implementation.vector} ${operands(vector, count)})))`
          );
        case "vector":
          return `(func (drop (call $${implementation.name} ${operands(vector, count)})))`;
        case "scalar":
          return `(func (drop (call $${implementation.name} ${operands(scalar, count)})))`;
        case "identity":
          return "(func)";
      }
    };
    for (const names of [...all.map((name) => [name]), all])
      await runAssembly(
        [...moduleFields(names, type, ['(memory (export "memory") 1)', ...names.map(user)])],
        { math: doubleFunctions },
      );
  },
);

test("functions on f64 are imported by their names", async () => {
  const { call } = await runAssembly(
    moduleFields(["power", "exp"], "f64", [
      '(memory (export "memory") 1)',
      '(func (export "run") (param $x f64) (result f64) (call $power_f64 (call $exp_f64 (local.get $x)) ' +
        "(f64.const 2)))",
    ]),
    { math: { exp, power } },
  );
  expect(call("run", 1.25)).toBe(power(exp(1.25), 2));
});

test("a constant that many functions use is defined once", () => {
  const fields = moduleFields(["exp", "sigmoid", "exp"], "f32");
  expect(fields.filter((field) => field.startsWith("(global $f32x4:1 "))).toHaveLength(1);
  expect(fields.filter((field) => field.startsWith("(func $exp_f32x4"))).toHaveLength(1);
});

test("a function without vector code calls the runtime for each lane", async () => {
  const { f32 } = onDoubles("tanh");
  if (f32.kind !== "vector") throw new Error(`tanh is ${f32.kind}`);
  const lane = (i: number) => `(f32x4.extract_lane ${i} (local.get $z))`;
  const { call } = await runAssembly(
    [
      f32.imports ?? "",
      '(memory (export "memory") 1)',
      f32.text,
      `(func (export "run") (result f32) (local $z v128)
        (local.set $z (call $${f32.name} (v128.const f32x4 0.5 1 -2 3)))
        (f32.add (f32.add ${lane(0)} ${lane(1)}) (f32.add ${lane(2)} ${lane(3)})))`,
    ],
    { math: { tanh } },
  );
  const [a, b, c, d] = [0.5, 1, -2, 3].map((x) => Math.fround(tanh(x)));
  expect(call("run")).toBe(Math.fround(Math.fround(a + b) + Math.fround(c + d)));
});
