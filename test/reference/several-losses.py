"""Two heads in PyTorch, in f64: predictions, losses, gradients and metrics. The request is one JSON object on standard
input, the reply one on standard output."""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
request = json.load(sys.stdin)
p = {
    name: torch.tensor(each["values"]).reshape(each["shape"]).requires_grad_(True)
    for name, each in request["parameters"].items()
}
x = torch.tensor(request["batch"]["x"]).reshape(-1, 3)
kind = torch.tensor(request["batch"]["kind"], dtype=torch.long)
price = torch.tensor(request["batch"]["price"])
size = torch.tensor(request["batch"]["size"]).reshape(-1, 2)
row_weight = torch.tensor(request["batch"]["trust"])
class_weight = torch.tensor(request["classWeights"])

hidden = torch.tanh(x @ p["shared.weight"] + p["shared.bias"])
logits = hidden @ p["head1.weight"] + p["head1.bias"]
prices = (hidden @ p["head2.weight"] + p["head2.bias"]).squeeze(-1)
sizes = hidden @ p["head3.weight"] + p["head3.bias"]

losses = {
    # A target of -1 counts neither in the sum nor in the mean, and each class counts as its weight.
    "kind": F.cross_entropy(logits, kind, weight=class_weight, ignore_index=-1),
    "price": (row_weight * (prices - price).square()).sum() / row_weight.sum(),
    "size": F.huber_loss(sizes, size, delta=0.5).sqrt() if request["isRoot"] else F.huber_loss(sizes, size, delta=0.5),
}
penalty = request["l2"] * sum(w.square().sum() for name, w in p.items() if name.endswith("weight"))
total = sum(request["weights"][name] * loss for name, loss in losses.items())
(total + penalty).backward()
known = kind >= 0
figures = {
    "loss": total,
    "kind.loss": losses["kind"],
    "kind.accuracy": (logits.argmax(1) == kind)[known].double().mean(),
    "price.loss": losses["price"],
    "price.mae": (prices - price).abs().mean(),
    "price.rmse": (prices - price).square().mean().sqrt(),
    "size.loss": losses["size"],
    "size.r2": 1 - (sizes - size).square().sum() / (size - size.mean()).square().sum(),
}
print(
    json.dumps(
        {
            "loss": (total + penalty).item(),
            "figures": {name: value.item() for name, value in figures.items()},
            "predictions": {
                "kind": logits.flatten().tolist(),
                "price": prices.flatten().tolist(),
                "size": sizes.flatten().tolist(),
            },
            "gradients": {name: value.grad.flatten().tolist() for name, value in p.items()},
        }
    )
)
