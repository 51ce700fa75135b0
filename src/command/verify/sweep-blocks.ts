/** Sweeps of step sizes as lines of blocks, as high as the logarithms of their errors; all on one scale. */
import type { SweepPoint } from "./step-sweep.ts";

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
