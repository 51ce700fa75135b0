/**
 * A child process of the fuzzer. It runs specs one after the other and sends the results. Imported trainers
 * are never freed, so a child ends after a few hundred specs.
 */
import { faultsOf } from "../support/code-faults.ts";
import { countsOf } from "./coverage.ts";
import type { Counts } from "./coverage.ts";
import { classOf, failsAlike } from "./failure.ts";
import { randomSpec } from "./random-spec.ts";
import type { JsonObject } from "./random-parts.ts";
import { extrasOf, isTypeChecked } from "./rotation.ts";
import { runSpec } from "./run-spec.ts";
import type { SpecResult } from "./run-spec.ts";
import type { Finding, FuzzCase } from "./spec-run.ts";
import { shrink } from "./shrink.ts";
import { openOracle } from "./torch-oracle.ts";
import type { Oracle } from "./torch-oracle.ts";

/** A request of the parent. */
export type Request =
  | { readonly kind: "run"; readonly seed: number; readonly index: number; readonly usesTorch: boolean }
  | {
      readonly kind: "shrink";
      readonly fuzzCase: FuzzCase;
      readonly finding: Finding;
      readonly attempts: number;
    };

/** The reply. */
export type Reply =
  | {
      readonly kind: "ran";
      readonly index: number;
      readonly spec: JsonObject;
      readonly refused: number;
      readonly milliseconds: number;
      readonly findings: readonly (Finding & { readonly class: string })[];
      readonly tightness: SpecResult["tightness"];
      readonly counts: Counts;
    }
  | { readonly kind: "shrunk"; readonly spec: JsonObject };

const send = (reply: Reply): void => {
  process.send?.(reply);
};

let oracle: Oracle | undefined;

async function ran(seed: number, index: number, usesTorch: boolean): Promise<Reply> {
  const start = performance.now();
  const { spec, refused } = randomSpec(seed, index);
  const { findings, tightness, ran, stages, texts, reference } = await runSpec(
    { spec, seed: index },
    extrasOf(index),
  );
  const all = [...findings];
  if (isTypeChecked(index))
    for (const text of texts.slice(0, 1)) {
      const [fault] = faultsOf(text);
      if (fault !== undefined) all.push({ where: "types", kind: "error", text: fault });
    }
  const counts = countsOf(spec, ran, stages);
  if (usesTorch && reference !== undefined) {
    oracle ??= openOracle();
    const { finding, verdict } = await oracle.compare({ spec, seed: index }, reference);
    counts[`torch | ${verdict}`] = 1;
    if (finding !== undefined) all.push(finding);
  }
  return {
    kind: "ran",
    index,
    spec,
    refused: refused.length,
    milliseconds: performance.now() - start,
    findings: all.map((finding) => ({ ...finding, class: classOf(finding) })),
    tightness,
    counts,
  };
}

async function answer(request: Request): Promise<Reply> {
  if (request.kind === "run") return ran(request.seed, request.index, request.usesTorch);
  const { fuzzCase, finding, attempts } = request;
  const fails = (spec: JsonObject) => failsAlike({ ...fuzzCase, spec }, finding);
  return { kind: "shrunk", spec: await shrink(fuzzCase.spec, fails, { attempts, seconds: 90 }) };
}

process.on("message", (request: Request) => {
  answer(request).then(send, (error: unknown) => {
    // This is an error of the fuzzer itself. It ends the child process, and the parent reports the spec.
    console.error(error);
    process.exit(70);
  });
});
process.on("disconnect", () => process.exit(0));
