/**
 * The `state_dict` of the emitted PyTorch file: the names and layouts of its `Model`, in which most layers are modules
 * of PyTorch. It is written as safetensors, because a file of `torch.save` is a pickle, which is a program.
 *
 * Unlike a model that was written for PyTorch, the emitted one flattens images with channels last, as in the spec.
 */
import { emittedStateDict } from "../../../compiler/pytorch-emission.ts";
import type { Model } from "../../../compiler/spec/types.ts";
import { invariant } from "../../../compiler/diagnostics/errors.ts";
import { safetensors } from "../parameters/formats.ts";
import type { NamedTensor } from "../parameters/tensors.ts";
import { permuted } from "./parameter-map.ts";
import type { Origin, ParameterMap } from "./parameter-map.ts";

/** The key of the metadata that says that the names and layouts are those of the emitted `Model`. */
export const emittedLayout = "emitted";

/** @param tensors the parameters of the model @param facts further metadata */
export function encodeStateDict(
  model: Model,
  tensors: readonly NamedTensor[],
  facts: Readonly<Record<string, string>>,
): Uint8Array {
  const { places, buffers } = emittedStateDict(model);
  const real = tensors[0]?.numbers instanceof Float64Array ? Float64Array : Float32Array;
  const moved = tensors.map(({ name, shape, numbers }): NamedTensor => {
    const place = places.get(name);
    invariant(place !== undefined, `the model has the parameter ${name}`);
    const { at, axes = shape.map((_, axis) => axis) } = place;
    return {
      name: at,
      shape: axes.map((axis) => shape[axis]),
      numbers: real.from(permuted(Float64Array.from(numbers), shape, axes)),
    };
  });
  const others = buffers.map(({ buffer, values }): NamedTensor => ({
    name: buffer,
    shape: [values.length],
    numbers: real.from(values),
  }));
  return safetensors.encode([...moved, ...others], { ...facts, format: "pt", layout: emittedLayout });
}

/** The parameters of a model from the `state_dict` of its emitted `Model`. */
export function emittedMap(model: Model): ParameterMap {
  const { places, buffers } = emittedStateDict(model);
  const parameters = [...places].map(([name, { at, axes }]): [string, Origin] => [
    name,
    { tensor: at, permute: axes && axes.map((_, axis) => axes.indexOf(axis)) },
  ]);
  return { parameters: new Map(parameters), unused: buffers.map(({ buffer }) => buffer) };
}
