/**
 * Calls a function of a TypeScript spec. The function is the user's program, so an exception or an invalid
 * return value is reported as an error of the spec, without a stack trace. It runs while graphs are built,
 * never in the trainer.
 */
import { DiagnosticError, InternalError } from "../diagnostics/errors.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";
import { isFloat, sameShape } from "../ir/types.ts";
import type { Shape } from "../ir/types.ts";
import { showValue } from "../util/message-text.ts";
import { BuildError } from "./build-error.ts";

/**
 * Calls the function and returns its result. `what` is the name of the function in messages, such as "the
 * activation function".
 */
export function called(what: string, call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof BuildError || error instanceof DiagnosticError || error instanceof InternalError)
      throw error;
    throw new BuildError("T1607", `${what} throws ${errorText(error)}`, {
      hint: "the function runs while the model is compiled; its argument g is the builder, whose methods are the ops",
    });
  }
}

/**
 * The error on one line, such as "TypeError: x is undefined", without the prefix "internal:" of the builder.
 */
function errorText(error: unknown): string {
  const text =
    error instanceof Error ? `${error.name}: ${error.message.replace(/^internal: /, "")}` : showValue(error);
  const line = text.split("\n")[0];
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "op" in value && "operands" in value && "type" in value;

/**
 * The function's return value as a node. A number becomes a node; any other value, such as a promise or
 * undefined, is an error.
 */
export function returnedNode(g: GraphBuilder, what: string, value: unknown, element = g.float): Node {
  if (typeof value === "number") return g.number(value, element);
  if (isNode(value)) return value;
  throw new BuildError("T1608", `${what} must return a node created by the builder, got ${showValue(value)}`);
}

/**
 * The function's return value as a real node of this shape. A comparison becomes 0 and 1, and a single number
 * is repeated.
 */
export function returnedLike(
  g: GraphBuilder,
  what: string,
  value: unknown,
  shape: Shape,
  element = g.float,
): Node {
  const node = returnedNode(g, what, value, element);
  const real = isFloat(node.type.element) && node.type.element === element ? node : g.cast(node, { element });
  if (sameShape(real.type.shape, shape)) return real;
  if (real.type.shape.length === 0) return g.broadcastTo(real, shape);
  const [got, wanted] = [real.type.shape, shape].map((each) => `[${each.join(", ")}]`);
  throw new BuildError("T1608", `${what} must return a node of the shape ${wanted}, got ${got}`);
}
