/** What commands do before they write or run a trainer with WebAssembly: compare its two kinds of kernels. */
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { defaultTarget, hasAbility } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";
import { shellWord } from "../../compiler/util/shell-word.ts";

export interface KernelFlags {
  readonly target: Target;
  readonly dtype: "f32" | "f64";
  readonly exact?: boolean;
  readonly skip?: readonly string[];
  /** false with --no-check-kernels. */
  readonly checkKernels?: boolean;
}

/** Whether the flags ask for a comparison. */
export const comparesKernels = ({ target, checkKernels = true }: KernelFlags): boolean =>
  checkKernels && hasAbility(target, "kernels");

/** @throws InternalError where the kernels of the trainer differ. */
export async function checkEmitted(
  spec: string,
  compilation: TargetCompilation,
  emitted: EmittedModule,
  flags: KernelFlags,
): Promise<void> {
  if (!comparesKernels(flags)) return;
  const { checkKernels } = await import("../../compiler/check-kernels.ts");
  const { target, dtype, exact, skip = [] } = flags;
  const words = ["tapeless", "compile", spec, "--target", target];
  if (dtype !== "f32") words.push("--dtype", dtype);
  if (exact) words.push("--exact");
  for (const pass of skip) words.push("--skip", pass);
  checkKernels(compilation, emitted, {
    reproduce: words.map(shellWord).join(" "),
    instead: `--target ${defaultTarget} computes the model without them; --no-check-kernels leaves the comparison out`,
  });
}
