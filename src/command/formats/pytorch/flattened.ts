/**
 * The order of the elements of flattened images. The layers of a model have channels last, those of PyTorch channels
 * first, so that `flatten` gives two different orders of the same elements.
 */
import type { Node } from "../../../compiler/ir/nodes.ts";
import type { Layer, Model } from "../../../compiler/spec/types.ts";
import type { Flattened } from "./layouts.ts";

/** Layers whose output has the elements of their input in the same order. */
const keepsOrder: readonly string[] = [
  "activation",
  "dropout",
  "prelu",
  "batch-norm",
  "layer-norm",
  "rms-norm",
  "add",
  "multiply",
  "residual",
];

/** Layers whose modules in PyTorch read sequences [channels, length]. */
const channelsFirst = /^(conv1d|conv1d-transpose|(max|avg)-pool1d|upsample|pad|instance-norm|group-norm)$/;

/** The sizes of the image or sequence that the input of the layer was flattened from, with channels last. */
export function flattenedBefore(
  { network }: Model,
  values: ReadonlyMap<string, Node>,
  { from }: Layer,
): Flattened {
  const layers = new Map(network.map((layer) => [layer.name, layer]));
  const sizes = (name: string): readonly number[] =>
    (values.get(name)?.type.shape ?? []).slice(1).map((size) => Number(size));
  const hasChannelsFirst = (name: string): boolean => {
    if (sizes(name).length > 2) return true;
    const layer = layers.get(name);
    if (layer === undefined) return false;
    if (channelsFirst.test(layer.type)) return true;
    // Norms over the last axis read channels last in PyTorch, too.
    const isNorm = layer.type === "layer-norm" || layer.type === "rms-norm";
    const passes = layer.type === "concat" || (keepsOrder.includes(layer.type) && !isNorm);
    return passes && hasChannelsFirst(layer.from[0]);
  };
  const before = (name: string): Flattened => {
    const layer = layers.get(name);
    if (layer === undefined || sizes(name).length !== 1) return undefined;
    const [input] = layer.from;
    if (keepsOrder.includes(layer.type)) return before(input);
    if (layer.type !== "flatten" && layer.type !== "reshape") return undefined;
    const given = sizes(input);
    if (given.length === 1) return before(input);
    // Without positions or channels, both orders are the same.
    const isSame = given.filter((size) => size > 1).length < 2;
    return isSame || !hasChannelsFirst(input) ? undefined : given;
  };
  return before(from[0]);
}
