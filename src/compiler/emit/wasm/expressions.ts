/** Scalar and vector expressions of the loop IR as folded WebAssembly text. */
import { relaxedBytes } from "../../../runtime/wasm/wasm-engine.ts";
import { invariant } from "../../diagnostics/errors.ts";
import { children, isCall, lanesOf, visit } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { addressOf, offsetText } from "./addresses.ts";
import { callText } from "./calls.ts";
import { convertScalar, convertVector } from "./conversions.ts";
import { narrowed, scalarOperation, vectorOperation } from "./operators.ts";
import { get, operation, repeated } from "./scope.ts";
import type { Print, Scope } from "./scope.ts";
import { constant, isVector, scalarType, shapeOf, valueType } from "./value-types.ts";
import { vectorExpression, vectorLoad } from "./vectors.ts";

/** The expressions of one kind. */
type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

export function expressionText(x: Expression, scope: Scope): string {
  const print: Print = (part) => expressionText(part, scope);
  switch (x.kind) {
    case "number":
      return constant(x.value, x.type);
    case "variable":
      return get(scope.localOf(x.name, valueType(x)));
    case "load":
      return x.lanes === undefined ? scalarLoad(x, scope, print) : vectorLoad(x, x.lanes, scope, print);
    case "negate":
      return negation(x, scope, print);
    case "binary":
      return binaryText(x, scope, print);
    case "call":
      return callText(x, scope, print);
    case "select":
      return selectText(x, scope, print);
    case "convert":
      return isVector(x)
        ? convertVector(print(x.x), x.x.type, x.type, scope.float)
        : convertScalar(print(x.x), x.x.type, x.type);
    default:
      return vectorExpression(x, children(x).length === 1 ? lanesOf(children(x)[0]) : 1, scope, print);
  }
}

function scalarLoad(x: Of<"load">, scope: Scope, print: Print): string {
  const { operand, offset } = addressOf(x.at, scope.baseOf(x.buffer), scope.ranges, print);
  return operation(`${scalarType(x.type)}.load${offsetText(offset)}`, operand);
}

function negation(x: Of<"negate">, scope: Scope, print: Print): string {
  if (isVector(x)) return operation(`${shapeOf(x.type, scope.float)}.neg`, print(x.x));
  return x.type === "i32"
    ? operation("i32.sub", constant(0, "i32"), print(x.x))
    : operation(`${scalarType(x.type)}.neg`, print(x.x));
}

function binaryText(x: Of<"binary">, scope: Scope, print: Print): string {
  const { operator } = x;
  const type = x.x.type;
  if (!isVector(x)) {
    // As in JavaScript, the right side must not load anything if the left side is false.
    if (operator === "and" && loads(x.y)) return lazy(print(x.x), print(x.y), constant(0, "bool"), "i32");
    return scalarOperation(operator, type, print(x.x), print(x.y));
  }
  if (operator === "quotient" || operator === "remainder") return dividedLanes(x, scope, print);
  return vectorOperation(operator, type, scope.float, print(x.x), print(x.y));
}

/** WebAssembly cannot divide integer vectors, so each lane is divided separately. */
function dividedLanes(x: Of<"binary">, scope: Scope, print: Print): string {
  const [left, leftAgain] = repeated(print(x.x), "v128", scope);
  const [right, rightAgain] = repeated(print(x.y), "v128", scope);
  const laneOf = (vector: string, i: number) => operation(`i32x4.extract_lane ${i}`, vector);
  const start = operation(
    "i32x4.splat",
    scalarOperation(x.operator, "i32", laneOf(left, 0), laneOf(right, 0)),
  );
  return Array.from({ length: lanesOf(x) - 1 }, (_, i) => i + 1).reduce(
    (text, i) =>
      operation(
        `i32x4.replace_lane ${i}`,
        text,
        scalarOperation(x.operator, "i32", laneOf(leftAgain, i), laneOf(rightAgain, i)),
      ),
    start,
  );
}

const loads = (x: Expression): boolean => {
  let found = false;
  visit(x, (part) => (found ||= part.kind === "load"));
  return found;
};

const isLong = (x: Expression): boolean => {
  let found = false;
  visit(x, (part) => (found ||= part.kind === "load" || isCall(part)));
  return found;
};

const lazy = (condition: string, x: string, y: string, type: string): string =>
  `(if (result ${type}) ${condition} (then ${x}) (else ${y}))`;

function selectText(x: Of<"select">, scope: Scope, print: Print): string {
  const [first, second] = [print(x.x), print(x.y)];
  if (isVector(x.condition)) {
    const mask = print(x.condition);
    return operation("v128.bitselect", first, second, x.type === "i32" ? narrowed(mask, scope.float) : mask);
  }
  if (isLong(x.x) || isLong(x.y)) return lazy(print(x.condition), first, second, valueType(x));
  return operation("select", first, second, print(x.condition));
}

// The plain module is converted to the module for relaxed SIMD as follows. In a sum of products, three
// instructions without effect replace the multiplication, and a fused multiply-add replaces the addition.
// Each vector instruction has three bytes: a prefix and a code of two bytes. The runtime implements this rule
// as well, because a trainer applies it when it starts.
//
//  f32x4.mul  fd e6 01  →  nop nop nop  01 01 01        f32x4.add  fd e4 01  →  f32x4.relaxed_madd  fd 85 02
//  f64x2.mul  fd f2 01  →  nop nop nop  01 01 01        f64x2.add  fd f0 01  →  f64x2.relaxed_madd  fd 87 02

/** The positions of the instructions in which the two modules differ. */
export function fusedPositions(plain: Uint8Array, relaxed: Uint8Array): number[] {
  invariant(plain.length === relaxed.length, "plain and relaxed module have different lengths");
  const places: number[] = [];
  for (let at = 0; at < plain.length; at++) {
    if (plain[at] === relaxed[at]) continue;
    // A multiplication differs in all three bytes; an addition differs only after its prefix.
    const start = plain[at] === 0xfd ? at : at - 1;
    places.push(start);
    at = start + 2;
  }
  invariant(
    relaxedBytes(plain, places).every((byte, at) => byte === relaxed[at]),
    "plain and relaxed module differ outside sums of products",
  );
  return places;
}
