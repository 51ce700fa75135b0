"""PyTorch as an oracle of the fuzzer. Each request is one line of JSON: a canonical model, its parameters and
batches. Each reply is one line: the predictions, and for every batch the loss and gradients, all in f64;
or the feature of the model that is not supported."""
import json
import sys

import torch
import torch.nn.functional as F

import torch_masks as masks
from torch_masks import Rows

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class Unknown(Exception):
    """The model has a feature that this oracle does not support."""


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


# ---- formulas


def of_all(function):
    def apply(first, *rest):
        result = torch.as_tensor(first)
        for other in rest:
            result = function(result, torch.as_tensor(other))
        return result

    return apply


def one(function):
    return lambda x: function(torch.as_tensor(x))


FUNCTIONS = {
    "exp": one(torch.exp), "expm1": one(torch.expm1), "log": one(torch.log), "log1p": one(torch.log1p),
    "sqrt": one(torch.sqrt), "abs": one(torch.abs), "sign": one(torch.sign), "floor": one(torch.floor),
    "sin": one(torch.sin), "cos": one(torch.cos), "tan": one(torch.tan), "tanh": one(torch.tanh),
    "erf": one(torch.erf), "sigmoid": one(torch.sigmoid), "relu": one(torch.relu),
    "softplus": one(lambda x: torch.logaddexp(x, torch.zeros_like(x))), "gelu": one(F.gelu), "silu": one(F.silu),
    "stop": one(torch.detach), "min": of_all(torch.minimum), "max": of_all(torch.maximum),
    "pow": lambda x, y: torch.pow(torch.as_tensor(x), y), "clamp": lambda x, low, high: torch.clamp(x, low, high),
    "where": lambda c, a, b: torch.where(c, torch.as_tensor(a), torch.as_tensor(b)),
    "softmax": lambda x: torch.softmax(x, -1), "logsoftmax": lambda x: torch.log_softmax(x, -1),
    "pi": torch.pi, "e": 2.718281828459045,
}


def formula(text, names):
    """The formula as a Python expression. The formulas come from the fuzzer's list; only their ternary operator
    is not valid in Python."""
    if not isinstance(text, str) or "?" in text:
        raise Unknown("formula with ?")
    return eval(text.replace("^", "**"), {"__builtins__": {}}, {**FUNCTIONS, **names})


# ---- activations


def step(x, surrogate=None, **_):
    value = (x >= 0).to(x.dtype)
    smooth = torch.sigmoid(x) if surrogate == "sigmoid" else x
    return value if surrogate is None else value + smooth - smooth.detach()


def celu(x, alpha=1.0):
    # The backward kernel of F.celu rounds 1 / alpha to f32 (PyTorch 2.6), so it is used only where that is exact.
    if alpha in (1, 2, -2, 0.5):
        return F.celu(x, alpha)
    if alpha == 0:
        return torch.relu(x)
    return torch.where(x > 0, x, alpha * torch.expm1(torch.clamp(x, max=0) / alpha))


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "leaky-relu": lambda x, slope=0.01: F.leaky_relu(x, slope),
    "relu6": F.relu6,
    "threshold": lambda x, threshold=1.0, value=0.0: F.threshold(x, threshold, value),
    "elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "celu": celu,
    "selu": F.selu,
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate),
    "silu": F.silu,
    "hard-swish": F.hardswish,
    "mish": F.mish,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "softsign": F.softsign,
    "sigmoid": torch.sigmoid,
    "hard-sigmoid": F.hardsigmoid,
    "hard-tanh": F.hardtanh,
    "tanh": torch.tanh,
    "log-sigmoid": F.logsigmoid,
    "hard-shrink": lambda x, **keys: F.hardshrink(x, keys.get("lambda", 0.5)),
    "soft-shrink": lambda x, **keys: F.softshrink(x, keys.get("lambda", 0.5)),
    "tanh-shrink": F.tanhshrink,
    "softmax": lambda x: torch.softmax(x, -1),
    "log-softmax": lambda x: torch.log_softmax(x, -1),
    "step": step,
    "formula": lambda x, formula=None, constants=None: formula_of(x, formula, constants),
}


def formula_of(x, text, constants):
    return formula(text, {"x": x, **(constants or {})})


def activate(x, choice):
    keys = {key: value for key, value in choice.items() if key != "type"}
    return ACTIVATIONS[choice["type"]](x, **keys)


