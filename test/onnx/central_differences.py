"""Central differences of ONNX models, computed by ONNX's reference evaluator in f64. Reads requests as lines of JSON from
the standard input: the folder of a test, the number of an input, a direction, and the weights of all outputs. Answers
each with four difference quotients of the weighted sum of the outputs along the direction: for the step h, for h/2, and
the one-sided ones."""
import json
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

REAL = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)
step = 2.0**-16


def widen_tensor(tensor):
    """The tensor with real numbers in f64."""
    if tensor.data_type not in REAL:
        return
    values = numpy_helper.to_array(tensor).astype(np.float64)
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def widen(graph):
    """Makes the constants of a graph f64, and its casts to real numbers casts to f64."""
    for tensor in graph.initializer:
        widen_tensor(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                widen_tensor(attribute.t)
            if attribute.type == onnx.AttributeProto.GRAPH:
                widen(attribute.g)
            if attribute.name in ("to", "dtype", "stash_type") and attribute.i in REAL:
                attribute.i = TensorProto.DOUBLE


def wide(array):
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def read(folder, name):
    tensor = TensorProto()
    with open(os.path.join(folder, "test_data_set_0", name), "rb") as file:
        tensor.ParseFromString(file.read())
    return wide(numpy_helper.to_array(tensor))


cache = {}


def session_of(folder):
    if cache.get("folder") != folder:
        model = onnx.load(os.path.join(folder, "model.onnx"))
        widen(model.graph)
        own = {tensor.name for tensor in model.graph.initializer}
        names = [each.name for each in model.graph.input if each.name not in own]
        values = [read(folder, f"input_{i}.pb") for i in range(len(names))]
        cache.update(folder=folder, names=names, values=values, session=ReferenceEvaluator(model))
    return cache["session"], cache["names"], cache["values"]


def answer(request):
    session, names, values = session_of(request["folder"])
    at = values[request["input"]]
    direction = np.array(request["direction"], dtype=np.float64).reshape(at.shape)
    weights = [np.array(w, dtype=np.float64) for w in request["weights"]]

    def loss(by):
        fed = dict(zip(names, values))
        fed[names[request["input"]]] = at + by * direction
        outputs = session.run(None, fed)
        total = 0.0
        for output, w in zip(outputs, weights):
            if len(w) == 0:
                continue
            if output.dtype != np.float64:
                raise ValueError(f"the reference evaluator computes in {output.dtype}")
            total += float(np.sum(output.reshape(-1) * w))
        return total

    here = loss(0.0)
    if abs(here) > 1e9:
        raise ValueError("the values are too large for a difference")
    above, below = loss(step), loss(-step)
    differences = [
        (above - below) / (2 * step),
        (loss(step / 2) - loss(-step / 2)) / step,
        (here - below) / step,
        (above - here) / step,
    ]
    return {"differences": [d if np.isfinite(d) else None for d in differences]}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # The evaluator raises many kinds of errors.
        result = {"refused": f"{type(error).__name__}: {str(error)[:120]}"}
    print(json.dumps(result), flush=True)
