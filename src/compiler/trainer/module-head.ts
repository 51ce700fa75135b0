/** The head of an emitted trainer: a table of its layers with parameters and costs, and its spec. */
import type { LoopProgram } from "../loop/types.ts";
import type { ModelGraphs } from "../spec/build.ts";
import type { Model } from "../spec/types.ts";
import { yamlLines } from "../util/yaml-text.ts";
import { layerLines, layerTable } from "./layer-table.ts";

/** The comment lines below the banner. `lowered` are the programs of the model after lowering. */
export const headLines = (model: Model, built: ModelGraphs, lowered: readonly LoopProgram[]): string[] =>
  [...layerLines(model, layerTable(model, built, lowered)), "", ...specLines(model)].map((line) =>
    line === "" ? "//" : `//   ${line}`,
  );

/** The canonical spec: defaults are filled in, and layers are in one list with names and inputs. */
function specLines({ specHash: _, modelFiles: __, network, ...spec }: Model): string[] {
  const layers = network.map(({ index: ___, path: ____, name, type, from, ...others }) => ({
    name,
    type,
    from,
    ...others,
  }));
  const { name, inputs, targets, ...others } = spec;
  return yamlLines({ name, inputs, targets, network: layers, ...others });
}