# ---- windows


def same_edges(size, reach, stride):
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def edges_of(sizes, kernel, stride, dilation, padding):
    """The padding before and after each axis."""
    result = []
    for axis, size in enumerate(sizes):
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        if padding == "valid":
            result.append((0, 0))
        elif padding == "same":
            result.append(same_edges(size, reach, stride[axis]))
        elif padding == "causal":
            result.append((reach - 1, 0))
        else:
            zeros = padding if isinstance(padding, int) else padding[axis]
            result.append((zeros, zeros))
    return result


def padded(x, edges, value=0.0):
    """Pads x of shape [n, channels, …]. F.pad takes the last axis first."""
    return F.pad(x, [n for edge in reversed(edges) for n in edge], value=value)


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


# ---- layers: each function takes the model's layer, its inputs, its parameters by their names in the layer,
# and whether it trains


def dense(layer, x, p, training):
    y = x @ p["weight"]
    return activate(y + p["bias"] if layer["bias"] else y, layer["activation"])


def finish(layer, y, p):
    y = last(y)
    return activate(y + p["bias"] if layer["bias"] else y, layer["activation"])


def conv(rank):
    def apply(layer, x, p, training):
        per_axis = (lambda v: (v,)) if rank == 1 else pair
        kernel, stride, dilation = (per_axis(layer[key]) for key in ("kernel", "stride", "dilation"))
        edges = edges_of(x.shape[1:-1], kernel, stride, dilation, layer["padding"])
        weight = p["weight"].movedim(-1, 0).movedim(-1, 1).contiguous()
        function = F.conv1d if rank == 1 else F.conv2d
        y = function(padded(first(x), edges), weight, stride=stride, dilation=dilation, groups=layer.get("groups", 1))
        return finish(layer, y, p)

    return apply


def depthwise(layer, x, p, training):
    kernel, stride, dilation = (pair(layer[key]) for key in ("kernel", "stride", "dilation"))
    edges = edges_of(x.shape[1:-1], kernel, stride, dilation, layer["padding"])
    channels = x.shape[-1]
    weight = p["weight"].permute(2, 3, 0, 1).reshape(channels * layer["multiplier"], 1, *kernel)
    y = F.conv2d(padded(first(x), edges), weight, stride=stride, dilation=dilation, groups=channels)
    return finish(layer, y, p)


def transposed(rank):
    def apply(layer, x, p, training):
        return finish(layer, masks.conv_transposed(layer, first(x), p["weight"], rank), p)

    return apply


def pool(rank, kind):
    def apply(layer, x, p, training):
        per_axis = (lambda v: (v,)) if rank == 1 else pair
        size = per_axis(layer["size"])
        stride = per_axis(layer.get("stride", layer["size"]))
        edges = edges_of(x.shape[1:-1], size, stride, (1,) * rank, layer["padding"])
        if kind == "max":
            function = F.max_pool1d if rank == 1 else F.max_pool2d
            return last(function(padded(first(x), edges, -torch.inf), size, stride))
        function = F.avg_pool1d if rank == 1 else F.avg_pool2d
        y = function(padded(first(x), edges), size, stride)
        if not layer["countPadding"]:
            y = y / function(padded(torch.ones_like(first(x)), edges), size, stride)
        return last(y)

    return apply


def upsample(layer, x, p, training):
    rank = x.dim() - 2
    mode = "nearest" if layer["mode"] == "nearest" else "linear" if rank == 1 else "bilinear"
    size, factor = layer.get("size"), layer.get("factor")
    per_axis = lambda value: (value,) * rank if isinstance(value, int) else tuple(value)
    sizes = per_axis(size) if size is not None else [n * f for n, f in zip(x.shape[1:-1], per_axis(factor))]
    corners = {} if mode == "nearest" else {"align_corners": layer.get("alignCorners", False)}
    return last(F.interpolate(first(x), size=tuple(sizes), mode=mode, **corners))


def pad(layer, x, p, training):
    edges = layer["padding"]
    edges = [edges] * (x.dim() - 2) if isinstance(edges, int) else edges
    return last(padded(first(x), [(e, e) if isinstance(e, int) else e for e in edges], layer["value"]))


def depth_to_space(layer, x, p, training):
    """PixelShuffle; the order dcr is that of a reordering of the channels."""
    block = layer["block"]
    y = first(x)
    if layer["order"] == "dcr":
        y = y.unflatten(1, (block * block, -1)).transpose(1, 2).flatten(1, 2)
    return last(F.pixel_shuffle(y, block))


