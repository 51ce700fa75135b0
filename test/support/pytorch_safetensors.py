"""Python's safetensors and a checkpoint: pytorch_safetensors.py FILE COPY prints metadata, and shapes and sums of the
tensors as JSON, and writes them to a copy, in the order of the library.
pytorch_safetensors.py --state-dict EMITTED FILE INPUT loads a state_dict into the emitted Model and predicts."""
import json
import sys

import numpy
from safetensors import safe_open

if sys.argv[1] == "--state-dict":
    import torch
    from safetensors.torch import load_file, save_file

    torch.set_default_dtype(torch.float64)
    name, file, given, copy = sys.argv[2:]
    emitted = {"__name__": "emitted"}
    with open(name, encoding="utf-8") as stream:
        exec(compile(stream.read(), name, "exec"), emitted)
    model = emitted["Model"]()
    model.load_state_dict(load_file(file))
    inputs = json.loads(given)
    with torch.no_grad():
        print(json.dumps(model.eval()(*[torch.tensor(values) for values in inputs]).flatten().tolist()))
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, copy)
else:
    from safetensors.numpy import save_file

    file, copy = sys.argv[1:]
    with safe_open(file, "np") as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}
        metadata = stored.metadata()
    save_file(tensors, copy, metadata)
    found = {name: [list(values.shape), float(values.sum(dtype=numpy.float64))] for name, values in tensors.items()}
    print(json.dumps({"metadata": metadata, "tensors": found}))
