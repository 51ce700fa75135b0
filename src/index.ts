/** The public API of the package. */
export { compile } from "./compiler/compile.ts";
export type { CompileOptions, CompileResult } from "./compiler/compile.ts";
export { defineModel } from "./compiler/spec/define-model.ts";
export type { ModelSpec } from "./compiler/spec/schema.ts";
export { DiagnosticError, InternalError, Unsupported } from "./compiler/diagnostics/errors.ts";
export type { Diagnostic } from "./compiler/diagnostics/diagnostic.ts";

// Types for the functions of a TypeScript spec.
export type { GraphBuilder } from "./compiler/ir/builder.ts";
export type { Node } from "./compiler/ir/nodes.ts";
export type { Shape } from "./compiler/ir/types.ts";
export type { ActivationFunction } from "./compiler/library/activations/index.ts";
export type { UpdateParts } from "./compiler/library/define.ts";
export type { MeasureFunction, MeasureParts } from "./compiler/library/formula/measure.ts";
export type {
  CustomContext,
  InitialiserSpec,
  LayerFunction,
  ParameterOptions,
  RecurrenceOperands,
  RecurrenceStep,
} from "./compiler/library/layers/custom.ts";
export type { OptimizerFunction } from "./compiler/library/optimizers/formula.ts";
export type { ScheduleFunction } from "./compiler/library/schedules/index.ts";
