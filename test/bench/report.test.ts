// The page and the picture of the comparison with other libraries, generated from invented measurements. If a
// test fails, they show wrong numbers, ratios or limits.
import { describe, expect, test } from "vitest";
import { barsSvg } from "./bars-svg.ts";
import { boundLines } from "./bounds.ts";
import type { Outcome, WorkloadOutcome } from "./figures.ts";
import { reportMarkdown } from "./report.ts";

const outcome = (
  name: string,
  kind: Outcome["kind"],
  rounds: readonly number[],
  more: Partial<Outcome> = {},
): Outcome => ({
  name,
  kind,
  rounds,
  walls: rounds,
  threads: 1,
  flops: 400e6,
  losses: [2, 1],
  first: 50,
  memory: 2 ** 26,
  download: 9000,
  ...more,
});

/**
 * In the second round, all contenders except PyTorch take twice as long. Ratios within rounds therefore
 * change for PyTorch only.
 */
const wide: WorkloadOutcome = {
  workload: "wide",
  words: "a wide network",
  outcomes: [
    outcome("SIMD peak, plain", "peak", [1, 2, 1], { flops: 40e6 }),
    outcome("tapeless wasm", "ours", [12.5, 25, 12.5]),
    outcome("tapeless wasm, 2 threads", "ours", [6.25, 12.5, 6.25], { threads: 2 }),
    outcome("jax-js wasm", "peer", [25, 50, 25], { losses: [2, 2] }),
    outcome("TensorFlow.js wasm", "peer", [], { lacks: "a kernel of windows" }),
    outcome("PyTorch eager", "peer", [5, 5, 5], { download: undefined, note: "AVX-512" }),
  ],
};
const where = { machine: "2 cores", engine: "Node 20", libraries: ["a 1"], command: "npm run bench" };

describe("the page", () => {
  const page = reportMarkdown([wide], where);
  const row = (name: string) => page.split("\n").find((line) => line.startsWith(`| ${name} |`));

  test("has the measurements of each contender in its columns", () => {
    expect(row("tapeless wasm")).toBe(
      "| tapeless wasm | 80.0 | 1.00 | 32.0 | 80.0 % | 2.00 → 1.00 | 64 | 50 | 9.0 |",
    );
    expect(row("PyTorch eager")).toContain("| 200 | 0.400 |");
  });
  test("reports a peer whose loss does not fall", () => {
    expect(row("jax-js wasm")).toContain("2.00 → 2.00 (does not fall)");
  });
  test("names the feature that a contender lacks", () => {
    expect(page).toContain("TensorFlow.js wasm: a kernel of windows.");
    expect(row("TensorFlow.js wasm")).toContain("| none |");
  });
  test("shows which limits hold and which do not", () => {
    expect(page).toContain("| wide: tapeless wasm, of the SIMD peak | 80.0 % | at least 75.0 % | holds |");
    expect(page).toContain(
      "| wide: tapeless wasm over PyTorch eager | 0.40 times | at least 0.42 times | **missed** |",
    );
  });
});

describe("bounds", () => {
  test("are for one thread, except for the one on two threads", () => {
    const lines = boundLines([wide]).map(({ what, measured, holds }) => [what, measured, holds]);
    expect(lines).toContainEqual(["wide: tapeless wasm over jax-js wasm", "2.00 times", true]);
    expect(lines).toContainEqual(["wide: two threads over one", "2.00 times", true]);
  });
  test("are left out without a measurement", () => {
    const { outcomes } = wide;
    const ours = outcomes.filter(({ kind }) => kind === "ours");
    expect(boundLines([{ ...wide, outcomes: ours.slice(0, 1) }])).toEqual([]);
  });
});

describe("the picture", () => {
  const svg = barsSvg([wide], "made up");
  test("has a bar with its number for each contender that took a step, and none for the SIMD peak", () => {
    expect(svg.match(/<rect class="dot/g)).toHaveLength(4);
    for (const text of ["tapeless wasm", "80.0", "200", "jax-js wasm"]) expect(svg).toContain(`>${text}<`);
    expect(svg).not.toContain("SIMD peak");
  });
  test("draws faster contenders with longer bars, on a log scale", () => {
    const widths = [...svg.matchAll(/<rect class="dot[^>]* width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );
    const [one, two, peer] = widths;
    expect(two - one).toBeCloseTo(one - peer, 1); // twice the speed adds the same length everywhere
    expect(two).toBeGreaterThan(one);
  });
});
