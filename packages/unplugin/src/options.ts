/** The options of the plugin, and of a single import: `./model.tapeless.yaml?target=wasm`. */
import type { CompileFileOptions } from "tapeless";

/** The options that an import can change by its query. */
export interface ImportOptions {
  /** The language of the kernels; `ts` by default. */
  readonly target?: "ts" | "wasm";
  /** The element type of parameters and values; `f32` by default. */
  readonly dtype?: "f32" | "f64";
  /** The threads of a trainer that is created without this option, for the target `wasm`; 1 by default. */
  readonly threads?: number;
}

export interface Options
  extends
    ImportOptions,
    Pick<CompileFileOptions, "probe" | "pauses" | "exact" | "readable" | "checkKernels" | "skip"> {
  /** Write a declaration file next to each spec, so that TypeScript knows the module; `true` by default. */
  readonly declarations?: boolean;
}

/** An import of a spec. */
export interface SpecImport {
  /** The path of the spec. */
  readonly file: string;
  /** The options of the query; values are checked when the spec is compiled. */
  readonly query: ReadonlyMap<string, string>;
  /** Whether the import is the module of the threads of a trainer, which `compile-import.ts` asks for. */
  readonly isThread: boolean;
}

/** The names of specs that need no query. */
const specName = /\.tapeless\.(?:json|ya?ml)$/i;

/** Every file that can be a spec. TypeScript is refused: see {@link isProgram}. */
export const fileNames = /\.(?:json|ya?ml|[cm]?ts)$/i;

/** The same for module IDs, which may end with a query. */
export const moduleIds = /\.(?:json|ya?ml|[cm]?ts)(?:\?|$)/i;

/** Imports of the file that are not imports of its trainer, in Vite. */
const otherImports = ["raw", "url", "inline", "worker", "sharedworker"];

/** Parameters that bundlers add to addresses of modules. */
const ofBundlers = ["import", "t", "v", "type", "worker_file"];

/**
 * The spec that a module ID imports; undefined if it imports something else. A file of another name is a spec if the
 * query contains `tapeless`.
 */
export function specImport(id: string): SpecImport | undefined {
  const [file, text = ""] = id.split("?", 2);
  if (!fileNames.test(file)) return undefined;
  const query = new Map(new URLSearchParams(text));
  const isMarked = query.delete("tapeless");
  if (!isMarked && !specName.test(file)) return undefined;
  if (otherImports.some((name) => query.has(name))) return undefined;
  for (const name of ofBundlers) query.delete(name);
  return { file, query, isThread: query.delete("thread") };
}

/** Whether the spec is a program, which the plugin does not run. */
export const isProgram = ({ file }: SpecImport): boolean => /ts$/i.test(file);
