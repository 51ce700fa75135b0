// From a spec to a running trainer in this process, the way a bundler would take it: compiled, types stripped, imported.
import { transform } from "esbuild";
import { gzipSync } from "node:zlib";
import { compile } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import type { Trainer } from "../../src/runtime/trainer.ts";

interface EmittedModule {
  createTrainer(options?: { seed?: number }): Trainer;
}

export async function trainerFor(spec: ModelSpec): Promise<Trainer> {
  const { code } = await compile(spec);
  const { code: script } = await transform(code, { loader: "ts", format: "esm" });
  const module: EmittedModule = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  return module.createTrainer();
}

/** Bytes of the module as it is, minified, and minified and gzipped. */
export async function sizesOf(code: string): Promise<{ plain: number; minified: number; gzipped: number }> {
  const { code: script } = await transform(code, { loader: "ts", format: "esm", minify: true });
  return {
    plain: Buffer.byteLength(code),
    minified: Buffer.byteLength(script),
    gzipped: gzipSync(script).length,
  };
}
