/** The layers of a spec's network: the type of each layer, and the shape of a row of its output. */
import { collector } from "../../src/compiler/diagnostics/errors.ts";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import { buildNetwork } from "../../src/compiler/spec/build-network.ts";
import { outputsOf } from "../../src/compiler/spec/objectives.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { Json } from "./random-parts.ts";
import type { RowShape } from "./layer-parts.ts";

export interface LayerFact {
  readonly name: string;
  readonly type: string;
  readonly shape: RowShape;
}

export interface SpecFacts {
  /** The layers after blocks are expanded. */
  readonly layers: readonly LayerFact[];
  /** For each target, the shape of the output that predicts it. */
  readonly outputs: readonly RowShape[];
}

/** Returns undefined if the network is invalid. The loss and the targets do not matter. */
export function factsOf(spec: Json): SpecFacts | undefined {
  try {
    const model = parseModel(spec);
    const { values } = buildNetwork(model, createBuilder("f64"), "evaluation", collector());
    const shapeOf = (name: string): RowShape =>
      (values.get(name)?.type.shape ?? []).flatMap((size) => (size === "n" ? [] : [size]));
    const layers = model.network.map(({ name, type }) => ({ name, type, shape: shapeOf(name) }));
    const outputs = outputsOf(model);
    return outputs.every((output) => values.has(output))
      ? { layers, outputs: outputs.map(shapeOf) }
      : undefined;
  } catch {
    return undefined;
  }
}
