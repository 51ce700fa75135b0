// Generates the small data sets of the course: a wave, and readings along a line, once correct and once with
// misplaced decimal points. Writes them to this folder. The same program always writes the same bytes:
// npx tsx graphs/course/data/make-data.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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

const csv = (head: string, rows: readonly (readonly number[])[], digits: number): string =>
  [head, ...rows.map((row) => row.map((value) => Number(value.toFixed(digits))).join())].join("\n") + "\n";

/** sin 3t at 64 equally spaced times from 0 to 4. */
const wave = (): string =>
  csv(
    "t,height",
    Array.from({ length: 64 }, (_, i) => [i / 16, Math.sin((3 * i) / 16)]),
    4,
  );

/** 60 readings around weight = 2 + 0.5 · length. `spoilt` moves the decimal point of every tenth reading. */
function line(spoilt: boolean): string {
  const random = uniform(4);
  const rows = Array.from({ length: 60 }, (_, i) => {
    const length = 10 * random();
    const weight = 2 + 0.5 * length + (random() - 0.5);
    return [length, spoilt && i % 10 === 9 ? 10 * weight : weight];
  });
  return csv("length,weight", rows, 2);
}

/** The contents of each file, by its name. */
export const courseData: Readonly<Record<string, string>> = {
  "wave.csv": wave(),
  "line.csv": line(false),
  "line-spoilt.csv": line(true),
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, text] of Object.entries(courseData))
    writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
