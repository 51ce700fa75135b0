/** The view of the layers: output shapes, parameters and costs, as text and as JSON. */
import { bytesOfElement } from "../../compiler/loop/types.ts";
import {
  flopsPerRow,
  isFrozen,
  layerCells,
  layerLines,
  layerTable,
  parameterCount,
} from "../../compiler/trainer/layer-table.ts";
import { countText, sizeText } from "../../compiler/util/number-text.ts";
import { tableHtml } from "../charts/html-page.ts";
import { frozenSavings } from "../explain/explain-layers.ts";
import { countOptionsOf } from "../explain/graph-counts.ts";
import type { Subject } from "../explain/subject.ts";
import type { View } from "./view.ts";

export function layersView({ compilation }: Subject): View {
  const { model, built, lowered, plan } = compilation;
  const { float, batchSize } = countOptionsOf(compilation);
  const rows = layerTable(model, built, lowered);
  const all = rows.flatMap(({ parameters }) => parameters);
  const trainable = parameterCount(all.filter((parameter) => parameter.trainable));
  const frozen = parameterCount(all) - trainable;
  const size = bytesOfElement[float];
  const counted = (count: number) => `${countText(count)} (${sizeText(count * size)})`;
  const text = () =>
    [
      `${model.name}: ${rows.length} layers, ${float}`,
      "",
      ...layerLines(model, rows, size),
      "",
      `trainable parameters: ${counted(trainable)}`,
      `frozen parameters and running statistics: ${counted(frozen)}`,
      `memory of training with batches of ${batchSize} rows: ${sizeText(plan.bytes)}`,
      ...(model.network.some(isFrozen) ? [frozenSavings(compilation, { dtype: float })] : []),
      "",
    ].join("\n");
  const json = () => ({
    name: model.name,
    dtype: float,
    layers: rows.map((row) => {
      const { layer, output, parameters } = row;
      const count = parameterCount(parameters);
      return {
        name: layer.name,
        type: layer.type,
        from: layer.from,
        output: output?.slice(1),
        parameters,
        count,
        bytes: count * size,
        flops: flopsPerRow(row, model),
      };
    }),
    total: {
      count: trainable + frozen,
      trainable,
      frozen,
      bytes: (trainable + frozen) * size,
      flops: rows.reduce((sum, row) => sum + flopsPerRow(row, model), 0),
    },
    memory: { batchSize, bytes: plan.bytes },
  });
  const fragment = () => {
    const cells = layerCells(model, rows, size);
    const [head, body, foot] = [cells[0], cells.slice(1, -1), cells.slice(-1)];
    return tableHtml({ title: `${model.name}: ${rows.length} layers, ${float}`, head, rows: body, foot });
  };
  return { text, json, fragment };
}
