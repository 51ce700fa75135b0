/** Storage that persists between programs: parameters, states, gradients, batch, results and totals. */
import {
  flatGradients,
  flatParameters,
  gradientStorage,
  nameIn,
  storageParts,
  trainedStorage,
  trainedWeights,
} from "../ir/storage.ts";
import type { Graph } from "../ir/nodes.ts";
import type { ElementType, Shape, TensorType } from "../ir/types.ts";
import type { Buffer, Region } from "../loop/types.ts";
import type { ModelGraphs } from "../spec/build.ts";
import type { Model } from "../spec/types.ts";

interface Outputs {
  readonly measure?: Graph | undefined;
  readonly gradient: Graph;
  readonly update: Graph;
  readonly predict: Graph;
  readonly evaluate: Graph;
  readonly summarise: Graph;
  readonly probe?: Graph | undefined;
}

const memoryElement = (element: ElementType, float: "f32" | "f64"): "f32" | "f64" | "i32" =>
  element === "bool" ? float : element;

/** The buffers by storage name, region by region in the order of the arena. */
export function storageOf(
  model: Model,
  built: ModelGraphs,
  graphs: Outputs,
  float: "f32" | "f64",
): Map<string, Buffer> {
  const storage = new Map<string, Buffer>();
  const put = (
    name: string,
    element: ElementType,
    shape: Shape,
    region: Region,
    covers?: readonly string[],
  ) =>
    storage.set(name, { name, storage: name, element: memoryElement(element, float), shape, region, covers });
  const trainable = built.parameters.filter((parameter) => parameter.trainable);
  const frozen = built.parameters.filter((parameter) => !parameter.trainable);

  // Trainable parameters are contiguous, so that gradients and optimizer states can have the same order.
  for (const { name, shape } of [...trainable, ...frozen]) put(name, float, shape, "parameter");
  // With averaging, the optimizer updates weights that are stored separately from the parameters.
  if (model.training.average)
    for (const { name, shape } of trainable) put(trainedStorage(name), float, shape, "state");
  for (const { name, type } of built.states) put(name, type.element, type.shape, "state");
  for (const { name, shape } of trainable) put(gradientStorage(name), float, shape, "gradient");
  const count = trainable.reduce((sum, { shape }) => sum + shape.reduce((size, d) => size * d, 1), 0);
  const names = trainable.map(({ name }) => name);
  put(flatParameters, float, [count], "parameter", names);
  if (model.training.average) put(trainedWeights, float, [count], "state", names.map(trainedStorage));
  put(flatGradients, float, [count], "gradient", names.map(gradientStorage));

  for (const [name, { shape, dtype }] of Object.entries(model.inputs))
    put(name, dtype === "i32" ? "i32" : float, ["n", ...shape], "input");
  for (const [name, { shape, classes }] of Object.entries(model.targets))
    put(name, classes === undefined ? float : "i32", ["n", ...shape], "input");

  const { measure, gradient, update, predict, evaluate, summarise, probe } = graphs;
  for (const graph of [measure, gradient, update, predict, evaluate, summarise, probe])
    for (const { storage: name, node } of graph?.outputs ?? []) {
      const { element, shape }: TensorType = node.type;
      const { space } = storageParts(name);
      if (space === "result" || space === "probe") put(name, element, shape, "result");
    }
  // Totals are in the order in which `summarise` reads them. `evaluate` writes each of them.
  for (const node of graphs.summarise.nodes)
    if (node.op === "state" && nameIn("totals", node.attributes.name) !== undefined)
      put(node.attributes.name, "f64", node.type.shape, "totals");
  // A formula may compute a total that its result does not depend on, as in 0 · mean(x).
  for (const { name, type } of built.totals)
    if (!storage.has(name)) put(name, type.element, type.shape, "totals");
  return storage;
}
