/**
 * Elementwise operators: arithmetic, comparisons, logic and elementary functions, with NumPy's broadcasting. Known
 * integers may contain the batch size as a symbol: it can be compared, and multiplied by 1.
 */
import type { GraphBuilder } from "../../../ir/builder.ts";
import type { Node } from "../../../ir/nodes.ts";
import { computed, elementwise, plainOrRefused, pointwise, required } from "../operator.ts";
import type { BuildMerged, Operator, OperatorContext, Operators } from "../operator.ts";
import { elementOf, isKnown, known, productOf, quotientOf, typeOfElement } from "../values.ts";
import type { Size, Value } from "../values.ts";
import type { Element } from "../model.ts";

/** A function of one real number. */
const real = (build: (g: GraphBuilder, x: Node) => Node): Operator =>
  elementwise(computed((context, [x]) => build(context.g, x ?? context.refuse("has no input"))).build);

/** Returns the size that depends on the batch if the other operand is the neutral element of the operator. */
const neutral =
  (value: number, isSwappable = true) =>
  (x: Size, y: Size): Size | undefined => {
    if (y === value) return x;
    return isSwappable && x === value ? y : undefined;
  };

const binary = (
  build: (g: GraphBuilder, x: Node, y: Node) => Node,
  f: (x: number, y: number) => number,
  symbolic?: (x: Size, y: Size) => Size | undefined,
): Operator =>
  pointwise({ build: ({ g }, x, y) => build(g, x, y), numbers: () => f, ...(symbolic && { symbolic }) });

/**
 * Compares a size that depends on the batch with a number. The batch size is at least 1, so it is greater than every
 * number below 1. The result of a comparison with a larger number is unknown.
 */
const compared =
  (same: number, above: number) =>
  (x: Size, y: Size): Size | undefined => {
    if (x === y) return same;
    return typeof x === "string" && typeof y === "number" && y < 1 ? above : undefined;
  };

const comparison = (
  build: (g: GraphBuilder, x: Node, y: Node) => Node,
  f: (x: number, y: number) => boolean,
  symbolic: (x: Size, y: Size) => Size | undefined,
): Operator =>
  pointwise({
    build: ({ g }, x, y) => {
      // Booleans are compared as numbers.
      const [a, b] = [x, y].map((z) => (z.type.element === "bool" ? g.cast(z, { element: "i32" }) : z));
      return build(g, a, b);
    },
    numbers: () => (x, y) => Number(f(x, y)),
    symbolic,
    result: "boolean",
  });

const asInteger = (g: GraphBuilder, x: Node): Node => g.cast(x, { element: "i32" });

/** A function of booleans, computed on the integers 0 and 1. */
const logical = (
  build: (g: GraphBuilder, x: Node, y: Node) => Node,
  f: (x: number, y: number) => boolean,
): Operator =>
  pointwise({
    build: ({ g }, x, y) => build(g, asInteger(g, x), asInteger(g, y)),
    numbers: () => (x, y) => Number(f(x, y)),
    result: "boolean",
  });

/** Applies an operator with two inputs to any number of inputs, from left to right. */
const variadic = (operator: Operator): Operator =>
  elementwise((context, inputs) => {
    const values = inputs.map((_, index) => required(context, inputs, index));
    const both = (sum: Value, value: Value): Value =>
      plainOrRefused(context, operator.build(context, [sum, value])[0]) ?? sum;
    return [values.slice(1).reduce(both, values[0])];
  });

const add = binary(
  (g, x, y) => g.add(x, y),
  (x, y) => x + y,
  neutral(0),
);
const minimum = binary((g, x, y) => g.minimum(x, y), Math.min);
// A dimension is at least 1.
const maximum = binary((g, x, y) => g.maximum(x, y), Math.max, neutral(1));

/** Integers of graphs have 32 bits, and there is no op for their quotient. Random bits need both. */
const noQuotient = "divides integers that are not constant, but graphs have no quotient of integers";

const divide: Operator = pointwise({
  build: (context, x, y) => (x.type.element === "i32" ? context.refuse(noQuotient) : context.g.divide(x, y)),
  numbers: () => (x, y) => x / y,
  symbolic: quotientOf,
});

/** The sum of the inputs divided by their number. */
const mean: Operator = computed((context, inputs) => {
  const { g } = context;
  const [first, ...others] = inputs.map((x) => x ?? context.refuse("has an input that is missing"));
  return g.divide(
    others.reduce((sum, x) => g.add(sum, x), first),
    inputs.length,
  );
});

