"""Models of PyTorch, exported as ONNX files in f64, with what PyTorch computes for them: the outputs, and the gradients of
the weighted sum of the outputs with respect to all parameters. Writes one line of JSON per model."""
import base64
import io
import json
import warnings

import torch
from torch import nn

from torch_attention import Attention

warnings.filterwarnings("ignore")
torch.manual_seed(1)
torch.set_default_dtype(torch.float64)


class Gpt(nn.Module):
    """Token and position embeddings, a pre-norm block with causal attention, and a head."""

    def __init__(self, words=11, length=6, units=16):
        super().__init__()
        self.words = nn.Embedding(words, units)
        self.places = nn.Parameter(0.1 * torch.randn(length, units))
        self.norms = nn.ModuleList([nn.LayerNorm(units), nn.LayerNorm(units)])
        self.attention = Attention(units, 2, length)
        self.dense = nn.Sequential(nn.Linear(units, 32), nn.GELU(), nn.Linear(32, units))
        self.head = nn.Linear(units, words)

    def forward(self, x):
        h = self.words(x) + self.places
        h = h + self.attention(self.norms[0](h))
        return self.head(h + self.dense(self.norms[1](h)))


class Encoder(nn.Module):
    """A pre-norm encoder layer. The exporter would make its optional arguments inputs."""

    def __init__(self, norm_first=True):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=norm_first)

    def forward(self, x):
        return self.layer(x)


class Last(nn.Module):
    """The output of a recurrent module at the last position, and a head."""

    def __init__(self, module, units, outputs):
        super().__init__()
        self.module, self.head = module, nn.Linear(units, outputs)

    def forward(self, x):
        return self.head(self.module(x)[0][:, -1])


class SelfAttention(nn.Module):
    """PyTorch's own attention, which merges the rows and the heads of a batch. Its weights are not an output."""

    def __init__(self, batch_first):
        super().__init__()
        self.batch_first, self.attention = batch_first, nn.MultiheadAttention(8, 2, batch_first=batch_first)

    def forward(self, x):
        z = x if self.batch_first else x.transpose(0, 1)
        y = self.attention(z, z, z, need_weights=not self.batch_first)[0]
        return y if self.batch_first else y.transpose(0, 1)


class Squeezed(nn.Module):
    """Squeeze and excitation: channels weighted by a function of their means."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(channels, 2), nn.SiLU(), nn.Linear(2, channels), nn.Sigmoid())

    def forward(self, x):
        return x * self.body(x.mean((2, 3)))[:, :, None, None]


def models():
    return {
        "mlp": (nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(-1)), torch.randn(5, 4)),
        "cnn": (
            nn.Sequential(
                nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
                nn.Conv2d(6, 8, 3, stride=2, groups=2), nn.LeakyReLU(0.2), nn.AvgPool2d(2, padding=1), nn.Flatten(),
                nn.Linear(32, 5),
            ),
            torch.randn(3, 2, 14, 14),
        ),
        "encoder": (Encoder(), torch.randn(3, 5, 8)),
        "gpt": (Gpt(), torch.randint(0, 11, (3, 6))),
        "attention": (Attention(8, 2), torch.randn(3, 5, 8)),
        "multihead": (SelfAttention(True), torch.randn(3, 5, 8)),
        "multihead-weights": (SelfAttention(False), torch.randn(3, 5, 8)),
        "post-norm": (Encoder(norm_first=False), torch.randn(3, 5, 8)),
        "lstm": (Last(nn.LSTM(4, 6, num_layers=2, batch_first=True), 6, 3), torch.randn(3, 7, 4)),
        "bilstm": (Last(nn.LSTM(4, 6, batch_first=True, bidirectional=True), 12, 3), torch.randn(3, 7, 4)),
        "gru": (Last(nn.GRU(4, 6, batch_first=True), 6, 3), torch.randn(3, 7, 4)),
        "rnn": (Last(nn.RNN(4, 6, batch_first=True), 6, 3), torch.randn(3, 7, 4)),
        "decoder": (
            nn.Sequential(
                nn.ConvTranspose2d(3, 4, 3, stride=2, output_padding=1), nn.GroupNorm(2, 4), nn.GELU(),
                nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(4, 2, 3, padding="same", dilation=2),
            ),
            torch.randn(2, 3, 5, 5),
        ),
        "sequence": (
            nn.Sequential(
                nn.Conv1d(3, 8, 5, padding=2), nn.InstanceNorm1d(8, affine=True), nn.PReLU(8), nn.MaxPool1d(3, 2, 1),
                nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 2), nn.Softplus(),
            ),
            torch.randn(4, 3, 16),
        ),
        "mobile": (
            nn.Sequential(
                nn.Conv2d(3, 8, 3, 2, 1), nn.Hardswish(), nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.Hardswish(),
                Squeezed(8), nn.Conv2d(8, 4, 1), nn.PixelShuffle(2), nn.ELU(), nn.Flatten(1), nn.LayerNorm(64),
            ),
            torch.randn(2, 3, 8, 8),
        ),
    }


# Exported with a variable batch.
dynamic = ("encoder", "post-norm", "multihead", "multihead-weights")


def exported(name, model, x):
    file = io.BytesIO()
    torch.onnx.export(
        model, x, file, opset_version=17, input_names=["x"], output_names=["y"], dynamo=False,
        do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE,
        dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}} if name in dynamic else None,
    )
    return base64.b64encode(file.getvalue()).decode()


torch.backends.mha.set_fastpath_enabled(False)
for name, (model, x) in models().items():
    model.eval()
    # The exporter merges parameters that are equal, so none may be.
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p))
    file = exported(name, model, x)
    y = model(x)
    weight = torch.rand_like(y) - 0.5
    model.zero_grad()
    (weight * y).sum().backward()
    numbers = lambda t: t.detach().flatten().tolist()
    print(
        json.dumps(
            {
                "name": name,
                "file": file,
                "rows": len(x),
                "x": numbers(x),
                "y": numbers(y),
                "weight": numbers(weight),
                "gradients": {key: numbers(p.grad) for key, p in model.named_parameters()},
            }
        ),
        flush=True,
    )
