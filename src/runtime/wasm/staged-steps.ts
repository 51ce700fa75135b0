// Takes many optimizer steps in one call into WebAssembly. Before the call, the batches are staged: they are
// written one after the other into the memory of the kernels.
import type { ModelFacts } from "../model/facts.ts";
import { slotsOf, writeRows } from "../step/batch.ts";
import type { Machine } from "../step/machine.ts";
import type { TakeSteps } from "../step/session.ts";
import { checkLoss } from "../step/steps.ts";
import type { Staging } from "./wasm-kernels.ts";

/**
 * Creates a function that takes the same steps as `singleSteps`, with bit-identical results. It does not support
 * several batches per step. `batchAt` returns the views of a batch that is stored `shift` bytes after the
 * batch in the arena.
 */
export function stagedSteps(
  model: ModelFacts,
  { slots, shift, stride, losses, run }: Staging,
  batchAt: (shift: number) => Machine["inputs"],
): TakeSteps {
  const views = Array.from({ length: slots }, (_, slot) =>
    slotsOf(model, { inputs: batchAt(shift + slot * stride) }),
  );
  return function* ({ machine, progress }, data, order, batchSize, count, tally) {
    const batches = Math.ceil(order.length / batchSize);
    /** Returns the number of rows in the batch that begins at this position of the order. */
    const rowsAt = (start: number) => Math.min(batchSize, order.length - start);
    // If all batches fit into memory and each is used, they are written only once, and the steps cycle
    // through them.
    const fits = batches <= slots && batches <= count && tally.rows === 0;
    let done = 0;
    while (done < count) {
      const start = tally.rows % order.length;
      const first = fits ? 0 : start;
      const left = Math.ceil((order.length - first) / batchSize);
      const staged = fits ? batches : Math.min(slots, left, count - done);
      if (!fits || done === 0)
        for (let slot = 0; slot < staged; slot++)
          writeRows(views[slot]!, data, first + slot * batchSize, rowsAt(first + slot * batchSize), order);
      const steps = Math.min(losses.length, fits ? count - done : staged);
      const lastRows = rowsAt(first + (staged - 1) * batchSize);
      const taken = run(steps, (start - first) / batchSize, staged, batchSize, lastRows);
      for (let step = 0; step < taken; step++) {
        const n = rowsAt(tally.rows % order.length);
        tally.sum += losses[step]! * n;
        tally.rows += n;
      }
      if (taken < steps)
        checkLoss(machine, progress.epoch + 1, losses[taken]!, rowsAt(tally.rows % order.length));
      done += steps;
    }
    return tally.sum / tally.rows;
  };
}
