// The loss whose finite differences `verify` compares with gradients. If a test fails, it is not the loss
// that was differentiated.
import { describe, expect, it } from "vitest";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { checkedLoss } from "../../../src/command/verify/checked-loss.ts";
import { randomBatch } from "../../../src/runtime/check/batches.ts";
import { specWith } from "../../compiler/spec/base-spec.ts";

const hidden = (activation: unknown) => ({ type: "dense", units: 6, activation });
const logits = { type: "dense", units: 3 };

async function lossOf(changes: Record<string, unknown>) {
  const compilation = compileFor(parseModel(specWith(changes)), { dtype: "f64" });
  const { model, createTrainer } = await loadTrainer(
    await emitText(compilation, "f64", { isFormatted: false }),
  );
  const trainer = createTrainer({ seed: 3 });
  const batch = randomBatch(model, 3, 1);
  return { trainer, batch, loss: await checkedLoss(compilation, model, trainer, batch) };
}

describe("checkedLoss", () => {
  it.each([
    ["dropout", { network: [hidden("tanh"), { type: "dropout", rate: 0.5 }, logits] }],
    ["statistics of the batch", { network: [hidden("tanh"), { type: "batch-norm" }, logits] }],
    ["regularization", { regularization: { l1: 0.1, l2: 0.3 } }],
  ])("is the training loss, with separate copies of its parameters: %s", async (_, changes) => {
    const { trainer, batch, loss } = await lossOf(changes);
    const before = trainer.gradient(batch);
    expect(loss.value()).toBeCloseTo(before, 12);
    const [name] = Object.keys(loss.parameters);
    loss.parameters[name][0] += 0.25;
    const moved = loss.value();
    expect(Math.abs(moved - before)).toBeGreaterThan(1e-6);
    expect(trainer.gradient(batch)).toBe(before);
    trainer.parameters[name][0] += 0.25;
    expect(trainer.gradient(batch)).toBeCloseTo(moved, 12);
  });
  it("has no backward pass, and reports the cost of an evaluation", async () => {
    const model = parseModel(specWith({}));
    const sizes = [false, true].map((lossOnly) => {
      const { graphs } = compileFor(model, { dtype: "f64", lossOnly });
      return graphs.gradient.outputs.filter(({ storage }) => storage.startsWith("gradient:")).length;
    });
    expect(sizes).toEqual([4, 0]);
    const [plain, surrogate] = [
      await lossOf({ network: [hidden("tanh"), logits] }),
      await lossOf({ network: [hidden({ type: "step", surrogate: "sigmoid" }), logits] }),
    ];
    // A loss whose gradient intentionally differs from its derivative is interpreted. Its reported cost is
    // higher, because as many evaluations as for an emitted loss would take minutes.
    expect(plain.loss.flops).toBeGreaterThan(0);
    expect(surrogate.loss.flops).toBeGreaterThan(20 * plain.loss.flops);
  });
});
