"""Trains a small CNN on the digits 0 to 4 in PyTorch and exports it as body.onnx; writes the rows of the digits 5 to 9 to
digits-5-to-9.csv. Run it in this folder: python3 make.py. It needs python3-torch and python3-onnx of Debian (2.6, 1.17)."""
import csv
from collections import OrderedDict

import torch
from torch import nn

torch.manual_seed(1)
with open("../data/digits.csv") as file:
    header, *rows = csv.reader(file)
digit = header.index("digit")
known = [row for row in rows if int(row[digit]) < 5]
unknown = [row for row in rows if int(row[digit]) >= 5]

with open("digits-5-to-9.csv", "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([header, *unknown])

pixels = [i for i, name in enumerate(header) if i != digit]
x = torch.tensor([[float(row[i]) / 16 for i in pixels] for row in known]).reshape(-1, 1, 8, 8)
y = torch.tensor([int(row[digit]) for row in known])
held_out = torch.arange(len(y)) % 5 == 0

layers = OrderedDict(
    conv1=nn.Conv2d(1, 8, 3, padding=1),
    relu1=nn.ReLU(),
    conv2=nn.Conv2d(8, 16, 3, padding=1),
    relu2=nn.ReLU(),
    pool=nn.MaxPool2d(2),
    flatten=nn.Flatten(),
    hidden=nn.Linear(256, 32),
    relu3=nn.ReLU(),
    scores=nn.Linear(32, 5),
)
model = nn.Sequential(layers)
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
training = torch.utils.data.TensorDataset(x[~held_out], y[~held_out])
for epoch in range(30):
    for images, labels in torch.utils.data.DataLoader(training, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
accuracy = (model(x[held_out]).argmax(1) == y[held_out]).float().mean().item()
print(f"accuracy on {int(held_out.sum())} held-out rows of the digits 0 to 4: {accuracy:.4f}")
torch.onnx.export(
    model,
    x[:1],
    "body.onnx",
    input_names=["image"],
    output_names=["scores"],
    dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}},
    opset_version=17,
    dynamo=False,
)
