"""Loads checkpoints with an emitted PyTorch file, all in one process: pytorch_files.py EMITTED FILE… prints a list with
the message of each InputError, or null, as JSON. Also checks that a refused file leaves the trainer unchanged."""
import json
import sys

import torch

torch.set_default_dtype(torch.float64)
name, *files = sys.argv[1:]
emitted = {"__name__": "emitted"}
with open(name, encoding="utf-8") as stream:
    exec(compile(stream.read(), name, "exec"), emitted)


def state(trainer):
    tensors = {key: tensor.tolist() for key, tensor in emitted["stored"](trainer, trainer.states).items()}
    return [tensors, trainer.progress, trainer.notes, trainer.step_count, trainer.seed]


def message(file):
    trainer = emitted["Trainer"]()
    before = state(trainer)
    try:
        emitted["load_checkpoint"](trainer, file)
    except emitted["InputError"] as error:
        assert state(trainer) == before, f"{file} is refused, but has changed the trainer"
        return str(error).removeprefix(f"{file}: ")


print(json.dumps([message(file) for file in files]))
