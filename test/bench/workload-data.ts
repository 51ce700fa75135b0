// The data of a workload. It has the same numbers for every library, and is also written to files for other
// processes. The data can be learned but not memorised, because some rows contradict each other. Therefore,
// losses do not approach zero, and gradients do not become subnormal numbers, which are slow.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { normalNumber, randomKey, randomStream } from "../../src/runtime/numbers/random.ts";
import type { Random } from "../../src/runtime/numbers/random.ts";
import { specOf, vocabulary } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

/** The number of batches. Training cycles through them. */
export const batchCount = 4;

export type WorkloadData = Readonly<Record<"x" | "y", Float32Array | Int32Array>>;

export function dataOf(workload: Workload): WorkloadData {
  const rows = batchCount * workload.batchSize;
  const { x, y } = drawn(workload, randomStream(randomKey(5, 0, 0)), rows);
  const size = x.length / rows;
  // Every fifth row has the input of the previous row, but a different target.
  for (let row = 4; row < rows; row += 5) x.copyWithin(row * size, (row - 1) * size, row * size);
  return { x, y };
}

function drawn(workload: Workload, random: Random, rows: number): WorkloadData {
  if (workload.name === "charlm") return characters(random, rows);
  const [input] = Object.values(specOf(workload).inputs);
  const size = input.shape.reduce((product, length) => product * length, 1);
  return workload.loss === "mse"
    ? heights(random, rows, size)
    : clusters(random, rows, size, classesOf(workload));
}

const classesOf = ({ perceptron }: Workload): number => perceptron?.widths.at(-1) ?? 10;

/** Every class has a centre; a row is the centre of its class plus noise. */
function clusters(random: Random, rows: number, size: number, classes: number): WorkloadData {
  const centres = new Float32Array(classes * size).map(() => normalNumber(random));
  const [x, y] = [new Float32Array(rows * size), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    const centre = random.below(classes);
    for (let i = 0; i < size; i++)
      x[row * size + i] = 0.5 * centres[centre * size + i] + 0.5 * normalNumber(random);
    y[row] = centre;
  }
  return { x, y };
}

/** y = tanh(mean of x · √size) plus noise. */
function heights(random: Random, rows: number, size: number): WorkloadData {
  const x = new Float32Array(rows * size).map(() => normalNumber(random));
  const y = new Float32Array(rows).map((_, row) => {
    const sum = x.subarray(row * size, (row + 1) * size).reduce((total, value) => total + value, 0);
    return Math.tanh(sum / Math.sqrt(size)) + 0.1 * normalNumber(random);
  });
  return { x, y };
}

/** Texts in which most characters are determined by the previous one. The target is the next character. */
function characters(random: Random, rows: number, length = 32): WorkloadData {
  const [x, y] = [new Int32Array(rows * length), new Int32Array(rows * length)];
  let character = 0;
  for (let i = 0; i < x.length; i++) {
    x[i] = character;
    character = random.unit() < 0.1 ? random.below(vocabulary) : (5 * character + 7) % vocabulary;
    y[i] = character;
  }
  return { x, y };
}

/** Writes `workload.json` and a raw file for each field, for the contenders' processes. */
export function writeWorkload(workload: Workload, folder: string): void {
  const data = dataOf(workload);
  mkdirSync(folder, { recursive: true });
  const fields = Object.entries(data).map(([name, values]) => {
    writeFileSync(join(folder, `${name}.bin`), values);
    const type = values instanceof Int32Array ? "i32" : "f32";
    return { name, type, size: values.length / (batchCount * workload.batchSize) };
  });
  const { model: _, ...described } = workload;
  writeFileSync(join(folder, "workload.json"), JSON.stringify({ ...described, fields, batches: batchCount }));
}
