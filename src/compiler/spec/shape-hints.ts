/** Hints about an output whose shape does not fit its target: the layer to change or to insert. */
import { formatPath } from "../diagnostics/diagnostic.ts";
import type { Node } from "../ir/nodes.ts";
import type { Fit } from "../library/define.ts";
import { shapeText } from "../library/layers/layer.ts";
import type { Objective } from "./objectives.ts";
import type { Layer, Model } from "./types.ts";

const layerNamed = ({ network }: Model, name: string): Layer | undefined =>
  network.find((layer) => layer.name === name);

const layerText = ({ path, name }: Layer): string => `${formatPath(path)} (${name})`;

/** Layers that act on each position of a sequence separately. */
const isPositionwise = ({ type }: Layer): boolean =>
  type === "dense" || type === "activation" || type === "dropout";

/**
 * For an output with an axis of positions, and a target without one: names the recurrent layer that returns a
 * sequence, or else the layer that should read the whole sequence.
 */
export function sequenceHint(
  model: Model,
  { target, output }: Objective,
  values: ReadonlyMap<string, Node>,
): string | undefined {
  if (target.shape.length + (target.classes === undefined ? 0 : 1) > 1) return undefined;
  let first: { readonly layer: Layer; readonly sequence: Node } | undefined;
  let layer = layerNamed(model, output);
  let value = values.get(output);
  for (let isTail = true; layer !== undefined && value?.type.shape.length === 3;) {
    if ("returnSequences" in layer && layer.returnSequences)
      return (
        `remove "returnSequences" from ${layerText(layer)}, ` +
        'or insert { "type": "global-avg-pool1d" } after it'
      );
    const [from] = layer.from;
    value = values.get(from);
    isTail = isTail && isPositionwise(layer);
    if (isTail && layer.type === "dense" && value !== undefined) first = { layer, sequence: value };
    layer = layerNamed(model, from);
  }
  if (first === undefined) return undefined;
  return (
    `${layerText(first.layer)} acts on each position of its input ${shapeText(first.sequence.type.shape)} ` +
    'separately; insert { "type": "global-avg-pool1d" } or { "type": "flatten" } before it'
  );
}

/** The key that sets the size of the layer's last axis. */
const sizeKey = (layer: Layer): string | undefined =>
  layer.type === "custom" ? undefined : ["units", "filters"].find((key) => Object.hasOwn(layer, key));

/** For an output whose last axis has the wrong size: names the layer and the size, and the other way around. */
export function sizeHint(
  model: Model,
  { target, output }: Objective,
  fit: Fit,
  accepts: (fit: Fit) => boolean,
): string | undefined {
  // A layer that predicts several targets cannot fit all of them.
  if (Object.values(model.losses ?? {}).filter(({ from }) => from === output).length > 1) return undefined;
  let layer = layerNamed(model, output);
  while (layer?.type === "activation" || layer?.type === "dropout") layer = layerNamed(model, layer.from[0]);
  const key = layer && sizeKey(layer);
  const last = fit.output.at(-1);
  if (layer === undefined || key === undefined || last === undefined) return undefined;
  const outer = fit.output.slice(0, -1);
  const size = [target.classes, target.shape.at(-1), 1].find(
    (each) => each !== undefined && accepts({ ...fit, output: [...outer, each] }),
  );
  if (size === undefined) return undefined;
  const hint = `set "${key}" of ${layerText(layer)} to ${size}`;
  if (target.classes !== undefined)
    return last >= 2 && accepts({ ...fit, target: { ...fit.target, classes: last } })
      ? `${hint}, or "classes" of ${target.name} to ${last}`
      : hint;
  const shape = [...target.shape.slice(0, -1), last];
  return target.shape.length > 0 && accepts({ ...fit, target: { shape } })
    ? `${hint}, or "shape" of ${target.name} to [${shape.join(", ")}]`
    : hint;
}
