"""PyTorch in eager mode: the same workloads and the same requests on standard input as in
contenders/run-contender.mjs. With `emitted FILE`, the trainer is that of a file that the target `pytorch` emitted."""
import importlib.util
import json
import math
import os
import resource
import sys
import time

CHUNK = 0.002


def say(answer):
    print(json.dumps(answer), flush=True)


def batches_of(folder, workload, torch):
    """The files of the folder as tensors: one pair for each batch."""
    kinds = {"f32": torch.float32, "i32": torch.int32}
    rows = workload["batches"] * workload["batchSize"]
    data = {}
    for field in workload["fields"]:
        with open(os.path.join(folder, field["name"] + ".bin"), "rb") as file:
            values = torch.frombuffer(bytearray(file.read()), dtype=kinds[field["type"]])
        data[field["name"]] = values.reshape(rows, -1)
    x, y = data["x"], data["y"]
    if workload["name"] == "lenet":
        x = x.reshape(-1, 1, 28, 28)
    if workload["loss"] == "cross-entropy":
        y = y.long() if y.shape[1] > 1 else y.long().squeeze(1)
    if workload["name"] == "charlm":
        x = x.long()
    return list(zip(x.split(workload["batchSize"]), y.split(workload["batchSize"])))


def model_of(workload, torch):
    nn = torch.nn
    if workload["name"] == "lenet":
        return nn.Sequential(
            nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(256, 10),
        )  # fmt: skip
    if workload["name"] == "charlm":
        return language_model(torch)
    widths = workload["perceptron"]["widths"]
    activation = nn.ReLU if workload["perceptron"]["activation"] == "relu" else nn.Tanh
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def language_model(torch, context=32, width=64, heads=4, vocabulary=65):
    nn, functional = torch.nn, torch.nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.query_key_value = nn.Linear(width, 3 * width)
            self.output = nn.Linear(width, width)

        def forward(self, x):
            shape = (x.shape[0], context, heads, width // heads)
            q, k, v = (each.reshape(shape).transpose(1, 2) for each in self.query_key_value(x).split(width, -1))
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.output(mixed.transpose(1, 2).reshape(x.shape))

    class Residual(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            self.layers = nn.Sequential(nn.LayerNorm(width), *layers)

        def forward(self, x):
            return x + self.layers(x)

    class LanguageModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, width)
            self.places = nn.Parameter(0.1 * torch.randn(context, width))
            dense = lambda: (nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
            blocks = [layer for _ in range(2) for layer in (Residual(Attention()), Residual(*dense()))]
            self.rest = nn.Sequential(*blocks, nn.LayerNorm(width), nn.Linear(width, vocabulary))

        def forward(self, x):
            return self.rest(self.embedding(x) + self.places)

    return LanguageModel()


def optimizer_of(workload, parameters, torch, fused):
    """The default optimizer, or one that updates all parameters in a fused call, which RMSprop does not
    support."""
    how = workload["optimizer"]
    rate = how["learningRate"]
    more = {"fused": True} if fused else {}
    if how["type"] == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=how.get("momentum", 0), **more)
    if how["type"] == "adam":
        return torch.optim.Adam(parameters, lr=rate, **more)
    if how["type"] == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=how["weightDecay"], **more)
    if fused:
        raise NotImplementedError("no fused RMSprop")
    return torch.optim.RMSprop(parameters, lr=rate)


class Training:
    """Trains on the batches in turn, and counts the steps."""

    def __init__(self, folder, workload, torch, fused):
        self.batches = batches_of(folder, workload, torch)
        self.model = model_of(workload, torch)
        self.optimizer = optimizer_of(workload, self.model.parameters(), torch, fused)
        functional = torch.nn.functional
        if workload["loss"] == "mse":
            self.loss_of = functional.mse_loss
        elif workload["name"] == "charlm":
            self.loss_of = lambda z, y: functional.cross_entropy(z.reshape(-1, z.shape[-1]), y.reshape(-1))
        else:
            self.loss_of = functional.cross_entropy
        self.steps = 0
        self.loss = None

    def run(self, count):
        for _ in range(count):
            x, y = self.batches[self.steps % len(self.batches)]
            self.optimizer.zero_grad(set_to_none=True)
            self.loss = self.loss_of(self.model(x), y)
            self.loss.backward()
            self.optimizer.step()
            self.steps += 1

    def timed(self, count):
        """Seconds per step: wall time and CPU time."""
        start, used = time.perf_counter(), time.process_time()
        self.run(count)
        wall = (time.perf_counter() - start) / count
        return wall, min(wall, (time.process_time() - used) / count)


class EmittedTraining(Training):
    """Trains as Training does, but with the trainer of an emitted file, from the same parameters as `tapeless`."""

    def __init__(self, folder, workload, torch, file):
        spec = importlib.util.spec_from_file_location("emitted", file)
        emitted = importlib.util.module_from_spec(spec)
        sys.modules["emitted"] = emitted
        spec.loader.exec_module(emitted)
        shape = (-1, 28, 28, 1) if workload["name"] == "lenet" else None
        pairs = batches_of(folder, workload, torch)
        self.batches = [{"x": x.reshape(shape) if shape else x, "y": y} for x, y in pairs]
        self.trainer = emitted.Trainer()
        self.steps = 0
        self.loss = None

    def run(self, count):
        for _ in range(count):
            self.loss = self.trainer.step([self.batches[self.steps % len(self.batches)]])
            self.steps += 1


def warm_up(training, least, most):
    """Runs until three chunks take the same time. Returns the number of steps in a chunk."""
    start, count, last = time.perf_counter(), 1, []
    while True:
        wall, ran = training.timed(count)
        if wall * count < CHUNK:
            count = min(2 * count, math.ceil(1.2 * CHUNK / wall))
        last = [*last[-2:], ran]
        passed = 1000 * (time.perf_counter() - start)
        stable = len(last) == 3 and max(last) < 1.05 * min(last)
        if passed > most or (passed > least and stable):
            return count


def measure(training, count, milliseconds):
    start, fastest = time.perf_counter(), (math.inf, math.inf)
    while True:
        fastest = tuple(map(min, fastest, training.timed(count)))
        if 1000 * (time.perf_counter() - start) > milliseconds:
            return {"wall": 1000 * fastest[0], "ran": 1000 * fastest[1]}


def finish(training):
    training.run(-training.steps % len(training.batches) + 1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"loss": float(training.loss), "steps": training.steps, "memory": memory}


def main(folder, *options):
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(7)
    with open(os.path.join(folder, "workload.json")) as file:
        workload = json.load(file)
    if options[:1] == ("emitted",):
        training = EmittedTraining(folder, workload, torch, options[1])
    else:
        training = Training(folder, workload, torch, "fused" in options)
    training.run(1)
    first = 1000 * time.time() - float(os.environ["BENCH_START"])
    say({"first": first, "loss": float(training.loss), "version": torch.__version__})
    count = 1
    for line in sys.stdin:
        order = json.loads(line)
        if order["ask"] == "warm":
            count = warm_up(training, order["least"], order["most"])
            say({})
        if order["ask"] == "measure":
            say(measure(training, count, order["milliseconds"]))
        if order["ask"] == "finish":
            say(finish(training))
            return


try:
    main(*sys.argv[1:])
except Exception as error:  # reported to the bench, which shows it in its table
    say({"lacks": str(error).split("\n")[0]})
