/**
 * Expressions that convert between scalars and vectors: vector loads, splats, reductions and transposed sums.
 */
import { invariant } from "../../diagnostics/errors.ts";
import type { ElementType } from "../../ir/types.ts";
import type { Expression, FoldOperator, VectorExpression } from "../../loop/expressions.ts";
import { addressOf, offsetText } from "./addresses.ts";
import { bytesOfLane, constant, constantVector, scalarType, shapeOf } from "./value-types.ts";
import type { VectorShape } from "./value-types.ts";
import { operation, repeated } from "./scope.ts";
import type { Print, Scope } from "./scope.ts";

type Load = Extract<Expression, { kind: "load" }>;

/**
 * Loads adjacent elements at once. Two elements of 4 bytes are loaded as 8 bytes, so that a pair at the very
 * end of the memory can be loaded, too.
 */
export function vectorLoad(x: Load, lanes: number, scope: Scope, print: Print): string {
  const bytes = scope.bytesOf(x.buffer);
  const { operand, offset } = addressOf(x.at, scope.baseOf(x.buffer), scope.ranges, print);
  if (x.stride !== undefined && x.stride !== 1)
    return stridedLoad(operand, offset, lanes, { bytes, apart: x.stride * bytes }, scope);
  const instruction = lanes * bytes === 8 ? "v128.load64_zero" : "v128.load";
  return operation(`${instruction}${offsetText(offset)}`, operand);
}

/**
 * Loads elements one by one. The last element is loaded by the outermost instruction, whose address is
 * evaluated first.
 */
function stridedLoad(
  operand: string,
  offset: number,
  lanes: number,
  { bytes, apart }: { readonly bytes: 4 | 8; readonly apart: number },
  scope: Scope,
): string {
  invariant(apart > 0, "the stride of a load must be positive");
  const [first, again] = repeated(operand, "i32", scope);
  let text = operation(`v128.load${bytes * 8}_zero${offsetText(offset)}`, lanes === 1 ? first : again);
  for (let lane = 1; lane < lanes; lane++) {
    const at = offsetText(offset + lane * apart);
    text = operation(`v128.load${bytes * 8}_lane${at} ${lane}`, lane === lanes - 1 ? first : again, text);
  }
  return text;
}

function splat(x: Expression, type: ElementType, scope: Scope, print: Print): string {
  if (x.kind === "number") return constantVector(x.value, type, scope.float);
  if (x.kind === "load") {
    const { operand, offset } = addressOf(x.at, scope.baseOf(x.buffer), scope.ranges, print);
    return operation(`v128.load${scope.bytesOf(x.buffer) * 8}_splat${offsetText(offset)}`, operand);
  }
  if (type === "bool") return operation("i32x4.splat", operation("i32.sub", constant(0, "i32"), print(x)));
  return operation(`${shapeOf(type, scope.float)}.splat`, print(x));
}

const counting: Readonly<Record<VectorShape, string>> = {
  i32x4: "0 1 2 3",
  f32x4: "0 1 2 3",
  f64x2: "0 1",
  i64x2: "0 1",
};

function ramp(x: Expression, type: ElementType, scope: Scope, print: Print): string {
  const shape = shapeOf(type, scope.float);
  return operation(`${shape}.add`, splat(x, type, scope, print), `(v128.const ${shape} ${counting[shape]})`);
}

function gather(elements: readonly Expression[], type: ElementType, scope: Scope, print: Print): string {
  const shape = shapeOf(type, scope.float);
  const laneText = (x: Expression): string => {
    if (type !== "bool") return print(x);
    const bits = operation("i32.sub", constant(0, "i32"), print(x));
    return shape === "i64x2" ? operation("i64.extend_i32_s", bits) : bits;
  };
  const [first, ...others] = elements;
  const start =
    first.kind === "load" ? splat(first, type, scope, print) : operation(`${shape}.splat`, laneText(first));
  return others.reduce((text, x, i) => operation(`${shape}.replace_lane ${i + 1}`, text, laneText(x)), start);
}