def space_to_depth(layer, x, p, training):
    block = layer["block"]
    y = F.pixel_unshuffle(first(x), block)
    if layer["order"] == "dcr":
        y = y.unflatten(1, (-1, block * block)).transpose(1, 2).flatten(1, 2)
    return last(y)


def batch_norm(layer, x, p, training):
    y = first(x)
    if training and y.numel() == y.shape[1]:
        raise Unknown("batch-norm of one number a channel")
    return last(masks.batch_normed(layer, y, p, training))


def layer_norm(layer, x, p, training):
    return F.layer_norm(x, x.shape[-1:], p["scale"], p["shift"], layer["epsilon"])


def group_norm(layer, x, p, training):
    # F.group_norm crashes in its backward pass where the scale is frozen (PyTorch 2.6).
    groups = x.reshape(x.shape[0], -1, layer["groups"], x.shape[-1] // layer["groups"])
    variance, mean = torch.var_mean(groups, (1, 3), correction=0, keepdim=True)
    normal = (groups - mean) * torch.rsqrt(variance + layer["epsilon"])
    return normal.reshape(x.shape) * p["scale"] + p["shift"]


def instance_norm(layer, x, p, training):
    # F.instance_norm rejects a single position. For one row whose channels are last in memory, its backward pass returns
    # wrong gradients on the CPU (PyTorch 2.6): they differ from the differences of its own results.
    variance, mean = torch.var_mean(x, tuple(range(1, x.dim() - 1)), correction=0, keepdim=True)
    normal = (x - mean) * torch.rsqrt(variance + layer["epsilon"])
    return normal * p["scale"] + p["shift"] if layer["affine"] else normal


def rms_norm(layer, x, p, training):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + layer["epsilon"]) * p["scale"]


def attention(layer, x, p, training):
    return cross_attention(layer, [x, x], p, training)


def cross_attention(layer, xs, p, training):
    """Attention in which the first value reads the second one. Either value may have padding."""
    if training and layer.get("dropout", 0) > 0:
        raise Unknown("dropout")
    x, memory = xs
    reading = x.rows if isinstance(x, Rows) else x
    read = memory.rows if isinstance(memory, Rows) else memory
    rows = masks.cross_attention(layer, reading, read, p)
    return Rows(rows, x.positions, x.length, x.has_holes) if isinstance(x, Rows) else torch.stack(rows)


def rnn_cell(layer, inputs, h, p):
    return activate(inputs + h @ p["recurrent"], layer["activation"])


def along_time(layer, x, h, state_of, step_of):
    order = range(x.shape[1])
    states = [None] * x.shape[1]
    state = state_of
    for t in reversed(order) if layer["reverse"] else order:
        state = step_of(x[:, t], state)
        states[t] = state[0]
    if layer["returnSequences"]:
        return torch.stack(states, 1)
    return states[0] if layer["reverse"] else states[-1]


def rnn(layer, x, p, training):
    h = x.new_zeros(x.shape[0], layer["units"])
    inputs = x @ p["weight"] + p["bias"] + p["recurrentBias"]
    return along_time(layer, inputs, h, (h,), lambda a, s: (rnn_cell(layer, a, s[0], p),))


def module_over(kind, layer, size, p):
    """torch.nn.LSTM or GRU with these parameters, as a function of a sequence."""
    made = getattr(torch.nn, kind)(size, layer["units"], batch_first=True)
    weights = {
        "weight_ih_l0": p["weight"].T,
        "weight_hh_l0": p["recurrent"].T,
        "bias_ih_l0": p["bias"],
        "bias_hh_l0": p["recurrentBias"],
    }
    return lambda seen: torch.func.functional_call(made, weights, (seen,))[0]


def module_of(kind, layer, x, p):
    y = module_over(kind, layer, x.shape[-1], p)(x.flip(1) if layer["reverse"] else x)
    if not layer["returnSequences"]:
        return y[:, -1]
    return y.flip(1) if layer["reverse"] else y


def embedding(layer, x, p, training):
    return F.embedding(x.long(), p["weight"])


def joined(function):
    def apply(layer, xs, p, training):
        result = xs[0]
        for x in xs[1:]:
            result = function(result, x)
        return result

    return apply


def concat(layer, xs, p, training):
    axis = layer["axis"]
    return torch.cat(xs, axis if axis < 0 else axis + 1)


