/** Python: several processes that share the rows of each batch. */

export const processes = String.raw`
# torchrun starts several processes with the same parameters. Each of the K processes computes every K-th row of a
# batch. Sums over rows are added over all processes, so that each process has the loss of the whole batch. all_reduce
# adds derivatives in the same way. Therefore the gradient of the loss is the mean of the gradients of all processes.

def rank():
    return dist.get_rank() if dist.is_initialized() else 0


def process_count():
    return dist.get_world_size() if dist.is_initialized() else 1


def over_processes(sums):
    """The sums by name, added over all processes."""
    if not dist.is_initialized():
        return sums
    total = all_reduce(torch.cat([each.reshape(-1) for each in sums.values()]))
    parts = total.split([each.numel() for each in sums.values()])
    return {name: part.reshape(each.shape) for (name, each), part in zip(sums.items(), parts)}
`;

/** Functions that only some models need. */
export const processHelpers = {
  sum_over_processes: String.raw`
def sum_over_processes(x):
    """The sum over the rows of the whole batch, from the sum over the rows of this process."""
    return all_reduce(x) if dist.is_initialized() else x
`,
  row_positions: String.raw`
def row_positions(count):
    """The positions of the rows of this process in the whole batch."""
    return torch.arange(count) * process_count() + rank()
`,
} as const;

export type ProcessHelper = keyof typeof processHelpers;
