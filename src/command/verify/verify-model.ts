/**
 * A whole verification: gradients against central differences of several steps in f64, then every target against
 * the reference interpreter.
 */
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { trainerTargets } from "../../compiler/targets.ts";
import { budgetOfFlops, checkGradients, lossAlong } from "../../runtime/check/check-gradients.ts";
import type { ParameterCheck } from "../../runtime/check/check-gradients.ts";
import { tellingBatch } from "../../runtime/check/batches.ts";
import type { Backend } from "../../runtime/step/machine.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { rowsFor } from "./batches.ts";
import { checkTarget, expectedOf } from "./check-target.ts";
import type { TargetCheck } from "./check-target.ts";
import { checkedLoss } from "./checked-loss.ts";

// How a central difference depends on its step: c(h) = (f(h) − f(−h)) / 2h. Its error falls with h² as long
// as the curvature of f makes it, and rises with ε·|f| / h once rounding does: beside a right gradient the
// errors draw a V. Beside a wrong one they stay where they are.

export interface SweepPoint {
  readonly h: number;
  readonly difference: number;
  /** |difference − emitted| */
  readonly error: number;
}

/** From 1e-2 to 1e-9, two to a decade. */
const steps: readonly number[] = Array.from(
  { length: 15 },
  (_, k) => Number(`1e-${2 + (k >> 1)}`) / (k % 2 === 0 ? 1 : Math.sqrt(10)),
);

export const stepSweep = (f: (t: number) => number, emitted: number): SweepPoint[] =>
  steps.map((h) => {
    const difference = (f(h) - f(-h)) / (2 * h);
    return { h, difference, error: Math.abs(difference - emitted) };
  });

// Sweeps of step sizes as lines of blocks, as high as the logarithms of their errors; all on one scale.

const blocks = "▁▂▃▄▅▆▇█";

/** One character a step; an error of 0 is as low as the lowest, one that is no number is a `?`. */
export function sweepBlocks(sweeps: readonly (readonly SweepPoint[])[]): string[] {
  const logarithms = sweeps
    .flat()
    .flatMap(({ error }) => (error > 0 && error < Infinity ? [Math.log10(error)] : []));
  const [low, high] = [Math.min(...logarithms), Math.max(...logarithms)];
  const blockOf = ({ error }: SweepPoint): string => {
    if (!Number.isFinite(error)) return "?";
    if (error === 0 || high === low) return blocks[0];
    return blocks[Math.round(((Math.log10(error) - low) / (high - low)) * (blocks.length - 1))];
  };
  return sweeps.map((sweep) => sweep.map(blockOf).join(""));
}

/** A gradient against central differences; `sweep`: at its worst place, how these depend on their step. */
export interface VerifiedParameter extends ParameterCheck {
  readonly sweep: readonly SweepPoint[];
}

export interface Verification {
  readonly name: string;
  readonly rows: number;
  readonly parameters: readonly VerifiedParameter[];
  /** Operations of one value of the loss, and of how many the check may consist. */
  readonly flops: number;
  readonly budget: number;
  readonly targets: readonly TargetCheck[];
}

/** What is drawn is the same in every run. */
const seed = 1;

/**
 * `compilation` must be one for f64. `only`: the gradient of this parameter alone. `code`: the text that it
 * was emitted as, where that is not what the compiler makes of it now.
 */
export async function verifyModel(
  compilation: TargetCompilation,
  { only, code }: { readonly only?: string | undefined; readonly code?: string } = {},
): Promise<Verification> {
  const { model } = compilation;
  const emitted = await loadTrainer(code ?? (await emitText(compilation, "f64", { isFormatted: false })));
  const trainer = emitted.createTrainer({ seed });
  const { batchSize } = model.training;
  const rows = rowsFor(batchSize, flopsOfProgram(compilation, "gradient") / batchSize);
  const batch = tellingBatch(emitted.model, trainer, rows, seed);
  const loss = await checkedLoss(compilation, emitted.model, trainer, batch);
  const shapes = Object.fromEntries(emitted.model.parameters.map(({ name, shape }) => [name, shape]));
  const parameters = checkGradients(trainer, batch, loss, { seed, shapes, only }).map((check) => {
    const { name, worst } = check;
    const sweep = worst ? stepSweep(lossAlong(loss, name, worst.direction), worst.emitted) : [];
    return { ...check, sweep };
  });

  const values = Object.fromEntries(
    Object.entries(trainer.parameters).map(([name, view]) => [name, Float64Array.from(view)]),
  );
  const expected = expectedOf(compilation, emitted.model, values, trainer.seed, batch);
  const targets: TargetCheck[] = [];
  for (const target of trainerTargets)
    for (const dtype of ["f64", "f32"] as const) {
      const each = compileFor(model, { target, dtype });
      const module = await loadTrainer(await emitText(each, dtype, { isFormatted: false }));
      for (const backend of backendsOf(module))
        targets.push(checkTarget(module, backend, values, trainer.seed, batch, expected));
    }
  return { name: model.name, rows, parameters, flops: loss.flops, budget: budgetOfFlops, targets };
}

/** What this engine runs of the module: the fastest, and what it would be without fused multiply-add. */
function backendsOf({ createTrainer }: EmittedModule): readonly Backend[] {
  const { backend } = createTrainer({ seed });
  return backend === "relaxed" ? [backend, "simd"] : [backend];
}