def dropout(layer, x, p, training):
    if training and layer["rate"] > 0:
        raise Unknown("dropout")
    return x


ACTIVATION_KEYS = ("slope", "alpha", "approximate", "lambda", "threshold", "value", "surrogate")


def activation(layer, x, p, training):
    fn = layer["fn"]
    keys = {key: layer[key] for key in ACTIVATION_KEYS if key in layer}
    return activate(x, {"type": fn, **keys} if isinstance(fn, str) else fn)


LAYERS = {
    "dense": dense,
    "activation": activation,
    "prelu": lambda layer, x, p, training: last(F.prelu(first(x), p["slope"])) if x.dim() > 1 else F.prelu(x, p["slope"]),
    "dropout": dropout,
    "flatten": lambda layer, x, p, training: x.flatten(1),
    "reshape": lambda layer, x, p, training: x.reshape(x.shape[0], *layer["shape"]),
    "conv1d": conv(1),
    "conv2d": conv(2),
    "depthwise-conv2d": depthwise,
    "conv1d-transpose": transposed(1),
    "conv2d-transpose": transposed(2),
    "upsample": upsample,
    "pad": pad,
    "depth-to-space": depth_to_space,
    "space-to-depth": space_to_depth,
    "max-pool1d": pool(1, "max"),
    "max-pool2d": pool(2, "max"),
    "avg-pool1d": pool(1, "avg"),
    "avg-pool2d": pool(2, "avg"),
    "global-avg-pool1d": lambda layer, x, p, training: x.mean(1),
    "global-avg-pool2d": lambda layer, x, p, training: x.mean((1, 2)),
    "global-max-pool1d": lambda layer, x, p, training: x.max(1).values,
    "global-max-pool2d": lambda layer, x, p, training: x.flatten(1, 2).max(1).values,
    "batch-norm": batch_norm,
    "layer-norm": layer_norm,
    "group-norm": group_norm,
    "instance-norm": instance_norm,
    "rms-norm": rms_norm,
    "embedding": embedding,
    "position-embedding": lambda layer, x, p, training: x + p["weight"],
    "attention": attention,
    "rnn": rnn,
    "lstm": lambda layer, x, p, training: module_of("LSTM", layer, x, p),
    "gru": lambda layer, x, p, training: module_of("GRU", layer, x, p),
}
JOINS = {"add": joined(torch.add), "residual": joined(torch.add), "multiply": joined(torch.mul), "concat": concat}
JOINS["cross-attention"] = cross_attention


def objectives(model):
    """How each target is learned: its loss and the layer that the loss reads. A model has one target, or losses."""
    if "losses" in model:
        return [{"target": name, **entry} for name, entry in model["losses"].items()]
    [target] = model["targets"]
    weights = {key: model["training"][key] for key in ("classWeights", "sampleWeights") if key in model["training"]}
    return [{"target": target, "loss": model["loss"], "from": model["output"], "weight": 1, **weights}]


def layers_read(model):
    """The layers on which the outputs depend. All other layers have no parameters."""
    read = {each["from"] for each in objectives(model)}
    for layer in reversed(model["network"]):
        if layer["name"] in read:
            read.update(layer["from"])
    return [layer for layer in model["network"] if layer["name"] in read]


# ---- values with padding, row by row

# Layers that process each position or each row independently of the others, so that they can run on one row.
BY_ROW = {
    "activation", "prelu", "dropout", "layer-norm", "rms-norm", "group-norm", "instance-norm", "embedding", "attention", "rnn", "lstm", "gru",
}
RECURRENT = {"rnn", "lstm", "gru"}


