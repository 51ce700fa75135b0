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

/** The division of the optimizer's states among the processes. */
export const shards = String.raw`
class Shards:
    """
    The parts of a vector of all parameters: one, or one for each process. With several, a process updates its own part,
    has the states of the optimizer for this part only, and receives the other parts (ZeRO, stage 1).
    """

    def __init__(self, count, size):
        self.count, self.size, self.length = count, size, -(-size // count)
        start = rank() * self.length if count > 1 else 0
        self.own = slice(start, max(start, min(start + self.length, size)))
        self.padding = torch.zeros(count * self.length - size)

    def mean(self, gradients):
        """The own part of the mean of the gradients of all processes."""
        gradient = torch.cat([*gradients, self.padding])
        if not dist.is_initialized():
            return gradient
        if self.count > 1:
            part = torch.empty(self.length)
            dist.reduce_scatter_tensor(part, gradient)
            gradient = part[: self.own.stop - self.own.start]
        else:
            dist.all_reduce(gradient)
        return gradient.div_(dist.get_world_size())
TOTAL
    def whole(self, part):
        """The vector of which each process has a part. All processes have the same single numbers."""
        if self.count == 1 or part.dim() == 0:
            return part
        vector = torch.empty(self.count * self.length)
        dist.all_gather_into_tensor(vector, F.pad(part, (0, self.length - len(part))))
        return vector[: self.size]

    def part(self, vector):
        return vector if vector.dim() == 0 else vector[self.own]
`;

/** For optimizers that add numbers of all parameters. */
export const shardTotals = String.raw`
    def total(self, sum):
        """The sum over all parameters, from that over the own part."""
        if self.count > 1:
            dist.all_reduce(sum)
        return sum
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
