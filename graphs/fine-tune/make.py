"""Trains a small CNN on the digits 0 to 4 of MNIST in PyTorch and exports it as body.onnx. Writes digits 5 to 9, which
the CNN has never seen, to digits-5-to-9.csv.gz: the first 2,000 such images of MNIST's test set. Run it in this folder
after `npm run data`, which installs MNIST: python3 make.py. It needs python3-torch and python3-onnx of Debian (2.6, 1.17)
and takes about a minute."""
import gzip
from collections import OrderedDict

import numpy
import torch
from torch import nn


def mnist(split):
    """The images [n, 784] and the digits [n] of a split, as bytes. IDX files have heads of 16 and 8 bytes."""
    images = numpy.fromfile(f"../data/mnist/{split}-images-idx3-ubyte", numpy.uint8, offset=16).reshape(-1, 784)
    return images, numpy.fromfile(f"../data/mnist/{split}-labels-idx1-ubyte", numpy.uint8, offset=8)


def known(split):
    """The digits 0 to 4 of a split as tensors. Pixels are from 0 to 1."""
    images, digits = mnist(split)
    return (
        torch.tensor(images[digits < 5]).reshape(-1, 1, 28, 28) / 255,
        torch.tensor(digits[digits < 5]).long(),
    )


torch.manual_seed(1)
torch.set_num_threads(1)  # The result depends on the number of threads.
layers = OrderedDict(
    conv1=nn.Conv2d(1, 8, 3, padding=1),
    relu1=nn.ReLU(),
    pool1=nn.MaxPool2d(2),
    conv2=nn.Conv2d(8, 16, 3, padding=1),
    relu2=nn.ReLU(),
    pool2=nn.MaxPool2d(2),
    flatten=nn.Flatten(),
    hidden=nn.Linear(784, 32),
    relu3=nn.ReLU(),
    scores=nn.Linear(32, 5),
)
model = nn.Sequential(layers)
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
training = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(*known("train")), batch_size=64, shuffle=True
)
for epoch in range(3):
    for images, digits in training:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), digits).backward()
        optimizer.step()

model.eval()
images, digits = known("t10k")
accuracy = (model(images).argmax(1) == digits).float().mean().item()
print(f"accuracy on the digits 0 to 4 of the test set, {len(digits)} images: {accuracy:.4f}")
torch.onnx.export(
    model,
    images[:1],
    "body.onnx",
    input_names=["image"],
    output_names=["scores"],
    dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}},
    opset_version=17,
    dynamo=False,
)

images, digits = mnist("t10k")
unknown = numpy.flatnonzero(digits >= 5)[:2000]
names = [*(f"p{i}" for i in range(784)), "digit"]
rows = [names, *([*images[row], digits[row]] for row in unknown)]
text = "".join(",".join(map(str, row)) + "\n" for row in rows)
# Without a time stamp, the same rows have the same bytes.
with open("digits-5-to-9.csv.gz", "wb") as file:
    file.write(gzip.compress(text.encode(), compresslevel=9, mtime=0))
