/** The parts that all convolutions share: filters, groups and their initialisation, and f(product + bias). */
import * as z from "zod";
import type { Node } from "../../ir/nodes.ts";
import { choice } from "../../util/choice.ts";
import { activate, activationOf, activations } from "../activations/index.ts";
import type { ActivationChoice } from "../activations/index.ts";
import type { Fans } from "../define.ts";
import { defaultInitialiser, initialisers } from "../initialisers/index.ts";
import type { InitialiserChoice } from "../initialisers/index.ts";
import type { LayerContext, LayerInput } from "./layer.ts";

export const filtersKey = z
  .int()
  .positive()
  .describe("The number of filters, which is the number of output channels.");

export const groupsKey = z
  .int()
  .positive()
  .optional()
  .describe(
    "The number of groups into which channels and filters are divided; a filter reads only the channels of its " +
      "group. By default 1: every filter reads all channels.",
  );

export interface Grouping {
  readonly filters: number;
  readonly groups?: number | undefined;
}

/** The number of groups, which must divide channels and filters. */
export function groupsOf(
  { layer, refuse }: LayerContext,
  input: LayerInput,
  channels: number,
  { filters, groups = 1 }: Grouping,
): number {
  const divided = [
    { count: channels, what: `channels of ${input.name}` },
    { count: filters, what: "filters" },
  ].find(({ count }) => count % groups !== 0);
  if (divided !== undefined)
    refuse(`${layer}.groups must divide the ${divided.count} ${divided.what}, got ${groups}`, {
      key: "groups",
    });
  return groups;
}

export const filterKeys = {
  activation: choice(activations)
    .prefault("linear")
    .describe("The activation applied to the output of the filters."),
  bias: z.boolean().default(true).describe("If true, adds a learned bias for each filter."),
  init: choice(initialisers)
    .optional()
    .describe("The initialiser of the filters; by default the same as for dense layers."),
};

export interface FilterValues {
  readonly activation: ActivationChoice;
  readonly bias: boolean;
  readonly init?: InitialiserChoice;
}

/** The filters: the parameter `NAME.weight`. */
export const filterWeight = (
  context: LayerContext,
  shape: readonly number[],
  fans: Fans,
  { activation, init }: FilterValues,
): Node =>
  context.parameter("weight", shape, {
    init: init ?? defaultInitialiser(activationOf(activation).family),
    initKey: "init",
    regularized: true,
    fans,
  });

/** f(product + b), where `NAME.bias` has one number per channel of the product. */
export function filtered(
  context: LayerContext,
  product: Node,
  fans: Fans,
  { activation, bias }: FilterValues,
): Node {
  const { g, layer } = context;
  const channels = Number(product.type.shape.at(-1));
  const options = { init: { type: "zeros" }, initKey: "init", regularized: false, fans } as const;
  const sum = bias
    ? g.add(g.named(`${layer}_product`, product), context.parameter("bias", [channels], options))
    : product;
  return activation.type === "linear" ? sum : activate(g, g.named(`${layer}_sum`, sum), activation);
}
