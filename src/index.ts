/** The public API of the package. */
export { compile } from "./compiler/compile.ts";
export type { CompiledFiles, CompileOptions, CompileResult, FilesOptions } from "./compiler/compile.ts";
export { defineModel } from "./compiler/spec/define-model.ts";
export type { ModelSpec } from "./compiler/spec/schema.ts";
export { DiagnosticError, InternalError, Unsupported } from "./compiler/diagnostics/errors.ts";
export { Aborted } from "./command/library/aborted.ts";
export { TrainingDiverged } from "./runtime/step/steps.ts";
export type { Diagnostic } from "./compiler/diagnostics/diagnostic.ts";

// The commands as functions.
export { curves } from "./command/library/curves.ts";
export type { CurvesOptions } from "./command/library/curves.ts";
export type { Displayed, MediaBundle } from "./command/library/displayed.ts";
export { compileFile } from "./command/library/compile-file.ts";
export type { CompiledFile, CompileFileOptions } from "./command/library/compile-file.ts";
export { inspect } from "./command/library/inspect.ts";
export type { InspectOptions, Inspected } from "./command/library/inspect.ts";
export { differentiate } from "./command/library/differentiate.ts";
export type { DifferentiateOptions } from "./command/library/differentiate.ts";
export type { Derivative } from "./compiler/differentiate-onnx.ts";
export { exportParameters, exportPredictor, importParameters } from "./command/library/parameters.ts";
export type {
  ExportOptions,
  ExportPredictorOptions,
  Imported,
  ImportOptions,
  ParameterFormat,
} from "./command/library/parameters.ts";
export type { PredictorModel } from "./command/onnx/predictor-model.ts";
export { predict } from "./command/library/predict.ts";
export type { Predicted, PredictOptions } from "./command/library/predict.ts";
export { search } from "./command/library/search.ts";
export type { Searched, SearchEvent, SearchOptions } from "./command/library/search.ts";
export { train } from "./command/library/train.ts";
export type { RunResult, Trained, TrainEvent, TrainOptions } from "./command/library/train.ts";
export { verify } from "./command/library/verify.ts";
export type { Verified, VerifyOptions } from "./command/library/verify.ts";
export type { SpecFiles, SpecInput } from "./command/library/open-spec.ts";
export type { Row, Rows, SourceOptions } from "./command/library/rows.ts";
export type { EpochReport, Trainer } from "./runtime/trainer/trainer.ts";
export type { FoldResult } from "./runtime/training/cross-validate.ts";
export type { NaiveResult } from "./runtime/training/ruled-training.ts";
export type { TrainingResult } from "./runtime/training/train-on.ts";

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
