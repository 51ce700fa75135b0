/**
 * Verifies a model: compares gradients with central differences in f64 for several step sizes, then every
 * target with the reference interpreter.
 */
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { trainerTargets } from "../../compiler/targets.ts";
import { budgetOfFlops, checkGradients, lossAlong } from "../../runtime/check/check-gradients.ts";
import type { ParameterCheck } from "../../runtime/check/check-gradients.ts";
import { informativeBatch } from "../../runtime/check/batches.ts";
import type { Backend } from "../../runtime/step/machine.ts";
import { flopsOfProgram } from "../../studio/explain/target-kernels.ts";
import { rowsFor } from "./batches.ts";
import { checkTarget, expectedOf } from "./check-target.ts";
import type { TargetCheck } from "./check-target.ts";
import { checkedLoss } from "./checked-loss.ts";

// Sweeps over the step size h of a central difference c(h) = (f(h) − f(−h)) / 2h. As h decreases, the
// truncation error falls with h², until the rounding error ε·|f| / h dominates. On log scales, the error of a
// correct gradient has the shape of a V, and that of a wrong gradient is constant.

export interface SweepPoint {
  readonly h: number;
  readonly difference: number;
  /** |difference − emitted| */
  readonly error: number;
}

/** The step sizes, from 1e-2 to 1e-9, two per decade. */
const steps: readonly number[] = Array.from(
  { length: 15 },
  (_, k) => Number(`1e-${2 + (k >> 1)}`) / (k % 2 === 0 ? 1 : Math.sqrt(10)),
);

export const stepSweep = (f: (t: number) => number, emitted: number): SweepPoint[] =>
  steps.map((h) => {
    const difference = (f(h) - f(-h)) / (2 * h);
    return { h, difference, error: Math.abs(difference - emitted) };
  });

const blocks = "▁▂▃▄▅▆▇█";

/**
 * Sweeps as bars of log errors on a common scale, one character per step: 0 is the lowest bar, NaN is `?`.
 */
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

/** The check of a gradient; `sweep`: the step sizes at its worst element. */
export interface VerifiedParameter extends ParameterCheck {
  readonly sweep: readonly SweepPoint[];
}

export interface Verification {
  readonly name: string;
  readonly rows: number;
  readonly parameters: readonly VerifiedParameter[];
  /** The number of operations of one evaluation of the loss, and the budget of the whole check. */
  readonly flops: number;
  readonly budget: number;
  readonly targets: readonly TargetCheck[];
}

/** The seed of random values, which are the same in every run. */
const seed = 1;

interface VerifyModelOptions {
  /** Check only the gradient of this parameter. */
  readonly only?: string | undefined;
  /** Verify this emitted text instead of the output of the current compiler. */
  readonly code?: string;
  /** Called between the parts of the work. */
  pause?(): Promise<void>;
}

/** `compilation` must be in f64. */
export async function verifyModel(
  compilation: TargetCompilation,
  { only, code, pause = async () => {} }: VerifyModelOptions = {},
): Promise<Verification> {
  const { model } = compilation;
  const emitted = await loadTrainer(code ?? (await emitText(compilation, "f64", { isFormatted: false })));
  const trainer = emitted.createTrainer({ seed });
  const { batchSize } = model.training;
  const rows = rowsFor(batchSize, flopsOfProgram(compilation, "gradient") / batchSize);
  const batch = informativeBatch(emitted.model, trainer, rows, seed);
  await pause();
  const loss = await checkedLoss(compilation, emitted.model, trainer, batch);
  const shapes = Object.fromEntries(emitted.model.parameters.map(({ name, shape }) => [name, shape]));
  const parameters = checkGradients(trainer, batch, loss, { seed, shapes, only }).map((check) => {
    const { name, worst } = check;
    const sweep = worst ? stepSweep(lossAlong(loss, name, worst.direction), worst.emitted) : [];
    return { ...check, sweep };
  });

  await pause();
  const values = Object.fromEntries(
    Object.entries(trainer.parameters).map(([name, view]) => [name, Float64Array.from(view)]),
  );
  const expected = expectedOf(compilation, emitted.model, values, trainer.seed, batch);
  const targets: TargetCheck[] = [];
  for (const target of trainerTargets)
    for (const dtype of ["f64", "f32"] as const) {
      await pause();
      const each = compileFor(model, { target, dtype });
      const module = await loadTrainer(await emitText(each, dtype, { isFormatted: false }));
      for (const backend of backendsOf(module))
        targets.push(checkTarget(module, backend, values, trainer.seed, batch, expected));
    }
  return { name: model.name, rows, parameters, flops: loss.flops, budget: budgetOfFlops, targets };
}

/** The backends to check: the fastest on this engine, and its fallback without fused multiply-add. */
function backendsOf({ createTrainer }: EmittedModule): readonly Backend[] {
  const { backend } = createTrainer({ seed });
  return backend === "relaxed" ? [backend, "simd"] : [backend];
}
