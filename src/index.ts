/** The public names of the package. */
export { compile } from "./compile.ts";
export type { CompileOptions, CompileResult } from "./compile.ts";
export { defineModel } from "./spec/define-model.ts";
export type { ModelSpec } from "./spec/schema.ts";
export { DiagnosticError } from "./diagnostics/errors.ts";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";

// What functions of a TypeScript spec are given and give.
export type { GraphBuilder } from "./ir/builder.ts";
export type { Node } from "./ir/nodes.ts";
export type { Shape } from "./ir/types.ts";
export type { ActivationFunction } from "./library/activations/formula.ts";
export type { UpdateParts } from "./library/define.ts";
export type { MeasureFunction, MeasureParts } from "./library/formula/measure.ts";
export type {
  CustomContext,
  InitialiserWish,
  LayerFunction,
  ParameterOptions,
  RecurrenceOperands,
  RecurrenceStep,
} from "./library/layers/custom.ts";
export type { OptimizerFunction } from "./library/optimizers/formula.ts";
export type { ScheduleFunction } from "./library/schedules/formula.ts";
