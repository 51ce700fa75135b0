/** The library's one call: from a spec to the text of its trainer. */
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { DiagnosticError } from "./diagnostics/errors.ts";
import { compileModel, emitTypeScript, type Compilation } from "./pipeline.ts";
import type { ModelSpec } from "./spec/schema.ts";
import { parseModel } from "./spec/parse-model.ts";
import { didYouMean } from "./util/did-you-mean.ts";

export interface CompileOptions {
  /** What the loops become; `ts` by default. */
  readonly target?: "ts" | "wasm";
  /** The element type of parameters and values; `f32` by default. */
  readonly dtype?: "f32" | "f64";
  /** Whether the file can be run on data files, if the spec has a data section; `true` by default. A page or a worker needs none of it. */
  readonly program?: boolean;
  /** Have a trainer that can be looked into: `trainer.probe(batch)`, `trainer.onStep(listener)`; `false` by default. */
  readonly probe?: boolean;
  /** Leave out rewrites that may change rounding. */
  readonly exact?: boolean;
  /** Names of passes to leave out, to see what they do. */
  readonly skip?: readonly string[];
  /** Of the target `wasm`: compare its kernels with the TypeScript kernels before the file is returned; `true` by default. */
  readonly checkKernels?: boolean;
}

export interface CompileResult {
  /** One standalone TypeScript module; see the contract's section 3. */
  readonly code: string;
  /** What deserves a second look without being wrong. */
  readonly warnings: readonly Diagnostic[];
}

const optionNames = ["target", "dtype", "program", "probe", "exact", "skip", "checkKernels"];

/** Programs without types may say anything; what is not understood must not pass for what was meant. */
function checkOptions(options: CompileOptions): void {
  const wrong = (message: string, hint?: string) => {
    throw new DiagnosticError([
      { code: "T1011", severity: "error", message, ...(hint === undefined ? {} : { hint }) },
    ]);
  };
  for (const name of Object.keys(options)) {
    const meant = didYouMean(name, optionNames);
    if (!optionNames.includes(name))
      wrong(`compile has no option "${name}"`, meant && `did you mean "${meant}"?`);
  }
  const { dtype = "f32", target = "ts" } = options;
  if (!["f32", "f64"].includes(dtype)) wrong(`dtype must be "f32" or "f64", got ${JSON.stringify(dtype)}`);
  if (!["ts", "wasm"].includes(target)) wrong(`target must be "ts" or "wasm", got ${JSON.stringify(target)}`);
}

/**
 * Compiles a model spec (the object of the contract's section 2) to a trainer.
 *
 * @throws {DiagnosticError} for a spec that is wrong, with all that is wrong in it.
 * @throws {Unsupported} for a known gap.
 * @throws {InternalError} if the WebAssembly kernels of the file differ from its TypeScript kernels.
 */
export async function compile(spec: ModelSpec, options: CompileOptions = {}): Promise<CompileResult> {
  checkOptions(options);
  const { target = "ts", dtype = "f32", program = true, probe = false, exact = false, skip = [] } = options;
  const model = parseModel(spec);
  const compilation = compileModel(model, { target, dtype, probe, exact, skip });
  const code = await emitTypeScript(compilation, dtype, { isProgram: program });
  if (target === "wasm" && options.checkKernels !== false) await checkEmitted(compilation, code, dtype);
  return {
    code,
    warnings: compilation.built.warnings,
  };
}

/** Loaded when it is needed: it runs the file, which takes a transpiler. */
async function checkEmitted(compilation: Compilation, code: string, dtype: "f32" | "f64"): Promise<void> {
  const [{ checkKernels }, { loadTrainer }] = await Promise.all([
    import("./check-kernels.ts"),
    import("./load-trainer.ts"),
  ]);
  checkKernels(compilation, await loadTrainer(code), {
    reproduce: `compile(spec, { target: "wasm", dtype: "${dtype}" })`,
    instead: 'compile(spec, { target: "ts" }); checkKernels: false leaves the comparison out',
  });
}
