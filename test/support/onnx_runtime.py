"""Runs ONNX models in ONNX Runtime: reads jobs from standard input and prints the results, both as JSON.

A job runs a model several times. Each run has its own batch, and an output "next:NAME" is the input NAME of the next run.
Arrays are f64 numbers in base64. A model that cannot run gives {"error": text}.
"""
import base64
import json
import sys

import numpy
import onnxruntime

onnxruntime.set_default_logger_severity(3)
types = {"f32": numpy.float32, "f64": numpy.float64, "i32": numpy.int32}


def decoded(tensor):
    numbers = numpy.frombuffer(base64.b64decode(tensor["data"]), dtype="<f8")
    return numbers.astype(types[tensor["element"]]).reshape(tensor["shape"])


def encoded(array):
    numbers = numpy.asarray(array).astype("<f8")
    return {"shape": list(numbers.shape), "data": base64.b64encode(numbers.tobytes()).decode()}


def run(job):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # The fusions of higher levels have no kernels for f64.
    if any(tensor["element"] == "f64" for tensor in job["inputs"].values()):
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(
        base64.b64decode(job["model"]), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    feeds = {name: decoded(tensor) for name, tensor in job["inputs"].items()}
    losses = []
    results = {}
    for step in range(job["runs"]):
        batch = job["batches"][step % len(job["batches"])]
        feeds.update({name: decoded(tensor) for name, tensor in batch.items()})
        results = dict(zip(names, session.run(names, feeds)))
        losses.append(float(results["loss"]) if "loss" in results else 0.0)
        feeds.update({name[5:]: value for name, value in results.items() if name.startswith("next:")})
    return {"losses": encoded(losses), "outputs": {name: encoded(value) for name, value in results.items()}}


def guarded(job):
    try:
        return run(job)
    except Exception as error:  # every error of the runtime is a result of the test
        return {"error": str(error)}


json.dump([guarded(job) for job in json.load(sys.stdin)], sys.stdout)
