/** Compiles the spec of an import to the module that a bundler sees. */
import { readFileSync } from "node:fs";
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
  /** Receives the path of each file that the spec names, before it is read. */
  onFile(path: string): void;
}

/** @throws DiagnosticError, Unsupported or InternalError of tapeless */
export async function compileImport(
  spec: SpecImport,
  { declarations: writesDeclarations = true, ...options }: Options,
  { isDevelopment, hot, onFile }: Host,
): Promise<ImportedModule> {
  if (isProgram(spec)) throw programError(spec.file);
  const { file, query } = spec;
  const { code, declarations, map, warnings } = await compileFile(file, {
    checkKernels: !isDevelopment,
    ...options,
    ...Object.fromEntries(query),
    program: false,
    format: !isDevelopment,
    onFile,
  });
  // The file describes imports without a query, because TypeScript does not find it for others.
  const unwritten =
    writesDeclarations && query.size === 0
      ? await writeDeclarations(file, declarations).catch(notWritten)
      : undefined;
  return {
    code: withoutThreads(code) + (hot === undefined ? "" : keepingWeights(hot)),
    map,
    warnings: unwritten === undefined ? warnings : [...warnings, unwritten],
  };
}

/**
 * The module starts its threads from `import.meta.url`. In a bundle, this is the address of the whole bundle, and in
 * webpack the path of the spec on this machine. Without an address, one thread computes everything.
 */
const withoutThreads = (code: string): string => code.replace(/\bimport\.meta(?=, options\))/, "{}");

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
