"""The attention that the exported models share."""
import torch
from torch import nn


class Attention(nn.Module):
    """Scaled dot-product attention, written by hand, because the exporter has no masks in f64."""

    def __init__(self, units, heads, length=None):
        super().__init__()
        self.heads, self.all, self.out = heads, nn.Linear(units, 3 * units), nn.Linear(units, units)
        self.mask = None if length is None else torch.ones(length, length, dtype=torch.bool).triu(1)

    def forward(self, x):
        n, length, units = x.shape
        q, k, v = self.all(x).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-1, -2) / (units / self.heads) ** 0.5
        weights = torch.softmax(scores if self.mask is None else scores.masked_fill(self.mask, -torch.inf), -1)
        return self.out((weights @ v).transpose(1, 2).reshape(n, length, units))
