"""Trains emitted PyTorch files by 1, 2 and 4 processes: reads jobs from standard input and prints the results of each
number of processes, both as JSON.

A job has the code of a file, its data, and a number of steps. Several processes run some jobs again, with the states of
the optimizer divided among them, from the checkpoint that another number of processes saved. Two processes also run each job as a plain program would
with DistributedDataParallel: the mean of the losses of the processes, their own batch statistics, and random numbers by
the position of a row in the process. One process imports PyTorch, which takes seconds, and forks the others.
"""
import datetime
import json
import multiprocessing
import sys
import tempfile
import traceback

import torch
import torch.distributed as dist
import torch.distributed.nn.functional  # before any process group exists, as in a program
from torch.nn.parallel import DistributedDataParallel

SIZES = (1, 4, 2)  # each continues from the checkpoint of the one before
SEED = 5


class Plain(DistributedDataParallel):
    """DistributedDataParallel that also shows the buffers and the random numbers of its module."""

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.module, name)


def start(code, is_plain, shards=1):
    """The names of the file, and a trainer."""
    file = {"__name__": "emitted"}
    exec(compile(code, "emitted.py", "exec"), file)
    if is_plain:
        file["over_processes"] = lambda sums: sums
        file["sum_over_processes"] = lambda x: x
        file["row_positions"] = torch.arange
    trainer = file["Trainer"](SEED, shards=shards)
    if is_plain:
        trainer.network = Plain(trainer.model)
    return file, trainer


def trained(job, is_plain, shards=1, resume=None, save=None, saved_step=0):
    """
    The parameters, losses and metrics after the steps of the job, with the files of a checkpoint to continue from and
    of one to save after a step. A plain program may diverge.
    """
    file, trainer = start(job["code"], is_plain, shards)
    if resume is not None:
        file["load_checkpoint"](trainer, resume)
    data = {
        name: torch.tensor(values, dtype=torch.int64 if name in job["whole"] else torch.float64)
        for name, values in job["data"].items()
    }
    losses = []

    def after_step():
        if trainer.step_count == saved_step:
            file["save_checkpoint"](trainer, save)

    while trainer.step_count < job["steps"]:
        epoch = trainer.progress["epoch"] + 1
        try:
            losses.append(file["train_epoch"](trainer, data, epoch, after_step))
            trainer.progress["epoch"] = epoch
        except file["Diverged"]:
            if not is_plain:
                raise
            break
    flat = torch.cat([tensor.reshape(-1).double() for tensor in trainer.model.state_dict().values()])
    if hasattr(trainer, "average"):
        flat = torch.cat([flat, trainer.average])
    if is_plain:
        return torch.nan_to_num(flat, nan=1e300).tolist()
    equal = is_equal_everywhere(flat)
    return {"parameters": flat.tolist(), "losses": losses, "evaluated": trainer.evaluate(data), "isEqual": equal}


def is_equal_everywhere(flat):
    """Whether all processes have the same bits."""
    if not dist.is_initialized():
        return True
    others = [torch.empty_like(flat) for _ in range(dist.get_world_size())]
    dist.all_gather(others, flat)
    return all(torch.equal(other, flat) for other in others)


def trained_in_shards(job, index, size, folder):
    """The same with divided states. The checkpoint of each number of processes is of a later step."""
    turn = SIZES.index(size)
    resume = f"{folder}/{index}-{SIZES[turn - 1]}.safetensors" if turn > 0 else None
    saved_step = (turn + 1) * job["steps"] // len(SIZES)
    return trained(job, False, size, resume, f"{folder}/{index}-{size}.safetensors", saved_step)


def run(rank, size, folder, jobs, results):
    """One process of a group. It ends without cleanup, because gloo may wait for a process that has ended."""
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(1)
        if size > 1:
            limit = datetime.timedelta(seconds=120)
            dist.init_process_group("gloo", init_method=f"file://{folder}/{size}", rank=rank, world_size=size, timeout=limit)
        exact = [trained(job, False) for job in jobs]
        plain = [trained(job, True) for job in jobs] if size == 2 else []
        divided = [
            trained_in_shards(job, index, size, folder) if job["divides"] else None for index, job in enumerate(jobs)
        ]
        results.put({"exact": exact, "plain": plain, "divided": divided} if rank == 0 else None)
    except BaseException:
        results.put(traceback.format_exc())


def run_group(size, folder, jobs):
    """The results of process 0, or the error of any process."""
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    workers = [context.Process(target=run, args=(rank, size, folder, jobs, results)) for rank in range(size)]
    for worker in workers:
        worker.start()
    found = []
    while len(found) < size and not any(isinstance(each, str) for each in found):
        found.append(results.get())
    for worker in workers:
        worker.kill()
    errors = [each for each in found if isinstance(each, str)]
    return errors[0] if errors else next(each for each in found if each is not None)


def main():
    jobs = json.load(sys.stdin)
    groups = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            groups[size] = run_group(size, folder, jobs)
            if isinstance(groups[size], str):
                sys.exit(groups[size])
    json.dump(groups, sys.stdout)


main()
