/** The head of an emitted trainer: a table of its layers with parameters and costs, and its spec. */
import { sizeOf } from "../ir/types.ts";
import type { Shape } from "../ir/types.ts";
import type { LoopProgram } from "../loop/types.ts";
import type { ModelGraphs } from "../spec/build.ts";
import type { Layer, Model } from "../spec/types.ts";
import { countText } from "../util/number-text.ts";
import { yamlLines } from "../util/yaml-text.ts";

/** The comment lines below the banner. `lowered` are the programs of the model after lowering. */
export const headLines = (model: Model, built: ModelGraphs, lowered: readonly LoopProgram[]): string[] =>
  [...layerLines(model, built, lowered), "", ...specLines(model)].map((line) =>
    line === "" ? "//" : `//   ${line}`,
  );

/** The canonical spec: defaults are filled in, and layers are in one list with names and inputs. */
function specLines({ specHash: _, network, ...spec }: Model): string[] {
  const layers = network.map(({ index: _, path: __, name, type, from, ...others }) => ({
    name,
    type,
    from,
    ...others,
  }));
  const { name, inputs, targets, ...others } = spec;
  return yamlLines({ name, inputs, targets, network: layers, ...others });
}

/** A line per layer, and one for the total. Costs are FLOPs of a prediction, per sample. */
function layerLines(model: Model, built: ModelGraphs, lowered: readonly LoopProgram[]): string[] {
  const shapes = shapesOf(model, built);
  const flops = flopsOf(lowered, model.training.batchSize);
  const rows = model.network.map((layer) => {
    const own = built.parameters.filter((parameter) => parameter.layer === layer.name);
    const count = own.reduce((sum, { shape }) => sum + sizeOf(shape, 1), 0);
    return {
      layer: layer.name,
      type: layer.type,
      output: shapeText(shapes.get(layer.name)?.slice(1)),
      parameters: own.map(({ name, shape }) => `${name.slice(layer.name.length + 1)} ${shapeText(shape)}`),
      count,
      flops: flops.get(layer.name) ?? 0,
    };
  });
  const total = (of: (row: (typeof rows)[number]) => number) =>
    countText(rows.reduce((sum, row) => sum + of(row), 0));
  const table = [
    ["layer", "type", "output", "parameters", "count", "FLOPs per prediction"],
    ...rows.flatMap(({ layer, type, output, parameters, count, flops }) =>
      chunks(parameters).map((part, i) =>
        i === 0
          ? [layer, type, output, part, countText(count), countText(flops)]
          : ["", "", "", part, "", ""],
      ),
    ),
    ["total", "", "", "", total(({ count }) => count), total((row) => row.flops)],
  ];
  return aligned(table);
}

/** Joins the parameters of a layer into lines, a few in each. */
function chunks(parameters: readonly string[]): string[] {
  const lines: string[] = [];
  for (const text of parameters) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < 44) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return lines.length === 0 ? [""] : lines;
}

const shapeText = (shape: Shape = []): string => `[${shape.join(", ")}]`;

/** Aligns columns of text to the left and columns of numbers to the right. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table.map((row) =>
    row
      .map((cell, column) => (column < 4 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd(),
  );
}

/** The output shape of each layer. A layer without a node of its own has the shape of its input. */
function shapesOf({ network }: Model, { training }: ModelGraphs): ReadonlyMap<string, Shape> {
  const shapes = new Map(
    training.nodes.flatMap(({ name, type }): [string, Shape][] =>
      name === undefined ? [] : [[name, type.shape]],
    ),
  );
  const shapeOf = ({ name, from }: Layer) => shapes.get(name) ?? shapes.get(from[0]);
  for (const layer of network) {
    const shape = shapeOf(layer);
    if (shape !== undefined) shapes.set(layer.name, shape);
  }
  return shapes;
}

/** The FLOPs of each layer per sample, as counted in the kernels that predict. */
function flopsOf(lowered: readonly LoopProgram[], batchSize: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const kernels = lowered.filter(({ name }) => name === "predict").flatMap((program) => program.kernels);
  for (const { layer, flops } of kernels.flatMap(({ provenance }) => provenance))
    if (layer !== undefined) sums.set(layer, (sums.get(layer) ?? 0) + flops);
  return new Map([...sums].map(([layer, flops]) => [layer, Math.round(flops / batchSize)]));
}
