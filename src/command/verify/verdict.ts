/** What a verification comes to: whether it holds, and, for what does not, where to look. */
import { tolerances } from "../../runtime/check/prove-trainer.ts";
import { shellWord } from "../../compiler/util/shell-word.ts";
import { defaultTarget } from "../../compiler/targets.ts";
import type { TargetCheck } from "./check-target.ts";
import type { Verification, VerifiedParameter } from "./verify-model.ts";

/** Relative errors from here on are faults. */
export const largestError = tolerances.f64.bound;

export interface Verdict {
  readonly worst: number;
  readonly holds: boolean;
  /** One sentence or two for each gradient and each target that is wrong. */
  readonly faults: readonly string[];
}

/** `spec`: the file, for commands that a reader may copy. */
export function verdictOf({ parameters, targets }: Verification, spec: string): Verdict {
  const wrong = parameters.filter(({ relativeError }) => !(relativeError < largestError));
  const apart = targets.filter(({ holds }) => !holds);
  return {
    worst: Math.max(0, ...parameters.map(({ relativeError }) => relativeError)),
    holds: wrong.length === 0 && apart.length === 0,
    faults: [
      ...wrong.map((parameter) => gradientFault(parameter, spec)),
      ...apart.map((target) => targetFault(target, spec)),
    ],
  };
}

function gradientFault({ name, worst }: VerifiedParameter, spec: string): string {
  const where = worst ? ` ${worst.at}: emitted ${worst.emitted}, central differences ${worst.expected}` : "";
  return (
    `${name}${where}. How it was derived: tapeless inspect ${shellWord(spec)} --show gradients ` +
    `--of ${shellWord(name)}`
  );
}

function targetFault({ target, backend, dtype, worst }: TargetCheck, spec: string): string {
  const gradient = worst === undefined ? "" : `; its worst gradient is that of ${worst}`;
  const flags = `${target === defaultTarget ? "" : ` --target ${target}`}${dtype === "f64" ? " --dtype f64" : ""}`;
  return (
    `${targetName({ target, backend })} ${dtype} is too far from the interpreter${gradient}. Its kernels: ` +
    `tapeless inspect ${shellWord(spec)} --show kernels${flags}`
  );
}

/** `ts`, `wasm (simd)`. */
export const targetName = ({ target, backend }: Pick<TargetCheck, "target" | "backend">): string =>
  target === backend ? target : `${target} (${backend})`;
