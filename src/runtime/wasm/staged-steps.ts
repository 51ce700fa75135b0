// Takes many optimizer steps in one call. Their batches are written next to each other into the memory of the
// kernels.
import type { ModelFacts } from "../model/facts.ts";
import { slotsOf, writeRows } from "../step/batch.ts";
import type { Machine } from "../step/machine.ts";
import type { TakeSteps } from "../step/session.ts";
import { checkLoss } from "../step/steps.ts";
import type { Staging } from "./wasm-kernels.ts";

/**
 * Takes the same steps as `singleSteps`, with the same bits. `batchAt` returns the views of a batch that is
 * stored `shift` bytes after the batch in the arena.
 */
export function stagedSteps(
  model: ModelFacts,
  { slots, shift, stride, losses, run }: Staging,
  batchAt: (shift: number) => Machine["inputs"],
): TakeSteps {
  const places = Array.from({ length: slots }, (_, slot) =>
    slotsOf(model, { inputs: batchAt(shift + slot * stride) }),
  );
  return ({ machine, progress }, data, order, batchSize, count) => {
    const batches = Math.ceil(order.length / batchSize);
    const rowsOf = (batch: number) => Math.min(batchSize, order.length - batch * batchSize);
    // If all batches fit, they are written once, and the steps cycle through them.
    const fits = batches <= slots;
    let [sum, rows, done] = [0, 0, 0];
    while (done < count) {
      const batch = done % batches;
      const first = fits ? 0 : batch;
      const staged = fits ? batches : Math.min(slots, batches - batch, count - done);
      if (!fits || done === 0)
        for (let slot = 0; slot < staged; slot++)
          writeRows(places[slot], data, (first + slot) * batchSize, rowsOf(first + slot), order);
      const steps = Math.min(losses.length, fits ? count - done : staged);
      const taken = run(steps, batch - first, staged, batchSize, rowsOf(first + staged - 1));
      for (let step = 0; step < taken; step++) {
        const n = rowsOf((batch + step) % batches);
        sum += losses[step] * n;
        rows += n;
      }
      if (taken < steps)
        checkLoss(machine, progress.epoch + 1, losses[taken], rowsOf((batch + taken) % batches));
      done += steps;
    }
    return sum / rows;
  };
}
