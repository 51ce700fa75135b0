/** The first argument of every function of the library: a spec as an object, or the path of its file. */
import { join } from "node:path";
import { compileFor, emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation, TargetOptions } from "../../compiler/compile-target.ts";
import { checkKernels } from "../../compiler/check-kernels.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { EmitOptions } from "../../compiler/emit/emitted-file.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { MissingContent, checkedFiles, readModelFiles } from "../../compiler/spec/model-files.ts";
import type { ReadContent } from "../../compiler/spec/model-files.ts";
import { readSpec, readerInFolder } from "../../compiler/spec/read/read-spec.ts";
import { located, specOfValue } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-source.ts";
import type { ModelSpec } from "../../compiler/spec/schema.ts";
import { hasAbility, trainerTargets } from "../../compiler/targets.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
import { showValue } from "../../compiler/util/message-text.ts";

/** A spec, or the path of a file with a spec (`.json`, `.yaml`, `.ts`). */
export type SpecInput = ModelSpec | string;

export interface OpenSpec {
  readonly read: ReadSpec;
  /** A path in the folder to which paths of data files are relative; undefined if the spec has no folder. */
  readonly file: string | undefined;
}

/** The files of a spec that is an object. */
export interface SpecFiles {
  /** The folder to which the paths in the spec are relative. */
  readonly folder?: string | undefined;
  /**
   * The contents of model files that are not in the folder, by the names that the spec uses. The models must have all
   * their data in one file.
   */
  readonly files?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** @throws DiagnosticError */
export async function openSpec(spec: SpecInput, { folder, files }: SpecFiles = {}): Promise<OpenSpec> {
  if (typeof spec === "string") {
    if (files !== undefined)
      throw optionError("`files` needs a spec that is an object", "the files of a spec file are next to it");
    return { read: await readSpec(spec), file: spec };
  }
  const given = checkedFiles(files);
  const inFolder = folder === undefined ? undefined : readerInFolder(folder);
  const read: ReadContent = async (name) => {
    if (Object.hasOwn(given, name)) return { bytes: given[name] };
    if (inFolder !== undefined) return inFolder(name);
    throw new MissingContent(
      "`files` does not contain it, and the spec has no `folder`",
      "pass its bytes in `files`, or the `folder` of the spec",
    );
  };
  return {
    read: specOfValue(spec, await readModelFiles(spec, read)),
    file: folder === undefined ? undefined : join(folder, "spec"),
  };
}

/** @throws DiagnosticError, with locations if the spec is a file */
export const compileOpen = ({ read }: OpenSpec, options: TargetOptions): Promise<TargetCompilation> =>
  located(read.source, () => compileFor(read.model, options));

/** The warnings about the spec and about its compilation. */
export const warningsOf = async (
  { read }: OpenSpec,
  { built }: TargetCompilation,
): Promise<readonly Diagnostic[]> => [...read.warnings, ...(await read.source.locate(built.warnings))];

/**
 * Loads the trainer of a compilation, after its kernels are compared with the TypeScript kernels. @throws
 * InternalError if they differ
 */
export async function loadCompiled(
  compilation: TargetCompilation,
  { target, dtype }: { readonly target: RunnableTarget; readonly dtype: "f32" | "f64" },
  options: EmitOptions = {},
): Promise<EmittedModule> {
  const emitted = await loadTrainer(await emitText(compilation, dtype, { isFormatted: false, ...options }));
  if (hasAbility(target, "kernels"))
    checkKernels(compilation, emitted, {
      reproduce: `compile(spec, { target: "${target}", dtype: "${dtype}" })`,
      instead: 'use target: "ts"',
    });
  return emitted;
}

/**
 * Checks the names of options, which untyped callers may misspell, and that the target can run. @throws
 * DiagnosticError (T1010)
 */
export function checkOptions(options: object, known: readonly string[]): void {
  const other = Object.keys(options).find((name) => !known.includes(name));
  if (other !== undefined)
    throw optionError(`unknown option ${showValue(other)}`, `options: ${known.join(", ")}`);
  const target: unknown = Reflect.get(options, "target");
  if (target !== undefined && !trainerTargets.some((name) => name === target))
    throw optionError(`target must be "${trainerTargets.join('" or "')}", got ${showValue(target)}`);
}

/** The error T1010: an option is invalid. */
export const optionError = (message: string, hint?: string): DiagnosticError =>
  new DiagnosticError([{ code: "T1010", severity: "error", message, hint }]);
