// A step allocates nothing. If this fails, training stutters under the garbage collector, and more so with every row.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compile } from "../../src/compile.ts";
import type { ModelSpec } from "../../src/spec/schema.ts";
import { strippedOf } from "../support/emitted.ts";
import { batchFor, specs } from "../support/specs.ts";

const steps = 5_000;
const script = fileURLToPath(new URL("count-allocations.mjs", import.meta.url));
const result = z.object({ bytes: z.number(), isFinite: z.boolean() });

/** Bytes that one step leaves on the heap, over many steps. */
async function bytesPerStep(name: string, batchSize: number): Promise<number> {
  const spec: ModelSpec = { ...specs[name], training: { ...specs[name].training, batchSize } };
  const folder = mkdtempSync(join(tmpdir(), "allocations-"));
  try {
    const [module, batch] = [join(folder, "trainer.mjs"), join(folder, "batch.json")];
    writeFileSync(module, strippedOf((await compile(spec)).code));
    writeFileSync(batch, JSON.stringify(batchFor(spec, batchSize, 1)));
    // With so much room for young objects nothing is collected in between: what is left is all that was made.
    const flags = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"];
    const command = [...flags, script, pathToFileURL(module).href, batch];
    const output = result.parse(JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8" })));
    expect(output.isFinite).toBe(true);
    return output.bytes / steps;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A double that a function gives back stands on the heap, 16 bytes in all: the loss is one, and a few more are allowed. */
const fewNumbers = 72;

describe("a step allocates nothing but the loss that it gives back, whatever the number of rows", () => {
  it.each(["classifier", "joins", "regression", "perceptron", "alike"])("%s", async (name) => {
    expect(await bytesPerStep(name, 6)).toBeLessThan(fewNumbers);
    expect(await bytesPerStep(name, 64)).toBeLessThan(fewNumbers);
  });
});
