/** Runs emitted PyTorch files as programs, and compares their results with those of the emitted trainers. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import * as z from "zod";
import { train } from "../../src/command/library/train.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { epochText } from "../../src/runtime/training/train-on.ts";
import { python } from "./python.ts";

/** An emitted program and its arguments. */
export interface Run {
  readonly model: Model;
  readonly dtype: "f32" | "f64";
  readonly args: readonly string[];
}

const outcomes = z.array(z.object({ status: z.number(), stdout: z.string(), stderr: z.string() }));

/** Writes the emitted programs of these models to the folder, and runs them one after the other in one process. */
export async function runPrograms(folder: string, runs: readonly Run[]) {
  const programs: { readonly file: string; readonly args: readonly string[] }[] = [];
  for (const [i, { model, dtype, args }] of runs.entries()) {
    const file = join(folder, `${model.name}${i}.py`);
    writeFileSync(file, await emitText(compileFor(model, { target: "pytorch", dtype }), dtype));
    programs.push({ file, args });
  }
  const script = fileURLToPath(new URL("pytorch_programs.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(python, [script], {
    input: JSON.stringify(programs),
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return outcomes.parse(JSON.parse(stdout));
}

const metrics = z.record(z.string(), z.number());
export const results = z.object({
  model: z.string(),
  epochs: z.number(),
  bestEpoch: z.number(),
  train: metrics,
  validation: metrics.optional(),
  test: metrics.optional(),
});

export interface Comparison {
  readonly spec: ModelSpec | string;
  readonly dtype: "f32" | "f64";
  readonly data: string;
  /** Further arguments of the program: the files of splits, which the spec names for the trainer. */
  readonly files?: readonly string[];
  readonly epochs: number;
}

/** The results of the program, and those of the trainer on the same data. */
async function compared(folder: string, comparisons: readonly Comparison[]) {
  const runs: Run[] = [];
  for (const { spec, dtype, data, epochs, files = [] } of comparisons) {
    const model = typeof spec === "string" ? (await readSpec(spec)).model : parseModel(spec);
    runs.push({ model, dtype, args: ["--data", data, ...files, "--epochs", String(epochs), "--json"] });
  }
  const own = await runPrograms(folder, runs);
  const pairs: { own: (typeof own)[number]; expected: unknown; lines: string }[] = [];
  for (const [i, { spec, dtype, data, epochs }] of comparisons.entries()) {
    const lines: string[] = [];
    const { result } = await train(spec, {
      dtype,
      data,
      epochs,
      onEvent: (event) => {
        if (event.kind === "epoch") lines.push(`${epochText(event.report, epochs)}\n`);
      },
    });
    pairs.push({ own: own[i], expected: result, lines: lines.join("") });
  }
  return pairs;
}

type Results = z.infer<typeof results>;

function expectSame(own: Results, expected: Results, digits: number) {
  const { train: trained, validation, test, ...counts } = own;
  const { model, epochs, bestEpoch } = expected;
  expect(counts).toEqual({ model, epochs, bestEpoch });
  const parts = [
    [trained, expected.train],
    [validation, expected.validation],
    [test, expected.test],
  ] as const;
  for (const [actual, wanted] of parts) {
    expect(Object.keys(actual ?? {})).toEqual(Object.keys(wanted ?? {}));
    for (const [name, value] of Object.entries(wanted ?? {}))
      expect(actual?.[name]).toBeCloseTo(value, digits);
  }
}

/** Expects that program and trainer have the same metrics, to this number of digits, and the same progress. */
export async function expectAllSame(folder: string, comparisons: readonly Comparison[], digits: number) {
  for (const { own, expected, lines } of await compared(folder, comparisons)) {
    expect({ ...own, stdout: "", stderr: own.status === 0 ? "" : own.stderr }).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expectSame(results.parse(JSON.parse(own.stdout)), results.parse(expected), digits);
    expect(own.stderr.endsWith(lines)).toBe(true);
  }
}
