"""Modules of PyTorch with random weights. Writes one line of JSON per module: its `state_dict` as a safetensors file, the
network of the spec that it is imported to, an input and the output of the module, both with channels last."""
import base64
import json
import struct

import torch
from torch import nn

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
torch.backends.mha.set_fastpath_enabled(False)

types = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def safetensors(tensors):
    """The file format: the length of the header, the header as JSON, the numbers."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        numbers = bytes(tensor.contiguous().flatten().view(torch.uint8).tolist())
        header[name] = {
            "dtype": types[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(numbers)],
        }
        data += numbers
    text = json.dumps(header).encode()
    return base64.b64encode(struct.pack("<Q", len(text)) + text + data).decode()


def last(x):
    """Channels last."""
    return x if x.dim() < 3 else x.movedim(1, -1)


class First(nn.Module):
    """The first output of a module."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x)[0]


class Last(nn.Module):
    """The output of a recurrent module at the last position, and a head."""

    def __init__(self, module, units, outputs):
        super().__init__()
        self.rnn, self.head = module, nn.Linear(units, outputs)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


class Each(Last):
    """The same at all positions."""

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class Itself(nn.Module):
    """Self-attention."""

    def __init__(self, units, heads, **keys):
        super().__init__()
        self.attn = nn.MultiheadAttention(units, heads, batch_first=True, **keys)

    def forward(self, x):
        return self.attn(x, x, x)[0]


class Words(nn.Module):
    """Embeddings of words and positions, and a head with the shape of the embedding."""

    def __init__(self):
        super().__init__()
        self.tok_emb = nn.Embedding(7, 5)
        self.pos = nn.Parameter(torch.randn(1, 4, 5))
        self.head = nn.Linear(5, 7, bias=False)

    def forward(self, x):
        return self.head(self.tok_emb(x) + self.pos)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.conv2, self.bn2 = nn.Conv2d(6, 6, 3, groups=3), nn.BatchNorm2d(6)
        self.fc1, self.act, self.bn3, self.fc2 = nn.Linear(72, 9), nn.PReLU(9), nn.BatchNorm1d(9), nn.Linear(9, 3)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(torch.relu(self.bn2(self.conv2(x))), 2)
        return self.fc2(self.bn3(self.act(self.fc1(x.flatten(1)))))


attention = {"type": "attention", "heads": 2}
recurrent = {"units": 6, "returnSequences": True}
conv = {"filters": 6, "kernel": 3}
up = {"filters": 6, "kernel": 3, "stride": 2}
conv1, conv2 = {"type": "conv1d", **conv}, {"type": "conv2d", **conv}


def bidirectional(kind, **keys):
    return {"type": "bidirectional", "layer": {"type": kind, **recurrent, **keys}}


def encoder(heads):
    inside = [{"type": "dense", "units": 16, "activation": "relu"}, {"type": "dense", "units": 8}]
    return [
        {"type": "residual", "layers": ["layer-norm", {"type": "attention", "heads": heads}]},
        {"type": "residual", "layers": ["layer-norm", *inside]},
    ]


