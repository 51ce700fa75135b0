// From a spec to a running trainer in this process, the way a bundler would take it: compiled, types
// stripped, imported.
import { transform } from "esbuild";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { compile } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";

interface EmittedModule {
  createTrainer(options?: { seed?: number }): Trainer;
}

export async function trainerFor(spec: ModelSpec): Promise<Trainer> {
  const { code } = await compile(spec);
  const { code: script } = await transform(code, { loader: "ts", format: "esm" });
  const module: EmittedModule = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  return module.createTrainer();
}

/** The trainer of `graphs/digits.json`: the whole file, and what a page needs of it. */
export async function digitsTrainers(): Promise<{ whole: string; module: string }> {
  const fileOf = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const { code } = await compile(JSON.parse(await fileOf("graphs/digits.json")), { program: false });
  return { whole: await fileOf("generated/digits.ts"), module: code };
}

/**
 * The most bytes of the trainer of digits, minified and gzipped: as a program, and as a page takes it. The goal is
 * 12.5 kB and 8 kB. Kernels take 1.8 kB of the module; checks of batches, options and checkpoints take 1.3 kB, of
 * which about 0.2 kB serve kinds of inputs and options that digits does not have.
 */
export const mostBytes = { whole: 13_985, module: 8_225 } as const;

/** Bytes of the module as it is, minified, and minified and gzipped. */
export async function sizesOf(code: string): Promise<{ plain: number; minified: number; gzipped: number }> {
  const { code: script } = await transform(code, { loader: "ts", format: "esm", minify: true });
  return {
    plain: Buffer.byteLength(code),
    minified: Buffer.byteLength(script),
    gzipped: gzipSync(script).length,
  };
}
