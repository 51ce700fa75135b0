"""Masks, implemented by their definition: a padded sequence has the same results as the sequence without padding. Each
row of a value with padding is a separate tensor with the real length, and each layer of PyTorch runs on one row at a
time."""
import torch
import torch.nn.functional as F


class Rows:
    """A value with padding. `rows[i]` has the real positions of row i, and `positions[i]` their indices in the padded
    sequence, which has `length` positions. `has_holes`: there may be padding between real positions."""

    def __init__(self, rows, positions, length, has_holes):
        self.rows, self.positions, self.length, self.has_holes = rows, positions, length, has_holes

    def map(self, function):
        return Rows([function(row) for row in self.rows], self.positions, self.length, self.has_holes)

    def like(self, values):
        """Selects the real positions of these values, row by row."""
        return Rows([v[p] for v, p in zip(values, self.positions)], self.positions, self.length, self.has_holes)


def mask_of(model, name, batch):
    """Which positions of the input are real; None if it has no padding."""
    facts, x = model["inputs"][name], batch[name]
    columns = model.get("data", {}).get("inputs", {}).get(name, {})
    if "lengths" in facts:
        return torch.arange(x.shape[1])[None] < batch[facts["lengths"]].reshape(-1, 1)
    if "padding" in facts:
        return (x != facts["padding"]).reshape(*x.shape[:2], -1).any(-1)
    if "characters" in columns or "words" in columns:
        return (x > 0) | (torch.arange(x.shape[1]) == 0)
    return None


def rows_of(model, name, batch):
    """The input, as an object of class Rows if it has padding."""
    mask = mask_of(model, name, batch)
    if mask is None:
        return batch[name]
    positions = [torch.nonzero(row).flatten() for row in mask]
    has_holes = any(len(p) > 0 and int(p[-1]) != len(p) - 1 for p in positions)
    return Rows([row[p] for row, p in zip(batch[name], positions)], positions, mask.shape[1], has_holes)


