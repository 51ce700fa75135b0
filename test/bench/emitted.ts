// Creates a trainer from a spec in this process, as a bundler would: compiles the spec, strips the types and
// imports the module.
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

/** The trainer of `graphs/digits.json`: the whole file, and the module for a page. */
export async function digitsTrainers(): Promise<{ whole: string; module: string }> {
  const fileOf = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const { code } = await compile(JSON.parse(await fileOf("graphs/digits.json")), { program: false });
  return { whole: await fileOf("generated/digits.ts"), module: code };
}

/**
 * The maximum size of the trainer of digits in bytes, minified and gzipped: as a program, and as the module
 * for a page. The goal is 12.5 kB for the program and 8 kB for the module. Kernels take 1.8 kB of the module.
 * Checks of batches, options and checkpoints take 1.1 kB. The program adds 2.8 kB for data and 2.1 kB for the
 * command line and files. The CSV reader takes 1 kB of these, because it reads the file in pieces and stores a
 * number in four bytes.
 */
export const mostBytes = { whole: 14_095, module: 7_995 } as const;

/** The size of the module in bytes: unchanged, minified, and minified and gzipped. */
export async function sizesOf(code: string): Promise<{ plain: number; minified: number; gzipped: number }> {
  const { code: script } = await transform(code, { loader: "ts", format: "esm", minify: true });
  return {
    plain: Buffer.byteLength(code),
    minified: Buffer.byteLength(script),
    gzipped: gzipSync(script).length,
  };
}