def padded_layer(layer, value, p, training):
    """Applies one layer to a value with padding."""
    kind = layer["type"]
    one = lambda row: LAYERS[kind](layer, row[None], p, training)[0]
    rank = value.rows[0].dim()
    if kind == "dense" and rank > 1:
        return value.map(one)
    if kind in ("layer-norm", "rms-norm", "group-norm", "instance-norm", "batch-norm") and rank == 1:
        raise Unknown(f"{kind} over the padded axis")
    if kind == "activation" and rank == 1:
        return value.map(lambda row: one(row) if len(row) > 0 else row)
    if kind == "batch-norm":
        result = masks.batch_norm(layer, value, p, training)
        if result is None:
            raise Unknown("batch-norm of one number a channel")
        return result
    if kind == "attention":
        return cross_attention(layer, [value, value], p, training)
    if kind in ("group-norm", "instance-norm"):
        return value.map(lambda row: one(row) if len(row) > 0 else row)
    if kind in RECURRENT:
        sequences, units = layer["returnSequences"], layer["units"]
        if kind == "rnn":
            empty = torch.zeros(0, units) if sequences else torch.zeros(units)
            rows = [one(row) if len(row) > 0 else empty for row in value.rows]
        else:
            run = module_over(kind.upper(), layer, value.rows[0].shape[-1], p)
            rows = masks.packed(run, value.rows, units, layer["reverse"], sequences)
        return Rows(rows, value.positions, value.length, value.has_holes) if sequences else torch.stack(rows)
    if kind in BY_ROW:
        return value.map(one)
    if kind == "position-embedding":
        rows = [row + p["weight"][at] for row, at in zip(value.rows, value.positions)]
        return Rows(rows, value.positions, value.length, value.has_holes)
    if kind == "global-avg-pool1d":
        return masks.global_pool(value, lambda row: row.mean(0))
    if kind == "global-max-pool1d":
        return masks.global_pool(value, lambda row: row.max(0).values)
    if kind == "reshape" and layer["shape"][0] == value.length:
        return value.map(lambda row: row.reshape(len(row), *layer["shape"][1:]))
    if value.has_holes:
        raise Unknown(f"{kind} with padding between positions")
    if kind == "conv1d":
        return masks.conv1d(layer, value, p, activate)
    if kind == "pad" and rank == 2:
        edges = layer["padding"]
        before, after = (edges, edges) if isinstance(edges, int) else edges[0]
        return masks.lengthened(value, one, lambda n: n + before + after)
    if kind == "upsample" and rank == 2:
        return masks.lengthened(value, one, lambda n: n * layer["factor"])
    if kind == "conv1d-transpose":
        return masks.conv1d_transpose(layer, value, p, activate)
    if kind in ("max-pool1d", "avg-pool1d"):
        return masks.pool1d(layer, value, kind[:3])
    raise Unknown(f"{kind} of padding")


def padded_join(layer, xs, p, training):
    """Joins values, at least one of which has padding."""
    kind = layer["type"]
    if kind == "cross-attention":
        return cross_attention(layer, xs, p, training)
    first = next(x for x in xs if isinstance(x, Rows))
    padded = [x for x in xs if isinstance(x, Rows)]
    rank = first.rows[0].dim() + 1
    axis = layer.get("axis", -1)
    if kind == "concat" and (axis if axis >= 0 else rank + axis - 1) == 0:
        lengths = [x.length if isinstance(x, Rows) else x.shape[1] for x in xs]
        starts = [sum(lengths[:i]) for i in range(len(xs))]
        whole = [[torch.arange(n)] * len(first.rows) for n in lengths]
        at = [x.positions if isinstance(x, Rows) else all_of for x, all_of in zip(xs, whole)]
        rows = [torch.cat([x.rows[i] if isinstance(x, Rows) else x[i] for x in xs]) for i in range(len(first.rows))]
        positions = [torch.cat([a[i] + s for a, s in zip(at, starts)]) for i in range(len(first.rows))]
        return Rows(rows, positions, sum(lengths), True)
    for x in padded:
        if any(not torch.equal(a, b) for a, b in zip(x.positions, first.positions)):
            raise Unknown("a join of different padding")
    same = [x if isinstance(x, Rows) else first.like(x) for x in xs if isinstance(x, Rows) or x.shape[1] == first.length]
    if len(same) < len(xs):
        raise Unknown("a join that repeats positions")
    rows = [JOINS[kind](layer, [x.rows[i][None] for x in same], p, training)[0] for i in range(len(first.rows))]
    return Rows(rows, first.positions, first.length, first.has_holes)


def value_read(layer, name, values, whole):
    """The value as the layer reads it. With "mask": false, the layer reads padding, too. Only padding of inputs has
    defined values here."""
    value = values[name]
    if layer.get("mask") is not False or not isinstance(value, Rows):
        return value
    if name not in whole:
        raise Unknown("padding of a layer")
    return whole[name]


