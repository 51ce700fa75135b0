/**
 * `compileFile` of the library: compiles the spec in a file. Errors have a location in the file, and the module can
 * have a source map. Build tools use it.
 */
import { basename } from "node:path";
import { checkOptions, compilationOf, emittedModule } from "../../compiler/compile.ts";
import type { CompileOptions, CompileResult } from "../../compiler/compile.ts";
import { alignedJavaScriptOf } from "../../compiler/emit/typescript/javascript.ts";
import { readSpec } from "../../compiler/spec/read/read-spec.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import { defaultTarget, trainerTargets } from "../../compiler/targets.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
import { sourceMap } from "../../studio/explain/source-map.ts";
import { optionError } from "./open-spec.ts";

export interface CompileFileOptions extends Omit<CompileOptions, "files" | "emit"> {
  readonly target?: RunnableTarget;
  /** Receives the path of each model file before the file is read, also if the file does not exist. */
  readonly onFile?: (path: string) => void;
  /**
   * Format the TypeScript module, which only the source map shows; `true` by default. Formatting takes half of the
   * time.
   */
  readonly format?: boolean;
}

export interface CompiledFile extends Required<CompileResult> {
  /** The JavaScript module, in which each line has the number that it has in TypeScript. */
  readonly code: string;
  /**
   * The source map of `code`, as JSON. It maps a line to the spec if the line comes from there, and otherwise to the
   * TypeScript module, which the map contains.
   */
  readonly map: string;
}

/**
 * Compiles the spec in a `.json`, `.yaml` or `.ts` file to a JavaScript module. A `.ts` file is executed.
 *
 * @throws {DiagnosticError} if the spec or the options are invalid; diagnostics have locations.
 * @throws {Unsupported} if the spec needs a feature that the compiler lacks.
 * @throws {InternalError} if the two kinds of kernels of the trainer compute different values.
 */
export async function compileFile(
  file: string,
  { onFile, format, ...options }: CompileFileOptions = {},
): Promise<CompiledFile> {
  checkOptions(options);
  const { target = defaultTarget } = options;
  if (!trainerTargets.includes(target))
    throw optionError(`target must be "${trainerTargets.join('" or "')}", got "${target}"`);
  const { model, warnings, source } = await readSpec(file, onFile);
  return located(source, async () => {
    const compilation = compilationOf(model, options);
    const emitted = await emittedModule(compilation, options, { isFormatted: format });
    const { script, declarations } = await alignedJavaScriptOf(emitted.text);
    const name = basename(file);
    const map = await sourceMap(emitted, source, { file: `${name}.ts`, spec: encodeURIComponent(name) });
    return {
      code: script,
      declarations,
      map: JSON.stringify(map),
      warnings: [...warnings, ...(await source.locate(compilation.built.warnings))],
    };
  });
}
