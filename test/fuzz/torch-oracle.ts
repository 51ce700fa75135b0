/**
 * PyTorch as an oracle: a long-running child process of Debian's Python. For each request, which is a line of
 * JSON, it computes a spec in f64.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { compileModel } from "../../src/compiler/pipeline.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { modelFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import { randomData } from "./random-batch.ts";
import type { Finding, FuzzCase } from "./spec-run.ts";
import type { BallTrace } from "./trace.ts";
import { hasModules, python } from "../support/python.ts";

export interface Oracle {
  /** PyTorch's results by description, or the feature that the oracle does not support. */
  answer(fuzzCase: FuzzCase): Promise<OracleReply>;
  /**
   * Compares predictions, losses and gradients. Returns whether they agree or differ, or the feature that the
   * oracle does not support.
   */
  compare(
    fuzzCase: FuzzCase,
    reference: BallTrace,
  ): Promise<{ readonly verdict: string; readonly finding?: Finding }>;
  /** Ends the Python process. */
  end(): void;
}

const reply = z.union([
  z.object({ results: z.record(z.string(), z.array(z.number().nullable())) }),
  z.object({ unknown: z.string() }),
]);

export type OracleReply = z.infer<typeof reply>;

/**
 * The tolerance, as in test/compiler/reference. It is needed because PyTorch uses other formulas, which round
 * differently.
 */
const tolerance = 1e-9;

/** Starts Python. When the process ends, the iterator yields undefined. */
function startPython() {
  const child = spawn(python, [fileURLToPath(new URL("torch_oracle.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** Whether Debian's PyTorch is installed. */
export const hasTorch = (): boolean => hasModules("torch");

export function openOracle(): Oracle {
  let running = startPython();
  const ask = async (fuzzCase: FuzzCase): Promise<OracleReply> => {
    running.child.stdin.write(`${JSON.stringify(requestOf(fuzzCase))}\n`);
    const { value, done } = await running.lines.next();
    if (!done) return reply.parse(JSON.parse(String(value)));
    running = startPython();
    return { unknown: "PyTorch crashed" };
  };
  return {
    answer: ask,
    compare: async (fuzzCase, reference) => {
      const answer = await ask(fuzzCase);
      if ("unknown" in answer) return { verdict: `no oracle: ${answer.unknown.slice(0, 80)}` };
      const text = differenceOf(answer.results, reference);
      return text === undefined
        ? { verdict: "agrees" }
        : { verdict: "differs", finding: { where: "torch", kind: "error", text } };
    },
    end: () => running.child.kill(),
  };
}

/** The model of a spec, and the parameters and batches on which PyTorch computes it. */
export function oracleData({ spec, seed, scale }: FuzzCase) {
  const model = parseModel(spec);
  const { built } = compileModel(model, { dtype: "f64" });
  const facts = modelFacts(model, built, "f64");
  return { model, facts, ...randomData(facts, model, seed, scale) };
}

function requestOf(fuzzCase: FuzzCase) {
  const { model, facts, parameters, batches } = oracleData(fuzzCase);
  return {
    model,
    parameters: Object.fromEntries(
      facts.parameters.map(({ name, shape, trainable }) => [
        name,
        { shape, trainable, values: Array.from(parameters[name]) },
      ]),
    ),
    batches: batches
      .slice(0, 2)
      .map((batch) =>
        Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, Array.from(values)])),
      ),
  };
}

/**
 * Returns a description of the first result that differs from PyTorch's by more than rounding explains. If
 * the graphs do not define a finite number, the result is not compared.
 */
function differenceOf(
  results: Readonly<Record<string, readonly (number | null)[]>>,
  reference: BallTrace,
): string | undefined {
  for (const [what, values] of Object.entries(results)) {
    const ball = reference.get(what);
    if (ball === undefined || ball.mid.length !== values.length) return `${what}: other sizes`;
    const scale = ball.mid.reduce((sum, x) => sum + Math.abs(x), 0) / (values.length || 1);
    for (const [i, expected] of values.entries()) {
      const [mid, rad] = [ball.mid[i], ball.rad[i]];
      if (!Number.isFinite(mid) || !Number.isFinite(rad)) continue;
      if (expected === null) return `${what} [${i}]: ${mid}, but PyTorch has no finite number`;
      const bound = 16 * rad + tolerance * (scale + Math.abs(expected));
      if (Math.abs(mid - expected) > bound) return `${what} [${i}]: ${mid}, but PyTorch has ${expected}`;
    }
  }
  return undefined;
}
