"""Checks ONNX models with the checker of ONNX, shape inference included: reads a JSON list of models in base64 from
standard input, and prints a JSON list of messages, which are empty for valid models."""
import base64
import json
import sys

import onnx


def message(model):
    try:
        onnx.checker.check_model(base64.b64decode(model), full_check=True)
        return ""
    except Exception as error:  # every error of the checker is a result of the test
        return str(error)


json.dump([message(model) for model in json.load(sys.stdin)], sys.stdout)
