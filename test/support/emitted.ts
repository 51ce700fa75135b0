// Compiles a spec and imports the emitted module from memory, after esbuild has stripped its types.
import { transform } from "esbuild";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import type { TargetOptions } from "../../src/compiler/compile-target.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { CompileOptions } from "../../src/compiler/compile.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";

export interface EmittedModule<T = Trainer> {
  readonly model: { readonly name: string; readonly parameters: readonly { readonly name: string }[] };
  createTrainer(options?: { seed?: number }): T;
}

/** The code as JavaScript. esbuild strips types in a tenth of the time that TypeScript takes. */
export async function strippedOf(code: string): Promise<string> {
  const stripped = await transform(code, { loader: "ts", format: "esm", target: "node20" });
  return stripped.code;
}

/** Imports emitted code. `T` is the type of its trainers, if they have more members than the common ones. */
export async function imported<T = Trainer>(code: string): Promise<EmittedModule<T>> {
  const text = Buffer.from(await strippedOf(code)).toString("base64");
  const module: EmittedModule<T> = await import(/* @vite-ignore */ `data:text/javascript;base64,${text}`);
  return module;
}

export async function emitted(
  spec: ModelSpec,
  options: CompileOptions = {},
): Promise<{ code: string; module: EmittedModule }> {
  const { code } = await compile(spec, options);
  return { code, module: await imported(code) };
}

/** The emitted module of a spec. Its text is not formatted, because formatting takes half of the time. */
export async function emittedModule(
  spec: ModelSpec,
  { dtype = "f32", ...options }: Partial<TargetOptions> = {},
): Promise<EmittedModule> {
  const compilation = compileFor(parseModel(spec), { dtype, ...options });
  return loadTrainer(await emitText(compilation, dtype, { isFormatted: false }));
}
