"""Models of PyTorch, exported as ONNX files with a variable batch, and what PyTorch computes for them. The input and the
output have channels last where the imported spec has them last. Writes one line of JSON per model."""
import base64
import io
import json
import warnings

import torch
from torch import nn

from torch_attention import Attention

warnings.filterwarnings("ignore")
torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
torch.backends.mha.set_fastpath_enabled(False)


class Last(nn.Module):
    """The output of a recurrent module at the last position, and a head."""

    def __init__(self, module, units, outputs):
        super().__init__()
        self.module, self.head = module, nn.Linear(units, outputs)

    def forward(self, x):
        return self.head(self.module(x)[0][:, -1])


class Each(Last):
    """The same at all positions."""

    def forward(self, x):
        return self.head(self.module(x)[0])


class Final(Last):
    """The same for the final states of both directions."""

    def forward(self, x):
        h = self.module(x)[1]
        return self.head(h.transpose(0, 1).reshape(x.shape[0], -1))


class Classifier(nn.Module):
    """Means of embeddings."""

    def __init__(self):
        super().__init__()
        self.words, self.places, self.head = nn.Embedding(9, 6), nn.Parameter(torch.randn(5, 6)), nn.Linear(6, 2)

    def forward(self, x):
        return torch.softmax(self.head((self.words(x) + self.places).mean(1)), -1)


class Gpt(nn.Module):
    """Token and position embeddings, a pre-norm block with causal attention, and a head."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(11, 8), nn.Parameter(torch.randn(6, 8))
        self.norms, self.attention = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(8)]), Attention(8, 2, 6)
        self.dense, self.head = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)), nn.Linear(8, 11)

    def forward(self, x):
        h = self.words(x) + self.places
        h = h + self.attention(self.norms[0](h))
        return self.head(h + self.dense(self.norms[1](h)))


class Encoder(nn.Module):
    """An encoder layer. The exporter would make its optional arguments inputs."""

    def __init__(self, norm_first):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=norm_first)

    def forward(self, x):
        return self.layer(x)


class Block(nn.Module):
    """A residual block of convolutions whose channels are concatenated with its input."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 3, 1, bias=False)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        h = x + self.b(torch.relu(self.a(x)))
        return self.head(torch.cat([h, x], 1).mean((2, 3)))


class Part(nn.Module):
    """Layers around a function that no layer computes."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.weight = nn.Linear(4, 6), nn.Linear(6, 2), nn.Parameter(torch.randn(6))

    def forward(self, x):
        h = torch.tanh(self.a(x))
        return self.b(torch.cos(h) * self.weight + h)


class Parts(nn.Module):
    """Functions that no layer computes before, between and after layers."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv1d(3, 4, 3), nn.Linear(20, 2)

    def forward(self, x):
        h = torch.relu(self.a(torch.sin(x) * x))
        return torch.cos(self.b(torch.exp(-h * h).flatten(1)))


def models():
    """Name, module, input, and whether the input and the output have channels last in the spec."""
    rows = torch.randn(3, 7, 4)
    activations = [nn.LeakyReLU(0.2), nn.ELU(), nn.SiLU(), nn.GELU(), nn.Mish(), nn.Hardswish(), nn.ReLU6()]
    more = [nn.Softplus(), nn.Softsign(), nn.SELU(), nn.CELU(0.7), nn.Hardsigmoid(), nn.Hardtanh(), nn.PReLU(), nn.Sigmoid()]
    return [
        ("mlp", nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(-1)), torch.randn(5, 4), False, False),
        (
            "activations", nn.Sequential(*[part for f in activations + more for part in (nn.Linear(4, 4), f)]),
            torch.randn(5, 4), False, False,
        ),
        (
            "cnn",
            nn.Sequential(
                nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
                nn.Conv2d(6, 8, 3, stride=2, groups=2), nn.LeakyReLU(0.2), nn.AvgPool2d(2, padding=1), nn.Flatten(),
                nn.BatchNorm1d(32), nn.Linear(32, 5),
            ),
            torch.randn(3, 2, 14, 14), True, False,
        ),
        ("block", Block(), torch.randn(3, 3, 5, 6), True, False),
        (
            "decoder",
            nn.Sequential(
                nn.ConvTranspose2d(3, 4, 3, stride=2, output_padding=1), nn.GroupNorm(2, 4), nn.GELU(),
                nn.Conv2d(4, 8, 3, padding=(1, 0), dilation=(1, 2)), nn.PixelShuffle(2),
            ),
            torch.randn(2, 3, 5, 5), True, True,
        ),
        (
            "sequence",
            nn.Sequential(
                nn.Conv1d(3, 8, 5, padding=2), nn.InstanceNorm1d(8, affine=True), nn.PReLU(8), nn.MaxPool1d(3, 2, 1),
                nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 2), nn.Softplus(),
            ),
            torch.randn(4, 3, 16), True, False,
        ),
        ("lstm", Last(nn.LSTM(4, 6, num_layers=2, batch_first=True), 6, 3), rows, False, False),
        ("bilstm", Each(nn.LSTM(4, 6, batch_first=True, bidirectional=True), 12, 3), rows, False, False),
        ("bigru", Final(nn.GRU(4, 6, batch_first=True, bidirectional=True), 12, 3), rows, False, False),
        ("gru", Last(nn.GRU(4, 6, batch_first=True), 6, 3), rows, False, False),
        ("rnn", Each(nn.RNN(4, 6, batch_first=True, nonlinearity="relu"), 6, 3), rows, False, False),
        ("classifier", Classifier(), torch.randint(0, 9, (3, 5)), False, False),
        ("encoder", Encoder(True), torch.randn(3, 5, 8), False, False),
        ("post-norm encoder", Encoder(False), torch.randn(3, 5, 8), False, False),
        ("attention", Attention(8, 2), torch.randn(3, 5, 8), False, False),
        ("gpt", Gpt(), torch.randint(0, 11, (3, 6)), False, False),
        ("part", Part(), torch.randn(5, 4), False, False),
        ("parts", Parts(), torch.randn(4, 3, 7), False, False),
        (
            "older norms",
            nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6, eps=1e-6), nn.Mish(), nn.Linear(6, 2), nn.Softsign()),
            rows, False, False,
        ),
        ("last of both", Last(nn.LSTM(4, 6, batch_first=True, bidirectional=True), 12, 3), rows, False, False),
    ]


# Before opset 17, the exporter composes layer norm of other operators.
opsets = {"older norms": 13}


def exported(name, model, x):
    file = io.BytesIO()
    torch.onnx.export(
        model, x, file, opset_version=opsets.get(name, 17), input_names=["x"], output_names=["y"], dynamo=False,
        dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}},
    )
    return base64.b64encode(file.getvalue()).decode()


def last(x, isLast):
    return x.movedim(1, -1) if isLast else x


for name, model, x, lastIn, lastOut in models():
    model.eval()
    # The exporter merges parameters that are equal, so none may be.
    with torch.no_grad():
        for p in [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]:
            p.add_(0.1 * torch.rand_like(p))
    y = model(x)
    numbers = lambda t: t.detach().flatten().tolist()
    result = {"name": name, "file": exported(name, model, x), "x": numbers(last(x, lastIn)), "y": numbers(last(y, lastOut))}
    print(json.dumps(result), flush=True)
