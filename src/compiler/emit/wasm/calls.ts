/**
 * Prints function calls as WebAssembly text: as a few instructions where they suffice, otherwise as a call of
 * a function in the module.
 */
import { InternalError } from "../../diagnostics/errors.ts";
import { lanesOf } from "../../loop/expressions.ts";
import type { Expression, FunctionName } from "../../loop/expressions.ts";
import { functions } from "./functions/index.ts";
import { constant, constantVector, isVector, shapeOf } from "./value-types.ts";
import { operation, repeated } from "./scope.ts";
import type { Print, Scope } from "./scope.ts";

type Call = Extract<Expression, { kind: "call" }>;

export function callText(x: Call, scope: Scope, print: Print): string {
  const { name, type } = x;
  if (name === "randomKey") return calledText(x, "f32", x.operands.map(print), scope);
  if (type === "bool") throw new InternalError(`${name} does not return bool`);
  if (type === "i32") return isVector(x) ? integerVector(x, print, scope) : integerText(x, print, scope);
  if (name === "sign" && !isVector(x)) return signText(print(x.operands[0]), type, scope);
  // An operand that all lanes share, such as the key of random numbers, may be a scalar.
  const shared = (operand: Expression): Expression =>
    isVector(x) && !isVector(operand)
      ? { kind: "splat", x: operand, lanes: lanesOf(x), type: operand.type }
      : operand;
  return calledText(
    x,
    type,
    x.operands.map((operand) => print(shared(operand))),
    scope,
  );
}

function calledText(x: Call, type: "f32" | "f64", operands: readonly string[], scope: Scope): string {
  const found = functions[x.name][type];
  if (found.kind === "identity") return operands[0];
  if (found.kind === "instruction")
    return operation(isVector(x) ? (cheaper(x) ?? found.vector) : found.scalar, ...operands);
  scope.uses(x.name, type);
  if (isVector(x))
    return found.kind === "vector"
      ? operation(`call $${found.name}`, ...operands)
      : lanewise(found.name, operands, scope);
  if (found.kind === "scalar") return operation(`call $${found.name}`, ...operands);
  const splats = operands.map((text, i) =>
    operation(`${shapeOf(x.operands[i].type, scope.float)}.splat`, text),
  );
  return operation(
    `${shapeOf(type, scope.float)}.extract_lane 0`,
    operation(`call $${found.name}`, ...splats),
  );
}

/** Calls a function on scalar doubles once for each of two lanes. */
function lanewise(name: string, operands: readonly string[], scope: Scope): string {
  const kept = operands.map((text) => repeated(text, "v128", scope));
  const ofLane = (lane: number) =>
    operation(`call $${name}`, ...kept.map((texts) => operation(`f64x2.extract_lane ${lane}`, texts[lane])));
  return operation("f64x2.replace_lane 1", operation("f64x2.splat", ofLane(0)), ofLane(1));
}

/**
 * The instruction for the maximum or minimum of x and a constant; undefined for other operands. It compiles
 * to one machine instruction; the general instruction compiles to eight. It returns x unless the constant is
 * larger (or smaller), so a NaN in x is preserved. If both are zeros with different signs, it returns x.
 */
function cheaper({ name, type, operands }: Call): string | undefined {
  const other = operands[1];
  const isNumber = other?.kind === "splat" && other.x.kind === "number" && !Number.isNaN(other.x.value);
  if (!isNumber || (name !== "maximum" && name !== "minimum")) return undefined;
  return `${type === "f32" ? "f32x4" : "f64x2"}.${name === "maximum" ? "pmax" : "pmin"}`;
}

/** 1 with the sign of x; x itself if it is 0 or NaN. */
function signText(text: string, type: "f32" | "f64", scope: Scope): string {
  const [x, again] = repeated(text, type, scope);
  const isSigned = operation(`${type}.gt`, operation(`${type}.abs`, again), constant(0, type));
  return operation("select", operation(`${type}.copysign`, constant(1, type), x), again, isSigned);
}

const zero = constant(0, "i32");

function integerText({ name, operands }: Call, print: Print, scope: Scope): string {
  const [x, again] = repeated(print(operands[0]), "i32", scope);
  if (name === "absolute")
    return operation("select", x, operation("i32.sub", zero, again), operation("i32.ge_s", again, zero));
  if (name !== "minimum" && name !== "maximum")
    throw new InternalError(`WebAssembly has no ${name} of integers`);
  const [y, yAgain] = repeated(print(operands[1]), "i32", scope);
  return operation("select", x, y, operation(name === "minimum" ? "i32.lt_s" : "i32.gt_s", again, yAgain));
}

const ofIntegers: Partial<Record<FunctionName, string>> = {
  absolute: "abs",
  minimum: "min_s",
  maximum: "max_s",
};

function integerVector({ name, operands }: Call, print: Print, scope: Scope): string {
  const instruction = ofIntegers[name];
  if (instruction === undefined) throw new InternalError(`WebAssembly has no ${name} of integers`);
  const texts = operands.map((x) =>
    isVector(x) || x.kind !== "number" ? print(x) : constantVector(x.value, "i32", scope.float),
  );
  return operation(`i32x4.${instruction}`, ...texts);
}