def forward(model, parameters, batch, training):
    values = {name: masks.rows_of(model, name, batch) if name in model["inputs"] else x for name, x in batch.items()}
    for layer in layers_read(model):
        prefix = layer["name"] + "."
        own = {name[len(prefix) :]: p for name, p in parameters.items() if name.startswith(prefix)}
        xs = [value_read(layer, name, values, batch) for name in layer["from"]]
        kind = layer["type"]
        is_padded = any(isinstance(x, Rows) for x in xs)
        if kind in JOINS:
            values[layer["name"]] = (padded_join if is_padded else JOINS[kind])(layer, xs, own, training)
        elif kind in LAYERS:
            values[layer["name"]] = (padded_layer if is_padded else LAYERS[kind])(layer, xs[0], own, training)
        else:
            raise Unknown(kind)
    return values


def real_positions(model, objective, scores, batch, target):
    """Scores, targets and row weights of the real positions, one after the other."""
    columns = model.get("data", {}).get("targets", {}).get(objective["target"], {})
    if "nextOf" in columns:
        raise Unknown("padding of the next token")
    if target.dim() < 2 or target.shape[1] != scores.length:
        raise Unknown("a target without the positions of the output")
    cut = scores.like(target)
    weights = objective.get("sampleWeights")
    row_weight = None
    if weights is not None:
        ofRow = batch[weights].reshape(-1)
        row_weight = torch.cat([w.expand(len(row)) for w, row in zip(ofRow, scores.rows)])
    return torch.cat(scores.rows), torch.cat(cut.rows), row_weight


# ---- losses


def margin(p, t):
    return torch.where(t > 0, p, -p)


ELEMENTWISE = {
    "mse": lambda p, t, keys: (p - t) ** 2,
    "rmse": lambda p, t, keys: (p - t) ** 2,
    "mae": lambda p, t, keys: (p - t).abs(),
    "rmsle": lambda p, t, keys: (torch.log1p(p) - torch.log1p(t)) ** 2,
    "huber": lambda p, t, keys: F.huber_loss(p, t, reduction="none", delta=keys["delta"]),
    "log-cosh": lambda p, t, keys: torch.logaddexp(p - t, t - p) - torch.log(torch.tensor(2.0)),
    "binary-cross-entropy": lambda p, t, keys: F.binary_cross_entropy_with_logits(p, t, reduction="none"),
    "hinge": lambda p, t, keys: torch.maximum(1 - margin(p, t), torch.tensor(0.0)),
    "perceptron": lambda p, t, keys: torch.maximum(-margin(p, t), torch.tensor(0.0)),
    "poisson": lambda p, t, keys: F.poisson_nll_loss(p, t, reduction="none"),
    "kl-divergence": lambda p, t, keys: F.kl_div(p, t, reduction="none"),
}


def whole(weight):
    """If the weights of all rows are 0, the loss is 0 here, whereas PyTorch computes 0 / 0."""
    if weight.item() == 0:
        raise Unknown("no row counts")
    return weight


def class_loss(objective, scores, target, row_weight):
    classes = scores.shape[-1]
    weights = objective.get("classWeights")
    if weights == "balanced":
        raise Unknown("balanced weights")
    weight = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    flat, y = scores.reshape(-1, classes), target.reshape(-1).long()
    if not (y >= 0).any():
        raise Unknown("no row counts")
    losses = F.cross_entropy(
        flat, y, weight=weight, ignore_index=-1, reduction="none", label_smoothing=objective["loss"]["smoothing"]
    )
    counts = (y >= 0).to(scores.dtype) * (1 if weight is None else weight[y.clamp(min=0)])
    if row_weight is not None:
        rows = row_weight.reshape(-1, *[1] * (target.dim() - 1)).expand(target.shape).reshape(-1)
        losses, counts = losses * rows, counts * rows
    return losses.sum() / whole(counts.sum())


def formula_loss(model, objective, scores, target, batch, row_weight):
    facts = model["targets"][objective["target"]]
    if row_weight is not None or "classWeights" in objective:
        raise Unknown("weighted formula")
    text = objective["loss"]["formula"]
    if "classes" in facts:
        rows = target.reshape(-1).long()
        scores = scores.reshape(-1, scores.shape[-1])[rows >= 0]
        target = F.one_hot(rows[rows >= 0], facts["classes"]).to(scores.dtype)
        if len(scores) == 0:
            raise Unknown("no row counts")
    elif scores.shape != target.shape:
        scores = scores.reshape(target.shape)
    names = {"prediction": scores, "target": target, "sum": torch.sum, "mean": torch.mean, **batch}
    return formula(text, {**names, **(objective["loss"].get("constants") or {})})