# Name, module, network of the spec, shape of the input, and whether channels are first in the input and the output.
image, sequence = ((2, 8, 7), True, True), ((3, 9), True, True)
rows, vector = ((5, 4), False, False), ((6,), False, False)
cases = [
    ("linear", nn.Linear(6, 4), [{"type": "dense", "units": 4}], *vector),
    ("linear without bias", nn.Linear(6, 4, bias=False), [{"type": "dense", "units": 4, "bias": False}], *vector),
    ("square linear", nn.Linear(6, 6), [{"type": "dense", "units": 6}], *vector),
    ("conv1d", nn.Conv1d(3, 6, 3, stride=2), [{**conv1, "stride": 2}], *sequence),
    ("conv1d in groups", nn.Conv1d(3, 6, 3, groups=3), [{**conv1, "groups": 3}], *sequence),
    ("conv2d", nn.Conv2d(2, 6, 3), [conv2], *image),
    ("conv2d, oblong", nn.Conv2d(2, 6, (2, 3)), [{**conv2, "kernel": [2, 3]}], *image),
    ("conv2d in groups", nn.Conv2d(2, 6, 3, groups=2), [{**conv2, "groups": 2}], *image),
    (
        "depthwise convolution", nn.Conv2d(2, 6, (2, 3), groups=2),
        [{"type": "depthwise-conv2d", "kernel": [2, 3], "multiplier": 3}], *image,
    ),
    ("transposed conv1d", nn.ConvTranspose1d(3, 6, 3, 2), [{"type": "conv1d-transpose", **up}], *sequence),
    ("transposed conv2d", nn.ConvTranspose2d(2, 6, 3, 2), [{"type": "conv2d-transpose", **up}], *image),
    (
        "transposed conv2d in groups", nn.ConvTranspose2d(2, 6, 3, 2, groups=2),
        [{"type": "conv2d-transpose", **up, "groups": 2}], *image,
    ),
    ("batch norm of images", nn.BatchNorm2d(2), ["batch-norm"], *image),
    ("batch norm of rows", nn.BatchNorm1d(6), ["batch-norm"], *vector),
    ("batch norm without scale", nn.BatchNorm2d(2, affine=False), ["batch-norm"], *image),
    ("layer norm", nn.LayerNorm(4), ["layer-norm"], *rows),
    ("layer norm without shift", nn.LayerNorm(4, bias=False), ["layer-norm"], *rows),
    ("group norm", nn.GroupNorm(3, 6), [{"type": "group-norm", "groups": 3}], (6, 4, 5), True, True),
    ("instance norm", nn.InstanceNorm2d(2, affine=True), [{"type": "instance-norm", "affine": True}], *image),
    ("rms norm", nn.RMSNorm(4, eps=1e-5), ["rms-norm"], *rows),
    ("prelu", nn.PReLU(), ["prelu"], *vector),
    ("prelu per channel", nn.PReLU(2), [{"type": "prelu", "perChannel": True}], *image),
    ("embedding", nn.Embedding(7, 5), [{"type": "embedding", "vocabulary": 7, "units": 5}], (4,), "words", False),
    ("rnn", First(nn.RNN(4, 6, batch_first=True)), [{"type": "rnn", **recurrent}], *rows),
    ("lstm", First(nn.LSTM(4, 6, batch_first=True)), [{"type": "lstm", **recurrent}], *rows),
    ("lstm without biases", First(nn.LSTM(4, 6, bias=False, batch_first=True)), [{"type": "lstm", **recurrent}], *rows),
    ("gru", First(nn.GRU(4, 6, batch_first=True)), [{"type": "gru", **recurrent}], *rows),
    (
        "bidirectional gru in 2 layers", First(nn.GRU(4, 6, 2, batch_first=True, bidirectional=True)),
        [bidirectional("gru"), bidirectional("gru")], *rows,
    ),
    ("attention", Itself(4, 2), [attention], *rows),
    ("attention without biases", Itself(4, 2, bias=False), [attention], *rows),
    (
        "words and positions", Words(),
        [
            {"type": "embedding", "vocabulary": 7, "units": 5}, "position-embedding",
            {"type": "dense", "units": 7, "bias": False},
        ],
        (4,), "words", False,
    ),
    (
        "mlp", nn.Sequential(*[part for _ in range(11) for part in (nn.Linear(6, 6), nn.Tanh())], nn.Linear(6, 2)),
        [*[{"type": "dense", "units": 6, "activation": "tanh"}] * 11, {"type": "dense", "units": 2}], *vector,
    ),
    (
        "cnn", Cnn(),
        [
            {**conv2, "padding": 1, "bias": False}, "batch-norm", {"type": "activation", "fn": "relu"},
            {**conv2, "groups": 3}, "batch-norm", {"type": "activation", "fn": "relu"},
            {"type": "max-pool2d", "size": 2}, "flatten",
            {"type": "dense", "units": 9}, {"type": "prelu", "perChannel": True}, "batch-norm",
            {"type": "dense", "units": 3},
        ],
        (2, 10, 8), True, False,
    ),
    (
        "flattened sequence", nn.Sequential(nn.Conv1d(3, 6, 3), nn.Flatten(), nn.BatchNorm1d(42), nn.Linear(42, 2)),
        [conv1, "flatten", "batch-norm", {"type": "dense", "units": 2}], (3, 9), True, False,
    ),
    (
        "encoder layers",
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=True), 2, enable_nested_tensor=False,
        ),
        [*encoder(2), *encoder(2)], (5, 8), False, False,
    ),
    (
        "lstm in 2 layers", Last(nn.LSTM(4, 6, num_layers=2, batch_first=True), 6, 3),
        [{"type": "lstm", **recurrent}, {"type": "lstm", "units": 6}, {"type": "dense", "units": 3}], *rows,
    ),
    (
        "bidirectional lstm", Each(nn.LSTM(4, 6, batch_first=True, bidirectional=True), 12, 3),
        [bidirectional("lstm"), {"type": "dense", "units": 3}], *rows,
    ),
]


def randomise(module):
    """Statistics and parameters far from their initial values."""
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(0.5 * torch.rand_like(tensor) + 0.1 * torch.randn_like(tensor))
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.abs_().add_(0.5)


def written(index, name, module, network, shape, first, firstOut, dtype=torch.float64):
    module.eval()
    randomise(module)
    own = module.state_dict().items()
    tensors = {key: tensor.to(dtype) if tensor.is_floating_point() else tensor for key, tensor in own}
    # The module computes with the numbers that the file has.
    module.load_state_dict(tensors)
    # The library safetensors writes tensors in the order of their names.
    file = safetensors(tensors if index % 2 == 0 else dict(sorted(tensors.items())))
    x = torch.randint(0, 7, (3, *shape)) if first == "words" else torch.randn(3, *shape)
    y = module(x)
    ourX, ourY = last(x) if first is True else x, last(y) if firstOut else y
    numbers = lambda t: t.detach().flatten().tolist()
    model = {"name": name, "file": file, "network": network, "isWords": first == "words"}
    data = {"input": list(ourX.shape[1:]), "x": numbers(ourX), "output": list(ourY.shape[1:]), "y": numbers(ourY)}
    print(json.dumps({**model, **data}), flush=True)


for index, case in enumerate(cases):
    written(index, *case)
for dtype in (torch.float32, torch.float16, torch.bfloat16):
    _, *case = next(case for case in cases if case[0] == "encoder layers")
    written(0, f"encoder layers stored as {dtype}", *case, dtype=dtype)
