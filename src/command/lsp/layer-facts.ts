/** What `tapeless inspect` prints about each layer, for the layers as they are written in the spec. */
import { bytesOfElement } from "../../compiler/loop/types.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { layerTable, parameterCount } from "../../compiler/trainer/layer-table.ts";
import { counted } from "../../compiler/util/number-text.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import type { BuiltModel } from "./analyse.ts";

/** A layer of the spec. A layer of a repeated block stands for several layers of the model. */
export interface LayerFacts {
  readonly path: SpecPath;
  /** The output shape without the batch axis, such as `[64]`. */
  readonly output: string;
  /** The number of layers of the model; the counts below are their sums. */
  readonly copies: number;
  readonly parameters: number;
  readonly bytes: number;
  /** The FLOPs to predict one row; undefined if they are not counted yet. */
  readonly flops: number | undefined;
}

/** `flops`: the FLOPs of each layer of the model, in order, if they are known. */
export function layerFacts({ model, graphs }: BuiltModel, flops: readonly number[] = []): LayerFacts[] {
  const rows = layerTable(model, graphs, []).map((row, index) => ({ ...row, flops: flops.at(index) }));
  const byPath = groupBy(rows, ({ layer }) => JSON.stringify(layer.path));
  return [...byPath.values()].map((copies): LayerFacts => {
    const last = copies[copies.length - 1];
    const parameters = copies.reduce((sum, each) => sum + parameterCount(each.parameters), 0);
    const known = copies.flatMap((each) => each.flops ?? []);
    return {
      path: last.layer.path,
      output: `[${(last.output ?? []).slice(1).join(", ")}]`,
      copies: copies.length,
      parameters,
      bytes: parameters * bytesOfElement.f32,
      flops: known.length === copies.length ? known.reduce((sum, each) => sum + each, 0) : undefined,
    };
  });
}

/** Such as "[64], 4,160 parameters, 16,640 bytes, 8,320 FLOPs": the numbers that `tapeless inspect` prints. */
export function factsText({ output, copies, parameters, bytes, flops }: LayerFacts): string {
  const parts = [
    output,
    ...(parameters === 0 ? [] : [counted(parameters, "parameter"), counted(bytes, "byte")]),
    ...(flops === undefined || flops === 0 ? [] : [counted(flops, "FLOP")]),
  ];
  return `${parts.join(", ")}${copies === 1 ? "" : ` (sum of ${copies} copies)`}`;
}

/** The output shapes by the path of the layer, as JSON. */
export const layerOutputs = (layers: readonly LayerFacts[]): ReadonlyMap<string, string> =>
  new Map(layers.map(({ path, output }) => [JSON.stringify(path), output]));