/**
 * The remainder x − y · ⌊x / y⌋. With `fmod`, the quotient is rounded towards 0, so the remainder has the sign of x.
 */
const remainder: Operator = pointwise({
  build: (context, x, y) => {
    const { g } = context;
    if (x.type.element === "i32") return context.refuse(noQuotient);
    if (context.integer("fmod", 0) === 0) return g.subtract(x, g.multiply(y, g.floor(g.divide(x, y))));
    const quotient = g.divide(x, y);
    return g.subtract(x, g.multiply(y, g.multiply(g.sign(quotient), g.floor(g.absolute(quotient)))));
  },
  numbers: (context) => (x, y) => (context.integer("fmod", 0) === 0 ? x - y * Math.floor(x / y) : x % y),
});

/** Rounds to the nearest integer, ties to even. */
function rounded(g: GraphBuilder, x: Node): Node {
  const near = g.floor(g.add(x, 0.5));
  const isTie = g.equal(near, g.add(x, 0.5));
  const isOdd = g.less(0, g.subtract(near, g.multiply(2, g.floor(g.multiply(0.5, near)))));
  const even = g.select(isOdd, g.subtract(near, 1), near);
  return g.select(isTie, even, near);
}

/**
 * asinh is an odd function. For x ≥ 0, log(x + √(x² + 1)) = log1p(x + x² / (1 + √(x² + 1))), which has no cancellation.
 * |x| is built as a select, so that its derivative at 0 is 1 and not 0.
 */
function inverseSinh(g: GraphBuilder, x: Node): Node {
  const isNegative = g.less(x, 0);
  const size = g.select(isNegative, g.negate(x), x);
  const square = g.multiply(size, size);
  const excess = g.divide(square, g.add(1, g.sqrt(g.add(1, square))));
  const value = g.log1p(g.add(size, excess));
  return g.select(isNegative, g.negate(value), value);
}

const isInfinite: Operator = computed((context, [x]) => {
  if (x === undefined) return context.refuse("has no input");
  const { g } = context;
  const detects = (name: string): boolean => context.integer(name, 1) !== 0;
  const above = detects("detect_positive") ? g.equal(x, Infinity) : undefined;
  const below = detects("detect_negative") ? g.equal(x, -Infinity) : undefined;
  if (above && below) return g.less(0, g.add(asInteger(g, above), asInteger(g, below)));
  return above ?? below ?? context.refuse("detects no infinity");
});

const where: Operator = elementwise((context, inputs) => {
  const values = [0, 1, 2].map((index) => required(context, inputs, index));
  if (!values.every(isKnown)) {
    const { g } = context;
    const [condition, x, y] = values.map((value) => context.node(value));
    if (x.type.element !== "bool") return [g.select(condition, x, y)];
    return [g.equal(1, g.select(condition, asInteger(g, x), asInteger(g, y)))];
  }
  return pointwise({
    build: ({ g }, condition, x, y) => g.select(condition, x, y),
    numbers: () => (condition, x, y) => (condition !== 0 ? x : y),
    symbolic: (condition, x, y) => (typeof condition === "string" ? undefined : condition !== 0 ? x : y),
    result: elementOf(values[1]),
  }).build(context, values);
});

const elementOfCode = (context: OperatorContext, code: number): Element => {
  if ([1, 10, 11, 16].includes(code)) return "real";
  if (code === 6 || code === 7) return "integer";
  return code === 9 ? "boolean" : context.refuse(`casts to element type ${code}, which is not supported`);
};

/** Booleans become 0 and 1. Numbers other than 0 become true. Real numbers are truncated to integers. */
function castTo(context: OperatorContext, value: Value | undefined, element: Element) {
  const x = value ?? context.refuse("has no input");
  if (isKnown(x)) {
    const convert = (number: Size): Size => {
      if (element === "boolean") return number === 0 ? 0 : 1;
      return typeof number === "number" && element === "integer" ? Math.trunc(number) : number;
    };
    return [known(element, x.shape, x.values.map(convert))];
  }
  const { g } = context;
  if (elementOf(x) === element) return [x];
  if (element !== "boolean") return [g.cast(x, { element: typeOfElement(element, g.float) })];
  return [negated(g, g.equal(x, 0))];
}

const negated = (g: GraphBuilder, x: Node): Node => g.equal(asInteger(g, x), 0);

/** Returns the value as it is. */
const same: BuildMerged = (context, inputs) => [required(context, inputs, 0)];
const identity: Operator = { build: same, merged: same };

