/**
 * The table of PyTorch's modules: for each layer with parameters, the tensors of the module in a `state_dict`, and how
 * they become parameters. A layer has one form for each kind of module that it can come from.
 */
import type { LayerChoice } from "../../../compiler/library/layers/index.ts";
import type { TensorOrigin } from "./parameter-map.ts";

/**
 * Sizes of an image [height, width, channels] or sequence [length, channels] that was flattened. PyTorch stores
 * channels first, so it flattens in another order. Undefined if the value was not flattened.
 */
export type Flattened = readonly number[] | undefined;

/** How one tensor becomes one parameter of this shape. */
interface Piece extends Omit<TensorOrigin, "tensor"> {
  /** The shape of the tensor. */
  readonly theirs: readonly number[];
}

type Conversion = (ours: readonly number[], flattened: Flattened) => Piece;

/** A parameter of a form: a tensor of the module with its conversion, or a number if the module has no such tensor. */
type Source = { readonly suffix: string; readonly convert: Conversion } | number;

/** By the name of the parameter in the layer. Parameters that the layer does not have are left out. */
export type Form = Readonly<Record<string, Source>>;

const from = (suffix: string, convert: Conversion): Source => ({ suffix, convert });

const same: Conversion = (ours) => ({ theirs: ours });

/** Moves channels from the front to the end: [c, h, w] → [h, w, c], with further axes at the end. */
const lastOf = (sizes: readonly number[]) => {
  const { length } = sizes;
  return {
    first: [sizes[length - 1], ...sizes.slice(0, -1)],
    order: sizes.map((_, axis) => (axis + 1) % length),
  };
};

/** One number per channel, or per element of a flattened image. */
const perChannel: Conversion = (ours, flattened) => {
  if (flattened === undefined) return { theirs: ours };
  const { first, order } = lastOf(flattened);
  return { theirs: ours, reshape: first, permute: order };
};

/** [in, out] from [out, in]. The inputs may be a flattened image: [out, c, h, w] → [h, w, c, out]. */
const matrix: Conversion = (ours, flattened) => {
  const theirs = [...ours].reverse();
  if (flattened === undefined) return { theirs, permute: [1, 0] };
  const { first, order } = lastOf(flattened);
  return { theirs, reshape: [ours[1], ...first], permute: [...order.map((axis) => axis + 1), 0] };
};

/** [kh, kw, a, b] from [b, a, kh, kw], and the same with one spatial axis. */
const filters: Conversion = (ours) => {
  const rank = ours.length - 2;
  const spatial = ours.slice(0, rank);
  return {
    theirs: [ours[rank + 1], ours[rank], ...spatial],
    permute: [...spatial.map((_, axis) => axis + 2), 1, 0],
  };
};

/** [kh, kw, in, multiplier] from [in · multiplier, 1, kh, kw]. */
const depthwise: Conversion = ([height, width, channels, multiplier]) => ({
  theirs: [channels * multiplier, 1, height, width],
  reshape: [channels, multiplier, height, width],
  permute: [2, 3, 0, 1],
});

/** Number k of the three matrices or vectors in `in_proj_weight` and `in_proj_bias`. */
const third =
  (k: number): Conversion =>
  (ours) => {
    const size = ours[ours.length - 1];
    const rows = [k * size, (k + 1) * size] as const;
    return ours.length === 1
      ? { theirs: [3 * size], rows }
      : { theirs: [3 * size, ours[0]], rows, permute: [1, 0] };
  };

const weights: Form = { weight: from("weight", matrix), bias: from("bias", same) };
const convolution: Form = { weight: from("weight", filters), bias: from("bias", same) };

const scaleAndShift: Form = { scale: from("weight", perChannel), shift: from("bias", perChannel) };
const statistics: Form = {
  mean: from("running_mean", perChannel),
  variance: from("running_var", perChannel),
};

const recurrent: readonly Form[] = [
  {
    weight: from("weight_ih", matrix),
    recurrent: from("weight_hh", matrix),
    bias: from("bias_ih", same),
    recurrentBias: from("bias_hh", same),
  },
  { weight: from("weight_ih", matrix), recurrent: from("weight_hh", matrix), bias: 0, recurrentBias: 0 },
];

