/**
 * Maps from the parameters of a model to the tensors of a file that was written by another library. A map is
 * derived (`derive-map.ts`) or read from a file (`map-file.ts`), and applied here.
 */
import { didYouMean } from "../../../compiler/util/message-text.ts";
import { matchesPattern } from "../../../compiler/util/name-pattern.ts";
import { shown } from "../../../runtime/step/errors.ts";
import { sizeOf, type ModelFacts } from "../../../runtime/model/facts.ts";
import { shapeText } from "../parameters/tensors.ts";
import type { StoredTensor } from "../parameters/tensors.ts";

/**
 * The source of a parameter: a tensor, which is cut, reshaped and permuted in this order, or one number for all
 * elements. After a reshape, the result may have any shape with as many elements as the parameter.
 */
export type Origin = TensorOrigin | number;

export interface TensorOrigin {
  readonly tensor: string;
  /** The first index along axis 0, and the index after the last one. */
  readonly rows?: readonly [number, number] | undefined;
  readonly reshape?: readonly number[] | undefined;
  /** For each axis of the result, the axis of the tensor, as in `numpy.transpose`. */
  readonly permute?: readonly number[] | undefined;
}

export interface ParameterMap {
  /** By the name of the parameter. `null`: not known yet. */
  readonly parameters: ReadonlyMap<string, Origin | null>;
  /** Names of tensors that no parameter needs; `*` matches any text. */
  readonly unused: readonly string[];
}

type Parameters = ModelFacts["parameters"];

/** The parameters of the model, computed from the tensors, or all reasons why that is not possible. */
export type Applied = { readonly tensors: readonly StoredTensor[] } | { readonly errors: readonly string[] };

export function applyMap(
  parameters: Parameters,
  tensors: readonly StoredTensor[],
  map: ParameterMap,
): Applied {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const errors: string[] = [];
  const results = parameters.flatMap(({ name, shape }): StoredTensor[] => {
    const origin = map.parameters.get(name);
    const result =
      origin === undefined || origin === null
        ? `"${name}" ${shapeText(shape)} gets nothing: the map has no entry for it`
        : resultOf(name, shape, origin, stored);
    if (typeof result !== "string") return [result];
    errors.push(result);
    return [];
  });
  errors.push(...unknownParameters(parameters, map), ...unusedTensors(tensors, map));
  return errors.length > 0 ? { errors } : { tensors: results };
}

function unknownParameters(parameters: Parameters, map: ParameterMap): string[] {
  const known = parameters.map(({ name }) => name);
  return [...map.parameters.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const similar = didYouMean(name, known);
      const hint = similar === undefined ? "" : `; did you mean "${similar}"?`;
      return `"${shown(name)}" in the map is not a parameter of the model${hint}`;
    });
}

/** Tensors that are neither used nor listed as unused. */
function unusedTensors(tensors: readonly StoredTensor[], { parameters, unused }: ParameterMap): string[] {
  const used = new Set(
    [...parameters.values()].flatMap((origin) =>
      typeof origin === "object" && origin !== null ? [origin.tensor] : [],
    ),
  );
  return tensors
    .filter(({ name }) => !used.has(name) && !unused.some((pattern) => matchesPattern(name, pattern)))
    .map(({ name, shape }) => `"${shown(name)}" ${shapeText(shape)} of the file is not used`);
}

/** The parameter as a tensor that is computed on access, or an error. */
function resultOf(
  name: string,
  shape: readonly number[],
  origin: Origin,
  stored: ReadonlyMap<string, StoredTensor>,
): StoredTensor | string {
  if (typeof origin === "number")
    return { name, shape, numbers: () => new Float64Array(sizeOf(shape)).fill(origin) };
  const tensor = stored.get(origin.tensor);
  if (tensor === undefined) {
    const similar = didYouMean(origin.tensor, stored.keys());
    const hint = similar === undefined ? "" : `; it has "${shown(similar)}"`;
    return `"${name}" needs "${shown(origin.tensor)}", but the file has no such tensor${hint}`;
  }
  const steps = stepsOf(tensor.shape, origin);
  if (typeof steps === "string") return `"${name}": "${shown(tensor.name)}" ${steps}`;
  const { given, order, start } = steps;
  const result = order.map((axis) => given[axis]);
  const fits =
    origin.reshape === undefined
      ? result.length === shape.length && result.every((extent, axis) => extent === shape[axis])
      : sizeOf(result) === sizeOf(shape);
  if (!fits)
    return (
      `"${name}" has shape ${shapeText(shape)} in the model, but "${shown(tensor.name)}" ` +
      `${shapeText(tensor.shape)} gives ${shapeText(result)}${hintOf(origin, shape, result)}`
    );
  return {
    name,
    shape,
    numbers: () => permuted(rangeOf(tensor.numbers(), start, sizeOf(given)), given, order),
  };
}

const rangeOf = (numbers: ArrayLike<number>, start: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => numbers[start + i]);

function hintOf({ permute }: TensorOrigin, shape: readonly number[], result: readonly number[]): string {
  const isTransposed = shape.length === 2 && result[0] === shape[1] && result[1] === shape[0];
  if (!isTransposed) return "";
  return permute === undefined ? ": add permute: [1, 0]" : ": remove permute";
}

interface Steps {
  /** The shape before the permutation. */
  readonly given: readonly number[];
  readonly order: readonly number[];
  /** The index of the first element. */
  readonly start: number;
}

/** The steps from a tensor of this shape to the parameter, or the reason why they are not possible. */
function stepsOf(shape: readonly number[], { rows, reshape, permute }: TensorOrigin): Steps | string {
  if (rows !== undefined && !(shape.length > 0 && rows[0] < rows[1] && rows[1] <= shape[0]))
    return `${shapeText(shape)} has no rows ${rows[0]} to ${rows[1]}`;
  const rowSize = sizeOf(shape.slice(1));
  const cut = rows === undefined ? shape : [rows[1] - rows[0], ...shape.slice(1)];
  if (reshape !== undefined && sizeOf(reshape) !== sizeOf(cut))
    return `${shapeText(cut)} cannot be reshaped to ${shapeText(reshape)}`;
  const given = reshape ?? cut;
  const axes = given.map((_, axis) => axis);
  const order = permute ?? axes;
  if (order.length !== axes.length || !axes.every((axis) => order.includes(axis)))
    return `${shapeText(given)} cannot be permuted by ${shapeText(order)}`;
  return { given, order, start: (rows?.[0] ?? 0) * rowSize };
}

/** The elements of an array of this shape after its axes are permuted, row-major. */
export function permuted(
  numbers: Float64Array,
  shape: readonly number[],
  order: readonly number[],
): Float64Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const result = new Float64Array(numbers.length);
  let next = 0;
  const copy = (axis: number, offset: number): void => {
    if (axis === order.length) {
      result[next++] = numbers[offset];
      return;
    }
    const from = order[axis];
    for (let i = 0; i < shape[from]; i++) copy(axis + 1, offset + i * strides[from]);
  };
  if (numbers.length > 0) copy(0, 0);
  return result;
}
