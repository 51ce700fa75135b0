// Generates two interleaving half circles with noise, the classic data set that no straight line separates.
// Writes two-moons.csv to this folder. The same program always writes the same bytes:
// npx tsx graphs/data/make-two-moons.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const rows = 1000;
const noise = 0.1;
const seed = 2;

/** Uniform random numbers in [0, 1), from mulberry32 by Tommy Ettinger. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The upper moon is half of a circle around (0, 0). The lower moon is half of a circle around (1, 0.5) and
 * opens to the other side.
 */
export function twoMoons(): string {
  const random = uniform(seed);
  // The sum of twelve uniform numbers, minus 6, has variance 1 and is close to normal. It needs no function
  // that engines may round differently.
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  const lines = Array.from({ length: rows }, (_, row) => {
    const isUpper = row % 2 === 0;
    const angle = Math.PI * random();
    const [x, y] = isUpper
      ? [Math.cos(angle), Math.sin(angle)]
      : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    const at = (value: number) => (value + noise * normal()).toFixed(4);
    return `${at(x)},${at(y)},${isUpper ? "upper" : "lower"}`;
  });
  return ["x,y,moon", ...lines, ""].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL("two-moons.csv", import.meta.url), twoMoons());
