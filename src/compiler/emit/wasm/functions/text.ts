// Builders for the functions of this folder. Each returns the folded text of one WebAssembly expression on
// 128-bit vectors, so the steps of a function read like its equations.

/** The name of a local, an f32 number for every lane, or the text of an expression. */
export type Operand = string | number;

/** A local, and the text of its value. */
export type Step = readonly [name: string, value: string];

/** A number in the notation of WebAssembly text. */
const literal = (value: number): string =>
  Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "inf");

/**
 * The same number in every lane, as a global (see `constantsOf`). Engines build a constant with three
 * instructions each time a function runs, but load a global with one. With globals, `exp` takes two thirds of
 * the time.
 */
const constant = (lanes: "f32x4" | "f64x2" | "i32x4", value: number): string =>
  `(global.get $${lanes}:${literal(value)})`;
export const singles = (value: number): string => constant("f32x4", value);
export const doubles = (value: number): string => constant("f64x2", value);
export const integers = (value: number): string => constant("i32x4", value);

/** The definitions of all constants that a text uses, without duplicates, sorted by name. */
export function constantsOf(text: string): string[] {
  const found = new Set(
    Array.from(text.matchAll(/\(global\.get \$((?:f32x4|f64x2|i32x4):[^)]+)\)/g), ([, name]) => name),
  );
  return [...found].sort().map((name) => {
    const [lanes, value] = name.split(":");
    const values = Array<string>(lanes === "f64x2" ? 2 : 4).fill(value);
    return `(global $${name} v128 (v128.const ${lanes} ${values.join(" ")}))`;
  });
}

const operandText = (x: Operand): string =>
  typeof x === "number" ? singles(x) : x.startsWith("(") ? x : `(local.get $${x})`;

const instruction =
  (name: string) =>
  (...operands: readonly Operand[]): string =>
    `(${[name, ...operands.map(operandText)].join(" ")})`;

type Unary = (x: Operand) => string;
type Binary = (x: Operand, y: Operand) => string;

export const add: Binary = instruction("f32x4.add");
export const subtract: Binary = instruction("f32x4.sub");
export const multiply: Binary = instruction("f32x4.mul");
export const divide: Binary = instruction("f32x4.div");
export const absolute: Unary = instruction("f32x4.abs");
export const negate: Unary = instruction("f32x4.neg");
export const nearest: Unary = instruction("f32x4.nearest");
/** min(x, bound) in one machine instruction; `f32x4.min` takes eight. A NaN in x is preserved. */
export const atMost: Binary = instruction("f32x4.pmin");
/** max(x, bound). A NaN in x is preserved. */
export const atLeast: Binary = instruction("f32x4.pmax");

/** The result of a comparison has all bits of a lane set, or none. */
export const less: Binary = instruction("f32x4.lt");
export const atLeastAsLarge: Binary = instruction("f32x4.ge");
export const equal: Binary = instruction("f32x4.eq");
export const different: Binary = instruction("f32x4.ne");

export const and: Binary = instruction("v128.and");
export const or: Binary = instruction("v128.or");
export const exclusiveOr: Binary = instruction("v128.xor");
export const not: Unary = instruction("v128.not");
/** x where the bits of the mask are set, and y elsewhere. */
export const select = (mask: Operand, x: Operand, y: Operand): string =>
  instruction("v128.bitselect")(x, y, mask);

export const addIntegers: Binary = instruction("i32x4.add");
export const subtractIntegers: Binary = instruction("i32x4.sub");
export const multiplyIntegers: Binary = instruction("i32x4.mul");
export const fromIntegers: Unary = instruction("f32x4.convert_i32x4_s");
const shift = (name: string, x: Operand, count: number): string =>
  `(i32x4.${name} ${operandText(x)} (i32.const ${count}))`;
export const shiftLeft = (x: Operand, count: number): string => shift("shl", x, count);
/** Fills the upper bits with copies of the sign bit. */
export const shiftRight = (x: Operand, count: number): string => shift("shr_s", x, count);
/** Fills the upper bits with zeros. */
export const shiftRightUnsigned = (x: Operand, count: number): string => shift("shr_u", x, count);

export const addDoubles: Binary = instruction("f64x2.add");
export const subtractDoubles: Binary = instruction("f64x2.sub");
export const multiplyDoubles: Binary = instruction("f64x2.mul");
export const divideDoubles: Binary = instruction("f64x2.div");
export const atMostDoubles: Binary = instruction("f64x2.pmin");
export const atLeastDoubles: Binary = instruction("f64x2.pmax");
/** The lower two lanes of f32, converted to doubles. */
export const toDoubles: Unary = instruction("f64x2.promote_low_f32x4");

/** Selects lanes of 32 bits. Numbers 0 to 3 are the lanes of x, and 4 to 7 those of y. */
const shuffle = (x: Operand, y: Operand, lanes: readonly number[]): string => {
  const bytes = lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]);
  return `(i8x16.shuffle ${bytes.join(" ")} ${operandText(x)} ${operandText(y)})`;
};
/** The upper two lanes, moved to the lower lanes. */
export const upperHalf = (x: Operand): string => shuffle(x, x, [2, 3, 2, 3]);
/** Two pairs of doubles, rounded to four lanes of f32. */
export const fromDoubles: Binary = (low, high) =>
  shuffle(
    instruction("f32x4.demote_f64x2_zero")(low),
    instruction("f32x4.demote_f64x2_zero")(high),
    [0, 1, 4, 5],
  );
/** The lower 32 bits of each double in two pairs. */
export const lowWords: Binary = (low, high) => shuffle(low, high, [0, 2, 4, 6]);

/** c₀ + x (c₁ + x (c₂ + …)) */
export const polynomial = (x: Operand, coefficients: readonly number[]): string =>
  horner(x, coefficients.map(singles), add, multiply);
export const polynomialOfDoubles = (x: Operand, coefficients: readonly number[]): string =>
  horner(x, coefficients.map(doubles), addDoubles, multiplyDoubles);

const horner = (x: Operand, terms: readonly string[], plus: Binary, times: Binary): string =>
  terms.reduceRight((rest, term) => plus(times(rest, x), term));

/** A mask with only the sign bit of each lane set. */
export const signBits: string = integers(-0x80000000);

/** Calls the runtime's function of doubles for each of the four lanes of the parameter x. */
export function laneByLane(name: string): string {
  const lane = (i: number) =>
    `(f32.demote_f64 (call $${name}_f64 (f64.promote_f32 (f32x4.extract_lane ${i} (local.get $x)))))`;
  return [1, 2, 3].reduce(
    (text, i) => `(f32x4.replace_lane ${i} ${text} ${lane(i)})`,
    `(f32x4.splat ${lane(0)})`,
  );
}

/** A function from vectors to a vector. It runs the steps in order, then returns the result. */
export function vectorFunction(
  name: string,
  parameters: readonly string[],
  steps: readonly Step[],
  result: string,
): string {
  const locals = [...new Set(steps.map(([local]) => local))].filter((local) => !parameters.includes(local));
  return [
    `(func $${name} ${parameters.map((parameter) => `(param $${parameter} v128)`).join(" ")} (result v128)`,
    ...(locals.length === 0 ? [] : [`  ${locals.map((local) => `(local $${local} v128)`).join(" ")}`]),
    ...steps.map(([local, value]) => `  (local.set $${local} ${value})`),
    `  ${result})`,
  ].join("\n");
}
