/** Compiles the spec of an import to the module that a bundler sees. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { compileFile, DiagnosticError } from "tapeless";
import type { Diagnostic } from "tapeless";
import { writeDeclarations } from "./declarations.ts";
import { isProgram } from "./options.ts";
import type { Options, SpecImport } from "./options.ts";

export interface ImportedModule {
  readonly code: string;
  /** The source map, as JSON. */
  readonly map: string;
  readonly warnings: readonly Diagnostic[];
}

/** How the host runs the module. */
export interface Host {
  /** Whether the build is for development: it should be fast, and can replace modules. */
  readonly isDevelopment: boolean;
  /** The expression for the host's API of hot replacement, if it has one. */
  readonly hot?: "import.meta.hot" | "import.meta.webpackHot";
  /** Whether the bundler builds the module in `new Worker(new URL(…))`. */
  readonly buildsWorkers: boolean;
  /** Receives the path of each file that the spec names, before it is read. */
  onFile(path: string): void;
}

/** @throws DiagnosticError, Unsupported or InternalError of tapeless, or an Error for the option `threads` */
export async function compileImport(
  spec: SpecImport,
  { declarations: writesDeclarations = true, threads: ofAll = 1, ...options }: Options,
  { isDevelopment, hot, buildsWorkers, onFile }: Host,
): Promise<ImportedModule> {
  if (isProgram(spec)) throw programError(spec.file);
  const { file } = spec;
  const { threads: ofThis, ...query } = Object.fromEntries(spec.query);
  const threads = checkThreads(ofThis ?? ofAll, buildsWorkers);
  const { code, declarations, map, warnings } = await compileFile(file, {
    checkKernels: !isDevelopment,
    ...options,
    ...query,
    program: false,
    format: !isDevelopment,
    onFile,
  });
  // The file describes imports without a query, because TypeScript does not find it for others.
  const unwritten =
    writesDeclarations && spec.query.size === 0 && !spec.isThread
      ? await writeDeclarations(file, declarations).catch(notWritten)
      : undefined;
  const found = unwritten === undefined ? warnings : [...warnings, unwritten];
  if (spec.isThread) return { code: asThread(code), map, warnings: found };
  const module = threads === 1 ? withoutThreads(code) : withThreads(code, spec, threads);
  return { code: module + (hot === undefined ? "" : keepingWeights(hot)), map, warnings: found };
}

function checkThreads(given: unknown, buildsWorkers: boolean): number {
  const threads = Number(given);
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error(`threads must be a whole number of at least 1, got ${JSON.stringify(given)}`);
  if (threads > 1 && !buildsWorkers)
    throw new Error("threads needs a bundler that builds workers: Vite, webpack or Rspack");
  return threads;
}

/** Where the module starts its threads from its own address, with the options of the caller. */
const startOfThreads = /\bimport\.meta, options\)/;

/**
 * In a bundle, `import.meta.url` is the address of the whole bundle, and in webpack the path of the spec on this
 * machine. Without an address, one thread computes everything.
 */
const withoutThreads = (code: string): string => code.replace(startOfThreads, "{}, options)");

/** The bundler finds the module of the threads in this expression, and builds it as a file of its own. */
function withThreads(code: string, { file, query }: SpecImport, threads: number): string {
  const search = new URLSearchParams([["tapeless", ""], ["thread", ""], ...query]);
  const address = JSON.stringify(`./${basename(file)}?${search}`);
  const worker = `new Worker(new URL(${address}, import.meta.url), { type: "module", name })`;
  return code.replace(
    startOfThreads,
    () => `{ startThread: (name) => ${worker} }, { threads: ${threads}, ...options })`,
  );
}

/** The module of the threads. It exports nothing, so that the bundler drops everything that threads do not call. */
const asThread = (code: string): string =>
  withoutThreads(code).replace(/^export (?=(?:async )?function|const|class)/gm, "");

const hotText = readFileSync(new URL("./hot.js", import.meta.url), "utf8").replace("export ", "");

/** Code after the module. It assigns a function declaration, which changes the exported function. */
const keepingWeights = (hot: string): string => `
{
${hotText}
if (${hot}) createTrainer = keepWeights(createTrainer, model, ${hot});
}
`;

const programError = (file: string): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T1008",
      severity: "error",
      message: "a spec in TypeScript is a program, which a bundler does not run",
      location: { file },
      hint: "write it in YAML or JSON, or compile it with `tapeless compile --module` and import the result",
    },
  ]);

const notWritten = (error: unknown): Diagnostic => ({
  code: "T1011",
  severity: "warning",
  message: `cannot write the declaration file: ${error instanceof Error ? error.message : String(error)}`,
  hint: "declarations: false writes none",
});
