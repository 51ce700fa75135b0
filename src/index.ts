/** The public names of the package. */
export { compile } from "./compile.ts";
export type { CompileOptions, CompileResult } from "./compile.ts";
export { defineModel } from "./spec/define-model.ts";
export type { ModelSpec } from "./spec/schema.ts";
export { DiagnosticError } from "./diagnostics/errors.ts";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";