/** The parameters of attention, whose queries, keys and values come from three tensors or from thirds of one. */
const attention = (
  weight: (name: "q" | "k" | "v", index: number) => Source,
  bias: (name: "q" | "k" | "v", index: number) => Source,
  output: Form,
): Form => ({
  query: weight("q", 0),
  key: weight("k", 1),
  value: weight("v", 2),
  queryBias: bias("q", 0),
  keyBias: bias("k", 1),
  valueBias: bias("v", 2),
  ...output,
});

const projected: Form = { output: from("out_proj.weight", matrix), outputBias: from("out_proj.bias", same) };
const projectedOnly: Form = { output: from("out_proj.weight", matrix), outputBias: 0 };
const joint = (_: string, k: number): Source => from("in_proj_weight", third(k));
const jointBias = (_: string, k: number): Source => from("in_proj_bias", third(k));
const separate = (name: string): Source => from(`${name}_proj_weight`, matrix);

/** torch.nn.MultiheadAttention; the last two forms are those of `kdim` and `vdim`. */
const attentions: readonly Form[] = [
  attention(joint, jointBias, projected),
  attention(joint, () => 0, projectedOnly),
  attention(separate, jointBias, projected),
  attention(separate, () => 0, projectedOnly),
  // As in the models of Hugging Face: three linear modules.
  attention(
    (name) => from(`${name}_proj.weight`, matrix),
    (name) => from(`${name}_proj.bias`, same),
    projected,
  ),
];

interface Layout {
  readonly forms: readonly Form[];
  /** Usual names of such modules, which decide between layers whose modules have the same tensors. */
  readonly names: RegExp;
}

const norm = /norm|bn|ln|gn/i;

export const layouts: Readonly<Partial<Record<LayerChoice["type"], Layout>>> = {
  dense: { forms: [weights], names: /fc|lin|dense|head|proj|out|class|mlp/i },
  conv1d: { forms: [convolution], names: /conv/i },
  conv2d: { forms: [convolution], names: /conv/i },
  "depthwise-conv2d": {
    forms: [{ weight: from("weight", depthwise), bias: from("bias", same) }],
    names: /conv|dw|depth/i,
  },
  "conv1d-transpose": { forms: [convolution], names: /up|trans|deconv/i },
  "conv2d-transpose": { forms: [convolution], names: /up|trans|deconv/i },
  "batch-norm": {
    forms: [
      { ...scaleAndShift, ...statistics },
      { scale: 1, shift: 0, ...statistics },
    ],
    names: norm,
  },
  "layer-norm": {
    forms: [scaleAndShift, { scale: from("weight", perChannel), shift: 0 }],
    names: norm,
  },
  "group-norm": { forms: [scaleAndShift], names: norm },
  "instance-norm": { forms: [scaleAndShift], names: norm },
  "rms-norm": { forms: [{ scale: from("weight", perChannel) }], names: norm },
  prelu: { forms: [{ slope: from("weight", perChannel) }], names: /relu|act/i },
  embedding: { forms: [{ weight: from("weight", same) }], names: /emb|wte|tok|word/i },
  "position-embedding": { forms: [{ weight: from("weight", same) }], names: /pos|wpe|place/i },
  attention: { forms: attentions, names: /self|attn|att/i },
  "cross-attention": { forms: attentions, names: /cross|multihead/i },
  rnn: { forms: recurrent, names: /rnn/i },
  lstm: { forms: recurrent, names: /lstm/i },
  gru: { forms: recurrent, names: /gru/i },
};

/** Tensors of modules that no layer needs. PyTorch counts batches for an option of batch norm that is rarely used. */
export const uncounted = "num_batches_tracked";

/** Tensors of PyTorch that have no parameter here, and what to do about them. */
export const unsupported: readonly (readonly [name: RegExp, hint: string])[] = [
  [/weight_hr_l\d/, "layers with proj_size are not supported"],
  [/bias_[kv]$/, "add_bias_kv is not supported"],
  [
    /parametrizations\.|weight_[gv]$|weight_orig$/,
    "remove the parametrisation in PyTorch first, such as weight or spectral normalisation",
  ],
];
