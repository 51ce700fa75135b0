/** The frame of losses that are a mean over elements: a row gives the value of one element. */
import type { z } from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { countOf, meanOf, realTarget, refuseReal, totalOf } from "../compare.ts";
import { defineLoss } from "../define.ts";
import type { Loss, Values } from "../define.ts";

interface ElementwiseRow<Keys extends z.ZodRawShape> extends Pick<
  Loss<Keys>,
  "name" | "about" | "keys" | "threshold" | "estimate"
> {
  readonly accepts?: Loss<Keys>["accepts"];
  readonly value?: Loss<Keys>["value"];
  /** The loss of an element: p predicted, t expected. */
  element(g: GraphBuilder, p: Node, t: Node, keys: Values<Keys>): Node;
}

export const elementwise = <const Keys extends z.ZodRawShape>({
  element,
  accepts = refuseReal,
  value = (g, sums, _, comparison) => meanOf(g, sums, comparison),
  ...rest
}: ElementwiseRow<Keys>): Loss<Keys> =>
  defineLoss({
    ...rest,
    accepts,
    sums: (g, comparison, keys) => ({
      total: totalOf(g, comparison, element(g, comparison.prediction, realTarget(g, comparison), keys)),
      count: countOf(g, comparison),
    }),
    value,
  });
