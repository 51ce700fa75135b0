/**
 * Runs random specs of the fuzzer in this process until one fails:
 *
 *     node fuzz-specs.mjs SEED FIRST COUNT [INDEX to leave out …]
 *
 * If a spec fails, the exit code is 1 and one line describes the spec and the failure; otherwise the exit
 * code is 0.
 */
import { randomSpec } from "../fuzz/random-spec.ts";
import { extrasOf } from "../fuzz/rotation.ts";
import { runSpec } from "../fuzz/run-spec.ts";

const [seed, first, count, ...skipped] = process.argv.slice(2).map(Number);

async function main(): Promise<number> {
  for (let index = first; index < first + count; index++) {
    if (skipped.includes(index)) continue;
    // If a spec cannot be generated, or if a model cannot be read, the process ends with another exit code.
    const { spec } = randomSpec(seed, index);
    const { findings } = await runSpec({ spec, seed: index }, extrasOf(index));
    const [finding] = findings;
    if (finding === undefined) continue;
    console.log(JSON.stringify({ index, where: finding.where, text: finding.text.slice(0, 200) }));
    return 1;
  }
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error);
  return 70;
});
