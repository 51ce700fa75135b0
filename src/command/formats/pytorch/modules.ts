/**
 * The modules of a PyTorch `state_dict`: its tensors, grouped by the module that owns them. The names of tensors are
 * those of torch.nn: `fc1.weight`, `layers.0.self_attn.in_proj_weight`, `lstm.weight_ih_l0_reverse`.
 */
import type { StoredTensor } from "../parameters/tensors.ts";
import { uncounted } from "./layouts.ts";

export interface TorchModule {
  /** The path of the module, such as `layers.0.self_attn`; empty for the model itself. */
  readonly path: string;
  /** The tensors by their names in the module. Names of recurrent tensors have no layer and direction. */
  readonly tensors: ReadonlyMap<string, ModuleTensor>;
}

export interface ModuleTensor {
  readonly tensor: StoredTensor;
  /** The shape without leading axes of length 1, for a tensor that is a parameter of the model itself. */
  readonly shape: readonly number[];
}

/** `weight_ih_l0_reverse`; cells, such as torch.nn.LSTMCell, have no layer. */
const recurrentName = /^((?:weight|bias)_(?:ih|hh|hr))(_l\d+(?:_reverse)?)?$/;

const ownNames =
  /^(weight|bias|running_mean|running_var|num_batches_tracked|in_proj_(weight|bias)|[qkv]_proj_weight|bias_[kv])$/;

/** Linear modules of attention, as torch.nn.MultiheadAttention and Hugging Face name them. */
const projection = /^(.*)\.((?:q|k|v|out)_proj)$/;

interface Place {
  readonly module: string;
  readonly name: string;
  readonly shape: readonly number[];
}

function placeOf({ name, shape }: StoredTensor, isAttention: (path: string) => boolean): Place {
  const dot = name.lastIndexOf(".");
  const [path, own] = dot < 0 ? ["", name] : [name.slice(0, dot), name.slice(dot + 1)];
  const [, kind, run] = recurrentName.exec(own) ?? [];
  if (kind !== undefined) return { module: path + (run ?? ""), name: kind, shape };
  const [, attention, part] = projection.exec(path) ?? [];
  if (attention !== undefined && isAttention(attention))
    return { module: attention, name: `${part}.${own}`, shape };
  if (ownNames.test(own)) return { module: path, name: own, shape };
  // A parameter of the user's own module, such as the vectors of positions [1, length, units].
  const leading = shape.findIndex((extent) => extent !== 1);
  return { module: name, name: "weight", shape: shape.slice(Math.max(leading, 0)) };
}

/** The modules with the tensors that parameters need, in the order of the first tensor of each. */
export function modulesOf(tensors: readonly StoredTensor[]): TorchModule[] {
  const names = new Set(tensors.map(({ name }) => name));
  const isAttention = (path: string): boolean =>
    ["in_proj_weight", "q_proj_weight", "q_proj.weight"].some((own) => names.has(`${path}.${own}`)) &&
    names.has(`${path}.out_proj.weight`);
  const modules = new Map<string, Map<string, ModuleTensor>>();
  for (const tensor of ordered(tensors)) {
    const { module, name, shape } = placeOf(tensor, isAttention);
    if (name === uncounted) continue;
    const own = modules.get(module) ?? new Map<string, ModuleTensor>();
    modules.set(module, own.set(name, { tensor, shape }));
  }
  return [...modules].map(([path, own]) => ({ path, tensors: own }));
}

/**
 * The tensors in the order of the modules. A `state_dict` has the order of definition. The library safetensors sorts
 * tensors by name; numbers in names are then compared as numbers, so that `layers.10` follows `layers.9`.
 */
export function ordered(tensors: readonly StoredTensor[]): readonly StoredTensor[] {
  if (!isSorted(tensors)) return tensors;
  const compare = new Intl.Collator("en", { numeric: true });
  return [...tensors].sort((a, b) => compare.compare(a.name, b.name));
}

/** Whether the tensors are in the order of their names, which then says nothing about the model. */
export const isSorted = (tensors: readonly StoredTensor[]): boolean =>
  tensors.every(({ name }, i) => i === 0 || tensors[i - 1].name < name);
