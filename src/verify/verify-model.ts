/** A whole verification: gradients against central differences in f64, then every target against the reference interpreter. */
import { flopsOfProgram } from "../inspect/flops.ts";
import { loadTrainer } from "../load-trainer.ts";
import type { EmittedModule } from "../load-trainer.ts";
import { compileModel, emitTypeScript } from "../pipeline.ts";
import type { Compilation } from "../pipeline.ts";
import type { Backend } from "../runtime/machine.ts";
import { normalNumber, randomKey, randomStream } from "../runtime/random.ts";
import type { Batch } from "../runtime/slots.ts";
import type { Trainer } from "../runtime/trainer.ts";
import { checkGradients } from "./check-gradients.ts";
import type { ParameterCheck } from "./check-gradients.ts";
import { checkTarget, expectedOf } from "./check-target.ts";
import type { TargetCheck } from "./check-target.ts";
import { checkedLoss } from "./checked-loss.ts";
import { randomBatch } from "./random-batch.ts";

export interface Verification {
  readonly rows: number;
  readonly parameters: readonly ParameterCheck[];
  readonly targets: readonly TargetCheck[];
}

/** What is drawn is the same in every run. */
const seed = 1;
const mostAttempts = 20;

/** `compilation` must be one for f64. */
export async function verifyModel(compilation: Compilation): Promise<Verification> {
  const { model } = compilation;
  const emitted = await loadTrainer(await emitTypeScript(compilation, "f64", { isFormatted: false }));
  const trainer = emitted.createTrainer({ seed });
  const rows = rowsFor(compilation);
  const batch = tellingBatch(emitted, trainer, rows);
  const loss = await checkedLoss(compilation, emitted.model, trainer, batch);
  const parameters = checkGradients(trainer, batch, loss, seed);

  const values = Object.fromEntries(
    Object.entries(trainer.parameters).map(([name, view]) => [name, Float64Array.from(view)]),
  );
  const expected = expectedOf(compilation, emitted.model, values, trainer.seed, batch);
  const targets: TargetCheck[] = [];
  for (const target of ["ts", "wasm"] as const)
    for (const dtype of ["f64", "f32"] as const) {
      const each = compileModel(model, { target, dtype });
      const module = await loadTrainer(await emitTypeScript(each, dtype, { isFormatted: false }));
      for (const backend of backendsOf(module))
        targets.push(checkTarget(module, backend, values, trainer.seed, batch, expected));
    }
  return { rows, parameters, targets };
}

/** What this engine runs of the module: the fastest, and what it would be without fused multiply-add. */
function backendsOf({ createTrainer }: EmittedModule): readonly Backend[] {
  const { backend } = createTrainer({ seed });
  return backend === "relaxed" ? [backend, "simd"] : [backend];
}

/** Odd, so that blocks of rows have remainders; fewer for large models, where each row costs time. */
function rowsFor(compilation: Compilation): number {
  const { batchSize } = compilation.model.training;
  const perRow = flopsOfProgram(compilation, "gradient") / batchSize;
  return Math.min(batchSize, perRow > 1e6 ? 3 : 13);
}

/** A batch on which some gradient is not zero: a perceptron learns nothing from rows that it has right. */
function tellingBatch({ model }: EmittedModule, trainer: Trainer, rows: number): Batch {
  for (let attempt = 0; ; attempt++) {
    const batch = inSinglePrecision(randomBatch(model, rows, seed + attempt));
    if (attempt === 0) disturb(trainer, batch);
    trainer.gradient(batch);
    const isTelling = Object.values(trainer.gradients).some((list) => list.some((value) => value !== 0));
    if (isTelling || attempt === mostAttempts) return batch;
  }
}

/** Rounded to what f32 holds, so that every target starts from the same numbers. */
const inSinglePrecision = (batch: Batch): Batch =>
  Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, Float32Array.from(values)]));

/** Moves parameters off their first values, where biases are zero, and halves them until the loss is a number. */
function disturb({ parameters, gradient }: Trainer, batch: Batch): void {
  const random = randomStream(randomKey(seed, 0, 1));
  const views = Object.values(parameters);
  for (const view of views)
    view.forEach((value, i) => (view[i] = Math.fround(value + 0.1 * normalNumber(random))));
  for (let halvings = 0; halvings < 60 && !Number.isFinite(gradient(batch)); halvings++)
    for (const view of views) view.forEach((value, i) => (view[i] = value / 2));
}
