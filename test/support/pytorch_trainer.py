"""Runs emitted PyTorch files: reads jobs from standard input and prints the results, both as JSON.

A job has the code of a file, a data type, a seed, and groups of batches. Parameters are in the order of axes of
tapeless. Arrays are f64 numbers in base64. A file that cannot run gives {"error": text}.
"""
import base64
import json
import sys
import traceback

import numpy
import torch

torch.set_num_threads(1)


def decoded(tensor):
    numbers = torch.from_numpy(numpy.frombuffer(base64.b64decode(tensor["data"]), dtype="<f8").copy())
    dtype = torch.int64 if tensor["isWhole"] else torch.get_default_dtype()
    return numbers.to(dtype).reshape(tensor["shape"])


def encoded(array):
    return base64.b64encode(numpy.ascontiguousarray(array).astype("<f8").tobytes()).decode()


def in_our_order(file, tensors):
    values = {}
    for name, (shape, _, at, axes, _) in file["PARAMETERS"].items():
        if (at or name) in tensors:
            order = axes or tuple(range(len(shape)))
            inverse = sorted(range(len(order)), key=lambda axis: order[axis])
            values[name] = tensors[at or name].detach().permute(inverse)
    return values


def parameters_of(file, trainer):
    tensors = dict(trainer.model.named_parameters()) | dict(trainer.model.named_buffers())
    return {name: encoded(value) for name, value in in_our_order(file, tensors).items()}


def set_parameters(file, trainer, given):
    tensors = dict(trainer.model.named_parameters()) | dict(trainer.model.named_buffers())
    with torch.no_grad():
        for name, (shape, _, at, axes, _) in file["PARAMETERS"].items():
            values = decoded(given[name] | {"isWhole": False}).reshape(shape)
            tensors[at or name].copy_(values.permute(axes or tuple(range(len(shape)))))


def run(job):
    torch.set_default_dtype({"f32": torch.float32, "f64": torch.float64}[job["dtype"]])
    file = {"__name__": "emitted"}
    exec(compile(job["code"], "emitted.py", "exec"), file)
    trainer = file["Trainer"](job["seed"])
    initial = parameters_of(file, trainer)
    if job["parameters"] is not None:
        set_parameters(file, trainer, job["parameters"])
        if hasattr(trainer, "average"):
            trainer.average = trainer.vector.clone()
    batches = [[{name: decoded(each) for name, each in batch.items()} for batch in group] for group in job["groups"]]
    loss = trainer.gradient(batches[0])
    tensors = dict(trainer.model.named_parameters())
    gradients = {name: tensor.grad for name, tensor in tensors.items() if tensor.grad is not None}
    first = {name: encoded(value) for name, value in in_our_order(file, gradients).items()}
    losses = [trainer.step(batches[step % len(batches)]) for step in range(job["steps"])]
    evaluated = trainer.evaluate(batches[0][0])
    if hasattr(trainer, "averaged"):
        with trainer.averaged():
            final = parameters_of(file, trainer)
    else:
        final = parameters_of(file, trainer)
    return {"initial": initial, "loss": loss, "gradients": first, "losses": losses, "evaluated": evaluated, "final": final}


def result_of(job):
    try:
        return run(job)
    except Exception:
        return {"error": traceback.format_exc()}




json.dump([result_of(job) for job in json.load(sys.stdin)], sys.stdout)
