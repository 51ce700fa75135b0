"""Writes the same model three times: in one file, with external data in one file, and with a file for each tensor."""
import os
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
rng = numpy.random.default_rng(1)


def tensor(name, array):
    return numpy_helper.from_array(array, name)


model = helper.make_model(
    helper.make_graph(
        [
            helper.make_node("Constant", [], ["shift"], value=tensor("", rng.normal(size=5).astype("float64"))),
            helper.make_node("Gemm", ["x", "w", "b"], ["h"], name="gemm"),
            helper.make_node("Cast", ["half"], ["scale"], to=TensorProto.FLOAT),
            helper.make_node("Cast", ["shift"], ["moved"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["h", "scale"], ["scaled"]),
            helper.make_node("Add", ["scaled", "moved"], ["y"]),
        ],
        "external",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 5])],
        [
            tensor("w", rng.normal(size=(3, 5)).astype("float32")),
            tensor("b", rng.normal(size=5).astype("float32")),
            tensor("half", rng.normal(size=5).astype("float16")),
        ],
    ),
    opset_imports=[helper.make_opsetid("", 17)],
    ir_version=8,
)
onnx.save(model, os.path.join(folder, "whole.onnx"))
for name, is_one_file in [("one.onnx", True), ("many.onnx", False)]:
    # Saving removes the data from the model.
    onnx.save(
        onnx.load(os.path.join(folder, "whole.onnx")),
        os.path.join(folder, name),
        save_as_external_data=True,
        all_tensors_to_one_file=is_one_file,
        location="one.bin" if is_one_file else None,
        size_threshold=0,
        convert_attribute=True,
    )
onnx.save(
    onnx.load(os.path.join(folder, "one.onnx")), os.path.join(folder, "embedded.onnx"), save_as_external_data=False
)