const power: Operator = pointwise({
  build: (context, x, y) => {
    if (x.type.element === "i32") return context.refuse("raises integers to a power, which is not supported");
    const exponent = y.type.element === "i32" ? context.g.cast(y, { element: x.type.element }) : y;
    return context.g.power(x, exponent);
  },
  numbers: () => (x, y) => x ** y,
  symbolic: neutral(1, false),
});

export const pointwiseOperators: Operators = {
  Add: add,
  Sub: binary(
    (g, x, y) => g.subtract(x, y),
    (x, y) => x - y,
    neutral(0, false),
  ),
  Mul: binary(
    (g, x, y) => g.multiply(x, y),
    (x, y) => x * y,
    (x, y) => productOf([x, y]),
  ),
  Div: divide,
  Mod: remainder,
  Pow: power,
  Sum: variadic(add),
  Min: variadic(minimum),
  Max: variadic(maximum),
  Mean: mean,

  Equal: comparison(
    (g, x, y) => g.equal(x, y),
    (x, y) => x === y,
    (x, y) => compared(1, 0)(x, y) ?? compared(1, 0)(y, x),
  ),
  Less: comparison(
    (g, x, y) => g.less(x, y),
    (x, y) => x < y,
    compared(0, 0),
  ),
  LessOrEqual: comparison(
    (g, x, y) => g.lessEqual(x, y),
    (x, y) => x <= y,
    compared(1, 0),
  ),
  Greater: comparison(
    (g, x, y) => g.less(y, x),
    (x, y) => x > y,
    compared(0, 1),
  ),
  GreaterOrEqual: comparison(
    (g, x, y) => g.lessEqual(y, x),
    (x, y) => x >= y,
    compared(1, 1),
  ),
  And: logical(
    (g, x, y) => g.less(1, g.add(x, y)),
    (x, y) => x !== 0 && y !== 0,
  ),
  Or: logical(
    (g, x, y) => g.less(0, g.add(x, y)),
    (x, y) => x !== 0 || y !== 0,
  ),
  Xor: logical(
    (g, x, y) => g.equal(1, g.add(x, y)),
    (x, y) => (x !== 0) !== (y !== 0),
  ),
  Not: pointwise({
    build: ({ g }, x) => negated(g, x),
    numbers: () => (x) => Number(x === 0),
    result: "boolean",
  }),
  Where: where,
  IsNaN: real((g, x) => negated(g, g.equal(x, x))),
  IsInf: isInfinite,

  Neg: pointwise({
    build: ({ g }, x) => (x.type.element === "i32" ? g.subtract(0, x) : g.negate(x)),
    numbers: () => (x) => -x,
  }),
  Abs: pointwise({
    build: ({ g }, x) => (x.type.element === "i32" ? g.maximum(x, g.subtract(0, x)) : g.absolute(x)),
    numbers: () => Math.abs,
  }),
  Sign: pointwise({
    build: ({ g }, x) => (x.type.element === "i32" ? g.maximum(g.minimum(x, 1), -1) : g.sign(x)),
    numbers: () => Math.sign,
  }),
  Reciprocal: real((g, x) => g.divide(1, x)),
  Sqrt: real((g, x) => g.sqrt(x)),
  Exp: real((g, x) => g.exp(x)),
  Log: real((g, x) => g.log(x)),
  Erf: real((g, x) => g.erf(x)),
  Floor: real((g, x) => g.floor(x)),
  Ceil: real((g, x) => g.negate(g.floor(g.negate(x)))),
  Round: real(rounded),
  Sin: real((g, x) => g.sin(x)),
  Cos: real((g, x) => g.cos(x)),
  Tan: real((g, x) => g.divide(g.sin(x), g.cos(x))),
  Sinh: real((g, x) => g.multiply(0.5, g.subtract(g.exp(x), g.exp(g.negate(x))))),
  Cosh: real((g, x) => g.multiply(0.5, g.add(g.exp(x), g.exp(g.negate(x))))),
  Asinh: real(inverseSinh),
  Acosh: real((g, x) => g.log(g.add(x, g.sqrt(g.subtract(g.multiply(x, x), 1))))),
  // atanh(x) = log((1 + x) / (1 − x)) / 2
  Atanh: real((g, x) => g.multiply(0.5, g.log1p(g.divide(g.multiply(2, x), g.subtract(1, x))))),

  Identity: identity,
  Cast: elementwise((context, [x]) => castTo(context, x, elementOfCode(context, context.integer("to", 0)))),
  CastLike: {
    build: (context, inputs) => castTo(context, inputs[0], elementOf(required(context, inputs, 1))),
  },
};