def windows(value, kernel, stride, dilation, padding):
    """The padding before each row, and the number of windows of each row. Windows may extend beyond the row's end."""
    reach = (kernel - 1) * dilation + 1
    if padding == "same":
        total = max((-(-value.length // stride) - 1) * stride + reach - value.length, 0)
        return total // 2, [-(-len(row) // stride) for row in value.rows]
    before = reach - 1 if padding == "causal" else 0 if padding == "valid" else padding
    after = 0 if padding in ("causal", "valid") else padding
    return before, [max((len(row) + before + after - reach) // stride + 1, 0) for row in value.rows]


def along_windows(value, kernel, stride, dilation, padding, fill, function, channels):
    """Applies the function to each row, of shape [1, channels, positions], after padding it with `fill` as far as its
    windows reach."""
    reach = (kernel - 1) * dilation + 1
    before, counts = windows(value, kernel, stride, dilation, padding)
    rows = []
    for row, count in zip(value.rows, counts):
        if count == 0:
            rows.append(row.new_zeros(0, channels))
            continue
        after = (count - 1) * stride + reach - before - len(row)
        x = F.pad(row.T[None], [before, max(after, 0)], value=fill)
        rows.append(function(x)[0].T[:count])
    total = windows(Rows([torch.zeros(value.length)], None, value.length, False), kernel, stride, dilation, padding)
    return Rows(rows, [torch.arange(count) for count in counts], total[1][0], False)


def conv1d(layer, value, p, activate):
    kernel, stride, dilation = layer["kernel"], layer["stride"], layer["dilation"]
    weight, groups = p["weight"].permute(2, 1, 0).contiguous(), layer.get("groups", 1)
    y = along_windows(
        value, kernel, stride, dilation, layer["padding"], 0.0,
        lambda x: F.conv1d(x, weight, stride=stride, dilation=dilation, groups=groups), layer["filters"],
    )
    return y.map(lambda row: activate(row + p["bias"] if layer["bias"] else row, layer["activation"]))


def conv_transposed(layer, x, weight, rank):
    """A transposed convolution of x, of shape [n, channels, …], without bias."""
    per_axis = lambda value: (value,) * rank if isinstance(value, int) else tuple(value)
    kernel, stride = per_axis(layer["kernel"]), per_axis(layer["stride"])
    dilation, more = per_axis(layer.get("dilation", 1)), per_axis(layer.get("outputPadding", 0))
    padding = layer["padding"]
    function = F.conv_transpose1d if rank == 1 else F.conv_transpose2d
    keys = {"stride": stride, "dilation": dilation, "groups": layer.get("groups", 1)}
    weight = weight.movedim(-1, 0).movedim(-1, 1).contiguous()
    if padding != "same":
        zeros = per_axis(0 if padding == "valid" else padding)
        return function(x, weight, padding=zeros, output_padding=more, **keys)
    y = function(x, weight, **keys)
    for a in range(rank):
        size = x.shape[2 + a] * stride[a]
        start = max((kernel[a] - 1) * dilation[a] + 1 - stride[a], 0) // 2
        missing = max(start + size - y.shape[2 + a], 0)
        after = [0, 0] * (rank - 1 - a) + [0, missing]
        y = F.pad(y, after).narrow(2 + a, start, size)
    return y


def lengthened(value, function, length_of):
    """Applies a function that lengthens each row. It does not accept empty rows."""
    rows = [function(row) if len(row) > 0 else row for row in value.rows]
    return Rows(rows, [torch.arange(len(row)) for row in rows], length_of(value.length), False)


def conv1d_transpose(layer, value, p, activate):
    weight = p["weight"]

    def length_of(length):
        reach = (layer["kernel"] - 1) * layer.get("dilation", 1) + 1
        if layer["padding"] == "same":
            return length * layer["stride"]
        removed = 0 if layer["padding"] == "valid" else 2 * layer["padding"]
        return (length - 1) * layer["stride"] + reach - removed + layer.get("outputPadding", 0)

    def run(row):
        if len(row) == 0 or length_of(len(row)) < 1:
            return row.new_zeros(0, layer["filters"])
        y = conv_transposed(layer, row.T[None], weight, 1)[0].T
        return activate(y + p["bias"] if layer["bias"] else y, layer["activation"])

    rows = [run(row) for row in value.rows]
    return Rows(rows, [torch.arange(len(row)) for row in rows], length_of(value.length), False)


def pool1d(layer, value, kind):
    size, stride, padding = layer["size"], layer.get("stride", layer["size"]), layer["padding"]
    channels = value.rows[0].shape[-1]
    if kind == "max":
        function = lambda x: F.max_pool1d(x, size, stride)
        y = along_windows(value, size, stride, 1, padding, -torch.inf, function, channels)
        return y.map(lambda row: torch.where(row == -torch.inf, 0.0, row))
    mean = lambda x: F.avg_pool1d(x, size, stride)
    y = along_windows(value, size, stride, 1, padding, 0.0, mean, channels)
    if layer["countPadding"]:
        return y
    ones = along_windows(value.map(torch.ones_like), size, stride, 1, padding, 0.0, mean, channels)
    return Rows([a / b.clamp(min=1 / size) for a, b in zip(y.rows, ones.rows)], y.positions, y.length, False)


def batch_normed(layer, x, p, training):
    """x: [count, channels, …]. In training, the running statistics of the layer are updated with this batch."""
    mean, variance = p["mean"].detach().clone(), p["variance"].detach().clone()
    y = F.batch_norm(x, mean, variance, p["scale"], p["shift"], training, layer["momentum"], layer["epsilon"])
    if training:
        layer["running"] = {"mean": mean, "variance": variance}
    return y


def batch_norm(layer, value, p, training):
    """Returns None if there are too few positions."""
    x = torch.cat(value.rows)
    if training and len(x) < 2:
        return None
    y = batch_normed(layer, x.movedim(-1, 1), p, training).movedim(1, -1)
    rows = list(y.split([len(row) for row in value.rows]))
    return Rows(rows, value.positions, value.length, value.has_holes)


def global_pool(value, function):
    zeros = value.rows[0].new_zeros(value.rows[0].shape[-1])
    return torch.stack([function(row) if len(row) > 0 else zeros for row in value.rows])


def packed(function, rows, units, reverse, sequences):
    """A recurrent module of PyTorch over packed sequences: function(packed) returns packed outputs. Rows without
    positions, which PyTorch rejects, have the state 0."""
    full = [row.flip(0) if reverse else row for row in rows if len(row) > 0]
    outputs = []
    if full:
        made = function(torch.nn.utils.rnn.pack_sequence(full, enforce_sorted=False))
        y, lengths = torch.nn.utils.rnn.pad_packed_sequence(made, batch_first=True)
        outputs = [row[:length] for row, length in zip(y, lengths.tolist())]
    found = iter(outputs)
    empty = torch.zeros(0, units) if sequences else torch.zeros(units)
    results = []
    for row in rows:
        y = next(found) if len(row) > 0 else None
        last = None if y is None else y.flip(0) if reverse and sequences else y if sequences else y[-1]
        results.append(empty if last is None else last)
    return results


def cross_attention(layer, reading, memory, p):
    """Rows of x [positions, units] read rows of a memory [positions, units], using torch's attention with a
    key_padding_mask. If a row has no memory, PyTorch returns NaN; here, the result is the bias of the output."""
    pad = torch.nn.utils.rnn.pad_sequence
    units = reading[0].shape[-1]
    keys = [m if len(m) > 0 else m.new_zeros(1, m.shape[-1]) for m in memory]
    x, m = pad(list(reading)), pad(keys)
    is_padding = torch.arange(len(m))[None] >= torch.tensor([len(key) for key in keys])[:, None]
    causal = torch.ones(len(x), len(m), dtype=torch.bool).triu(1) if layer.get("causal", False) else None
    y, _ = F.multi_head_attention_forward(
        x, m, m, units, layer["heads"], None, torch.cat([p["queryBias"], p["keyBias"], p["valueBias"]]), None, None,
        False, 0.0, p["output"].T, p["outputBias"], key_padding_mask=is_padding, need_weights=False, attn_mask=causal,
        use_separate_proj_weight=True, q_proj_weight=p["query"].T, k_proj_weight=p["key"].T, v_proj_weight=p["value"].T,
    )
    rows = []
    for i, row in enumerate(reading):
        nothing = p["outputBias"].expand(len(row), units)
        rows.append(y[: len(row), i] if len(memory[i]) > 0 else nothing)
    return rows
