/**
 * Emits the trainer that computes the values of all layers of a model. It is the trainer of another model, which has
 * the same network and in which each layer predicts a target. So the values are those of the compiled forward pass.
 */
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { nameIn } from "../../compiler/ir/storage.ts";
import type { Model, TargetLoss } from "../../compiler/spec/types.ts";
import { modelFacts } from "../../compiler/trainer/trainer-facts.ts";
import { withoutTypes } from "./compile-text.ts";
import type { LayerScript, LayerValues, NoLayers } from "./messages.ts";

/** The limits of the picture of a network, which shows each value. */
const maxLayers = 12;
const maxValues = 4096;

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** Returns the reason if the values of the layers are not shown. */
export async function layerScript(compilation: TargetCompilation): Promise<LayerScript | NoLayers> {
  const { model } = compilation;
  const layers = layersIn(compilation);
  if (layers.length > maxLayers)
    return { problem: `The network has ${layers.length} layers. The picture shows up to ${maxLayers}.` };
  const large = layers.find(({ shape }) => sizeOf(shape) > maxValues);
  if (large !== undefined)
    return {
      problem: `The layer ${large.name} has ${sizeOf(large.shape)} values. The picture shows up to ${maxValues}.`,
    };
  if (Object.values(model.inputs).some(({ dtype, padding }) => dtype !== "f32" || padding !== undefined))
    return { problem: "The picture shows networks whose inputs are numbers, not categories or sequences." };
  const watched = compileFor(modelOfLayers(model, layers), { dtype: "f32" });
  return {
    script: withoutTypes(await emitText(watched, "f32", { isFormatted: false, isProgram: false })),
    facts: modelFacts(watched.model, watched.built, "f32"),
    layers,
  };
}

/** The layers that compute something, with the shapes of their values without the axis of rows. */
function layersIn({ model, built }: TargetCompilation): LayerValues[] {
  const shapes = new Map(
    built.layers.outputs.flatMap(({ storage, node }): [string, readonly number[]][] => {
      const name = nameIn("probe", storage);
      return name === undefined ? [] : [[name, node.type.shape.slice(1).map(Number)]];
    }),
  );
  const parameters = new Map(built.parameters.map(({ name, shape }) => [name, shape]));
  const named = (name: string, axes: number): string | undefined =>
    parameters.get(name)?.length === axes ? name : undefined;
  /** Layers without values of their own pass on those of their sources. */
  const sourcesOf = (name: string): readonly string[] => {
    const layer = model.network.find((each) => each.name === name);
    return layer === undefined || shapes.has(name) ? [name] : layer.from.flatMap(sourcesOf);
  };
  return model.network.flatMap(({ name, type, from }) => {
    const shape = shapes.get(name);
    if (shape === undefined) return [];
    const isDense = type === "dense" && from.length === 1 && shape.length === 1;
    return [
      {
        name,
        type,
        shape,
        from: from.flatMap(sourcesOf),
        weight: isDense ? named(`${name}.weight`, 2) : undefined,
        bias: isDense ? named(`${name}.bias`, 1) : undefined,
      },
    ];
  });
}

/** The model in which each layer predicts a target with its own name. Only its predictions are used. */
function modelOfLayers(model: Model, layers: readonly LayerValues[]): Model {
  const { output: _output, loss: _loss, metrics: _metrics, data: _data, ...rest } = model;
  const { epochs, batchSize, seed, shuffle, stratify } = model.training;
  const objective = (name: string): TargetLoss => ({
    loss: { type: "mse" },
    from: name,
    weight: 1,
    metrics: [],
  });
  return {
    ...rest,
    targets: Object.fromEntries(layers.map(({ name, shape }) => [name, { shape }])),
    losses: Object.fromEntries(layers.map(({ name }) => [name, objective(name)])),
    regularization: { l1: 0, l2: 0 },
    training: { epochs, batchSize, seed, shuffle, stratify },
  };
}