/** Selects lanes of two vectors. In `lanes`, the numbers of y's lanes follow those of x's lanes. */
function shuffled(lanes: readonly number[], bytes: 4 | 8, x: string, y: string): string {
  const places = lanes.flatMap((lane) => Array.from({ length: bytes }, (_, byte) => lane * bytes + byte));
  return operation(`i8x16.shuffle ${places.join(" ")}`, x, y);
}

const foldInstructions: Readonly<Record<FoldOperator, readonly [float: string, integer: string]>> = {
  "+": ["add", "add"],
  minimum: ["min", "min_s"],
  maximum: ["max", "max_s"],
};

/**
 * Combines lanes 0 and 2, and lanes 1 and 3, and then the two results. If a vector has only two lanes, they
 * are combined directly.
 */
function fold(operator: FoldOperator, x: Expression, lanes: number, scope: Scope, print: Print): string {
  const shape = shapeOf(x.type, scope.float);
  const instruction = `${shape}.${foldInstructions[operator][x.type === "i32" ? 1 : 0]}`;
  const bytes = bytesOfLane[shape];
  const halved = (text: string, by: readonly number[]): string => {
    const [first, again] = repeated(text, "v128", scope);
    return operation(instruction, first, shuffled(by, bytes, again, again));
  };
  const pairs = lanes === 4 ? halved(print(x), [2, 3, 0, 1]) : print(x);
  const whole = halved(pairs, bytes === 8 ? [1, 0] : [1, 0, 3, 2]);
  return operation(`${shape}.extract_lane 0`, whole);
}

/**
 * A vector whose lane i is the sum of the i-th given vector. Lanes are added in the same order as in `fold`.
 * Each step adds the halves of two vectors and returns both sums in one vector.
 */
function sums(vectors: readonly Expression[], type: ElementType, scope: Scope, print: Print): string {
  const shape = shapeOf(type, scope.float);
  const bytes = bytesOfLane[shape];
  const lanes = 16 / bytes;
  invariant(vectors.length <= lanes, "there are more sums than lanes");
  const zero = constantVector(0, type, scope.float);
  const texts = Array.from({ length: lanes }, (_, i) => (i < vectors.length ? print(vectors[i]) : zero));
  const added = (x: string, y: string, low: readonly number[], high: readonly number[]): string => {
    const [a, aAgain] = repeated(x, "v128", scope);
    const [b, bAgain] = repeated(y, "v128", scope);
    return operation(`${shape}.add`, shuffled(low, bytes, a, b), shuffled(high, bytes, aAgain, bAgain));
  };
  if (lanes === 2) return added(texts[0], texts[1], [0, 2], [1, 3]);
  // The lanes a0+a2, b0+b2, a1+a3, b1+b3, and the same for the other two vectors.
  const [x, y] = [0, 2].map((i) => added(texts[i], texts[i + 1], [0, 4, 1, 5], [2, 6, 3, 7]));
  return added(x, y, [0, 1, 4, 5], [2, 3, 6, 7]);
}

function lane(x: Expression, index: number, scope: Scope, print: Print): string {
  const shape = shapeOf(x.type, scope.float);
  if (x.type !== "bool") return operation(`${shape}.extract_lane ${index}`, print(x));
  const bits = operation(`i32x4.extract_lane ${shape === "i64x2" ? 2 * index : index}`, print(x));
  return operation("i32.and", bits, constant(1, scalarType("bool")));
}

export function vectorExpression(
  x: VectorExpression,
  lanesOfFolded: number,
  scope: Scope,
  print: Print,
): string {
  switch (x.kind) {
    case "splat":
      return splat(x.x, x.type, scope, print);
    case "ramp":
      return ramp(x.x, x.type, scope, print);
    case "gather":
      return gather(x.elements, x.type, scope, print);
    case "fold":
      return fold(x.operator, x.x, lanesOfFolded, scope, print);
    case "sums":
      return sums(x.vectors, x.type, scope, print);
    case "lane":
      return lane(x.x, x.index, scope, print);
  }
}
