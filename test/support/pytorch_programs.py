"""Runs Python programs in one process, because PyTorch takes seconds to start: reads a list of {"file", "args"}, with
environment variables in "env", from standard input, and prints the status, standard output and standard error of each,
as JSON.
"""
import contextlib
import io
import json
import os
import runpy
import sys
import traceback

import torch

torch.set_num_threads(1)


def run(file, args, env={}):
    sys.argv = [file, *args]
    before = dict(os.environ)
    os.environ.update(env)
    output, errors = io.StringIO(), io.StringIO()
    status = 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            runpy.run_path(file, run_name="__main__")
        except SystemExit as exit:
            status = exit.code
            if isinstance(status, str):
                status = 1
                print(exit.code, file=sys.stderr)
        except BaseException:
            status = 1
            traceback.print_exc()
    torch.set_default_device("cpu")
    os.environ.clear()
    os.environ.update(before)
    return {"status": status or 0, "stdout": output.getvalue(), "stderr": errors.getvalue()}


json.dump([run(**each) for each in json.load(sys.stdin)], sys.stdout)
