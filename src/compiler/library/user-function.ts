/**
 * Calls a function of a TypeScript spec. It is the user's program, so an exception or a wrong return value is
 * reported as an error of the spec, without a stack trace. It runs while graphs are built, never in the trainer.
 */
import { DiagnosticError, InternalError } from "../diagnostics/errors.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";
import { isFloat, sameShape } from "../ir/types.ts";
import type { Shape } from "../ir/types.ts";
import { showValue } from "../util/message-text.ts";
import { BuildError } from "./build-error.ts";

/** The function's return value. `what` is its name in messages: "the activation function". */
export function called(what: string, call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof BuildError || error instanceof DiagnosticError || error instanceof InternalError)
      throw error;
    throw new BuildError("T1607", `${what} throws ${errorText(error)}`, {
      hint: "the function runs while the model is compiled; it gets the builder g, whose methods are the ops",
    });
  }
}

/** "TypeError: x is undefined", on one line and without the builder's prefix "internal:". */
function errorText(error: unknown): string {
  const text =
    error instanceof Error ? `${error.name}: ${error.message.replace(/^internal: /, "")}` : showValue(error);
  const line = text.split("\n")[0];
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "op" in value && "operands" in value && "type" in value;

/** The return value if it is a node, or a number as a node; anything else (a promise, undefined) is an error. */
export function returnedNode(g: GraphBuilder, what: string, value: unknown, element = g.float): Node {
  if (typeof value === "number") return g.number(value, element);
  if (isNode(value)) return value;
  throw new BuildError("T1608", `${what} must return a node of the builder, got ${showValue(value)}`);
}

/** The same, real and of that shape; a comparison becomes 0 and 1, a single number is repeated. */
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
  throw new BuildError("T1608", `${what} must return the shape ${wanted}, but returns ${got}`);
}
