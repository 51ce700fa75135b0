/** What fusing saves, in words: for terminals and for pages. */
import { sum } from "d3-array";
import { counted, countText, sizeText } from "../../compiler/util/size-text.ts";
import type { ExplainedKernel } from "../explanation.ts";

type Fused = Pick<ExplainedKernel, "fused">;

/** `22 nests of loops became 9 kernels, 10 values stay in registers, and each run moves 42.7 kB less through memory` */
export function fusedText(kernels: readonly Fused[]): string {
  const nests = sum(kernels, ({ fused }) => fused.nests);
  const values = sum(kernels, ({ fused }) => fused.values.length);
  const saved = sum(kernels, ({ fused }) => fused.bytesSaved);
  const became = kernels.every(({ fused }) => fused.nests <= 1)
    ? `${counted(kernels.length, "kernel")}, nothing was fused`
    : `${counted(nests, "nest")} of loops became ${counted(kernels.length, "kernel")}`;
  const kept =
    values === 0
      ? ""
      : `, ${values === 1 ? "1 value stays in a register" : `${countText(values)} values stay in registers`}`;
  return `${became}${kept}${saved > 0 ? `, and each run moves ${sizeText(saved)} less through memory` : ""}`;
}