def loss_of(model, parameters, batch):
    """The weighted sum of the losses. A loss of weight 0 is not trained."""
    values = forward(model, parameters, batch, True)
    trained = [each for each in objectives(model) if each["weight"] > 0]
    return sum(each["weight"] * target_loss(model, each, values[each["from"]], batch) for each in trained)


def target_loss(model, objective, scores, batch):
    name = objective["target"]
    facts = model["targets"][name]
    target = batch[name]
    weights = objective.get("sampleWeights")
    row_weight = None if weights is None else batch[weights].reshape(-1)
    if isinstance(scores, Rows):
        if objective["loss"]["type"] == "formula":
            raise Unknown("a formula over padding")
        scores, target, row_weight = real_positions(model, objective, scores, batch, target)
        if len(target) == 0:
            raise Unknown("no position counts")
    kind = objective["loss"]["type"]
    if kind == "formula":
        return formula_loss(model, objective, scores, target, batch, row_weight)
    if kind == "cross-entropy":
        return class_loss(objective, scores, target, row_weight)
    if "classes" in facts:
        raise Unknown(kind + " of classes")
    losses = ELEMENTWISE[kind](scores.reshape(target.shape), target, objective["loss"])
    if row_weight is None:
        mean = losses.mean()
    else:
        rows = row_weight.reshape(-1, *[1] * (target.dim() - 1)).expand(target.shape)
        mean = (losses * rows).sum() / whole(rows.sum())
    return mean.sqrt() if kind in ("rmse", "rmsle") else mean


def penalty(model, parameters, trainable):
    l1, l2 = model["regularization"]["l1"], model["regularization"]["l2"]
    weights = [parameters[name] for name in trainable if parameters[name].dim() > 1]
    return sum((l1 * w.abs().sum() + l2 * w.square().sum() for w in weights), torch.tensor(0.0))


# ---- requests


def tensor(values, shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def batch_of(model, values):
    slots = {**model["inputs"], **model["targets"]}
    return {name: tensor(values[name], [-1, *facts["shape"]]) for name, facts in slots.items()}


def answer(request):
    model = request["model"]
    facts = request["parameters"]
    parameters = {name: tensor(p["values"], p["shape"]).requires_grad_(p["trainable"]) for name, p in facts.items()}
    trainable = [name for name, p in facts.items() if p["trainable"]]
    batches = [batch_of(model, values) for values in request["batches"]]
    if any(each["loss"]["type"] == "perceptron" for each in objectives(model)) and "step" in json.dumps(model["network"]):
        raise Unknown("a step at the output")
    with torch.no_grad():
        values = forward(model, parameters, batches[0], False)
    outputs = [values[each["from"]] for each in objectives(model)]
    # Predictions on padding have no meaning.
    is_padded = any(isinstance(output, Rows) for output in outputs)
    flat = None if is_padded else torch.cat([output.reshape(len(output), -1) for output in outputs], 1)
    results = {} if is_padded else {"predictions": flat.flatten().tolist()}
    for i, batch in enumerate(batches):
        loss = loss_of(model, parameters, batch) + penalty(model, parameters, trainable)
        leaves = [parameters[name] for name in trainable]
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
        results[f"loss, batch {i}"] = [loss.item()]
        if i == 0:
            statistics = statistics_after(model)
        for name, leaf, gradient in zip(trainable, leaves, gradients):
            value = torch.zeros_like(leaf) if gradient is None else gradient
            results[f"gradient of {name}, batch {i}"] = value.flatten().tolist()
    reply = {"results": results, "statistics": statistics}
    if "losses" not in model and is_padded:
        [output] = outputs
        positions = [at.tolist() for at in output.positions]
        reply["rows"] = {"values": [row.tolist() for row in output.rows], "positions": positions}
    return reply


def statistics_after(model):
    """The running statistics after the latest batch in training mode."""
    return {
        f"{layer['name']}.{name}": values.tolist()
        for layer in model["network"]
        for name, values in layer.get("running", {}).items()
    }


def main():
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Unknown as reason:
            reply = {"unknown": str(reason)}
        except Exception as error:
            reply = {"unknown": f"failed: {type(error).__name__}: {error}"}
        # JSON has no NaN and no infinity; null replaces both.
        print(json.dumps(reply).replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null"), flush=True)


if __name__ == "__main__":
    main()
