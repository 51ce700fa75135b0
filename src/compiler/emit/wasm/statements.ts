/**
 * Statements of the loop IR as WebAssembly text, one per line. A sum of products takes the same number of
 * bytes in plain and in fused modules.
 */
import { InternalError } from "../../diagnostics/errors.ts";
import { lanesOf } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import type { For, Statement } from "../../loop/types.ts";
import { addressOf, offsetText } from "./addresses.ts";
import { expressionText } from "./expressions.ts";
import { rangeOf } from "../../loop/intervals.ts";
import { constant, isVector, scalarType, shapeOf, valueType } from "./value-types.ts";
import { get, operation, repeated } from "./scope.ts";
import type { Scope } from "./scope.ts";

export function statementLines(statements: readonly Statement[], scope: Scope): string[] {
  return statements.flatMap((statement) => {
    const lines = linesOf(statement, scope);
    scope.endStatement();
    return lines;
  });
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function linesOf(statement: Statement, scope: Scope): string[] {
  switch (statement.kind) {
    case "for": {
      const from = expressionText(statement.from, scope);
      const isSure = rangeOf(statement.from, scope.ranges).most < rangeOf(statement.to, scope.ranges).least;
      return loopLines(statement, { from, to: expressionText(statement.to, scope), isSure }, scope);
    }
    case "let":
    case "assign": {
      const local = scope.localOf(statement.name, valueType(statement.value));
      return [
        operation(`local.set $${local}`, sumText(statement, scope) ?? expressionText(statement.value, scope)),
      ];
    }
    case "store":
      return storeLines(statement, scope);
  }
}

/** The bounds of a loop, and whether it is certain to run. */
export interface Bounds {
  readonly from: string;
  readonly to: string;
  readonly isSure: boolean;
}

/**
 * The lines of a loop. It tests its condition at the end, and also at the start unless it is certain to run.
 */
export function loopLines(loop: For, { from, to, isSure }: Bounds, scope: Scope): string[] {
  const counter = scope.localOf(loop.variable, "i32");
  const isPlain = /^\((local\.get|i32\.const) [^()]*\)$/.test(to);
  const end = isPlain ? to : get(scope.localOf(`${counter}.end`, "i32"));
  const next = operation(
    `local.tee $${counter}`,
    operation("i32.add", get(counter), constant(loop.step, "i32")),
  );
  const lines = [
    `(loop $${counter}_loop`,
    ...indented(statementLines(loop.body, scope)),
    `  (br_if $${counter}_loop ${operation("i32.lt_s", next, end)}))`,
  ];
  return [
    operation(`local.set $${counter}`, from),
    ...(isPlain ? [] : [operation(`local.set $${counter}.end`, to)]),
    ...(isSure ? lines : [`(if ${operation("i32.lt_s", get(counter), end)} (then`, ...indented(lines), "))"]),
  ];
}

/**
 * The value of an assignment `sum = sum + a · b` of vectors; undefined for other statements. Relaxed SIMD
 * has one instruction for it, which rounds only once. In the fused module, instructions without effect
 * replace the multiplication. Positions therefore stay the same, and changing a few bytes turns the plain
 * module into the fused one.
 */
function sumText(statement: Statement, scope: Scope): string | undefined {
  if (statement.kind !== "assign" || !isVector(statement.value)) return undefined;
  const { value, name } = statement;
  if (value.kind !== "binary" || value.operator !== "+" || (value.type !== "f32" && value.type !== "f64"))
    return undefined;
  const { x: sum, y: product } = value;
  if (sum.kind !== "variable" || sum.name !== name) return undefined;
  if (product.kind !== "binary" || product.operator !== "*") return undefined;
  const shape = shapeOf(value.type, scope.float);
  const [a, b, before] = [product.x, product.y, sum].map((x) => expressionText(x, scope));
  return scope.isFused
    ? operation(`${shape}.relaxed_madd`, a, b, "(nop)", "(nop)", "(nop)", before)
    : operation(`${shape}.add`, operation(`${shape}.mul`, a, b), before);
}

function storeLines(statement: Extract<Statement, { kind: "store" }>, scope: Scope): string[] {
  const { value, count } = statement;
  const print = (x: Expression) => expressionText(x, scope);
  const { operand, offset } = addressOf(statement.at, scope.baseOf(statement.buffer), scope.ranges, print);
  const lanes = lanesOf(value);
  if (lanes === 1)
    return [operation(`${scalarType(value.type)}.store${offsetText(offset)}`, operand, print(value))];
  const bytes = scope.bytesOf(statement.buffer);
  const kept =
    count === undefined ? lanes : count.kind === "number" ? Math.min(count.value, lanes) : undefined;
  if (kept !== undefined && kept * bytes === 16)
    return [operation(`v128.store${offsetText(offset)}`, operand, print(value))];
  const place = scope.temporary("i32");
  const vector = scope.temporary("v128");
  const set = [operation(`local.set $${place}`, operand), operation(`local.set $${vector}`, print(value))];
  const part = (lane: number, size: number): string =>
    operation(
      `v128.store${size * 8}_lane${offsetText(offset + lane * bytes)} ${(lane * bytes) / size}`,
      get(place),
      get(vector),
    );
  if (kept !== undefined) return [...set, ...partsOf(kept, bytes).map(([lane, size]) => part(lane, size))];
  if (count === undefined) throw new InternalError("a store without count stores all lanes");
  const [first, again] = repeated(print(count), "i32", scope);
  const whole = operation(`v128.store${offsetText(offset)}`, get(place), get(vector));
  return [...set, ...someLanes(lanes, bytes, first, again, part, whole)];
}

type Part = (lane: number, size: number) => string;

/**
 * Lanes 0 … count − 1 are stored in pieces of 8 and 4 bytes. Returns the first lane and the size of each
 * piece.
 */
function partsOf(count: number, bytes: number): (readonly [lane: number, size: number])[] {
  if (bytes === 8) return Array.from({ length: count }, (_, lane) => [lane, 8] as const);
  const pair = count >= 2 ? [[0, 8] as const] : [];
  return count % 2 === 1 ? [...pair, [count - 1, 4] as const] : pair;
}

/**
 * Stores a number of lanes that is known only at run time. It tests the bits of the number: for example, 3
 * lanes are stored as a pair and a single lane.
 */
function someLanes(
  lanes: number,
  bytes: number,
  count: string,
  again: string,
  part: Part,
  whole: string,
): string[] {
  const when = (condition: string, then: string, otherwise?: string) =>
    `(if ${condition} (then ${then})${otherwise === undefined ? "" : ` (else ${otherwise})`})`;
  const atLeast = (x: string, least: number) => operation("i32.ge_s", x, constant(least, "i32"));
  if (bytes === 8) return [when(atLeast(count, 2), whole, when(atLeast(again, 1), part(0, 8)))];
  const odd = operation("i32.and", again, constant(1, "i32"));
  const upToThree = (x: string) =>
    when(atLeast(x, 2), `${part(0, 8)} ${when(odd, part(2, 4))}`, when(odd, part(0, 4)));
  if (lanes === 2) return [when(atLeast(count, 2), part(0, 8), when(odd, part(0, 4)))];
  return [when(atLeast(count, 4), whole, upToThree(again))];
}
