// Measures how many bytes a training step allocates on the heap. The measurement runs in a separate process.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as z from "zod";
import { compile } from "../../src/compiler/compile.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { strippedOf } from "../support/emitted.ts";
import { batchFor, specs } from "../support/specs.ts";

const steps = 5_000;
const script = fileURLToPath(new URL("count-allocations.mjs", import.meta.url));
const result = z.object({ bytes: z.number(), isFinite: z.boolean() });

/** The mean number of bytes per step over 5,000 steps, for one of the specs in test/support/specs.ts. */
export async function bytesPerStep(name: string, batchSize: number): Promise<number> {
  const spec: ModelSpec = { ...specs[name], training: { ...specs[name].training, batchSize } };
  const folder = mkdtempSync(join(tmpdir(), "allocations-"));
  try {
    const [module, batch] = [join(folder, "trainer.mjs"), join(folder, "batch.json")];
    writeFileSync(module, await strippedOf((await compile(spec)).code));
    writeFileSync(batch, JSON.stringify(batchFor(spec, batchSize, 1)));
    // The young generation is so large that no garbage collection runs during the steps. Therefore, the heap
    // then contains everything that they allocated.
    const flags = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"];
    const command = [...flags, script, pathToFileURL(module).href, batch];
    const output = result.parse(JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8" })));
    if (!output.isFinite) throw new Error(`the loss of ${name} is not finite`);
    return output.bytes / steps;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
