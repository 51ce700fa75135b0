/**
 * References to declarations of the runtime. The emitter names the parts of `src/runtime/` through these
 * types, so renaming a declaration there is a compile error here.
 */
import type { CheckedLoss } from "../runtime/check/check-gradients.ts";
import type { CheckFacts } from "../runtime/check/prove-trainer.ts";
import type {
  Distribution,
  IdleUnits,
  LayerProbe,
  ParameterProbe,
  Probe,
  ProbedLayer,
  ProbingTrainer,
  StepReport,
  StepWatch,
} from "../runtime/trainer/probe.ts";
import type { Pace, PausingTrainer } from "../runtime/trainer/pauses.ts";
import type { Backend, Machine, PredictingMachine, Summary } from "../runtime/step/machine.ts";
import type { EarlyStopping, ModelFacts, TrainingFacts } from "../runtime/model/facts.ts";
import type { Batch } from "../runtime/step/batch.ts";
import type { DataFacts, FittedField } from "../runtime/data/fields.ts";
import type { ByTarget, TakePart } from "../runtime/prediction/by-target.ts";
import type { Predictor, RowPredictor } from "../runtime/prediction/predictor.ts";
import type { EpochReport, FitOptions, History, Trainer } from "../runtime/trainer/trainer.ts";
import type { ComparedFacts } from "../runtime/wasm/compared-sides.ts";
import type { WasmFacts } from "../runtime/wasm/wasm-engine.ts";
import type { TrainerOptions } from "../runtime/wasm/wasm-kernels.ts";

type ElementaryFunction =
  | keyof typeof import("../runtime/numbers/error-function.ts")
  | keyof typeof import("../runtime/numbers/exponential.ts")
  | keyof typeof import("../runtime/numbers/logarithm.ts")
  | keyof typeof import("../runtime/numbers/random.ts")
  | keyof typeof import("../runtime/numbers/trigonometric.ts");

/** The names of the runtime's encoders for fields of a data file. */
export type EncoderName = Extract<
  | keyof typeof import("../runtime/data/category-encoder.ts")
  | keyof typeof import("../runtime/data/date-encoder.ts")
  | keyof typeof import("../runtime/data/open-category-encoder.ts")
  | keyof typeof import("../runtime/data/target-encoders.ts")
  | keyof typeof import("../runtime/data/text-encoders.ts")
  | keyof typeof import("../runtime/data/column-encoder.ts"),
  `${string}Encoder`
>;

/** The names of the functions that select the rows of a split. */
export type SplitterName = Extract<
  keyof typeof import("../runtime/data/split-rules.ts"),
  `${string}Rows` | `rows${"After" | "OfColumn" | "OfGroups"}` | "drawnFraction"
>;

/** The names of the training regimes: cross-validation, and training with split rules, once or in folds. */
export type RegimeName = Extract<
  | keyof typeof import("../runtime/training/cross-validate.ts")
  | keyof typeof import("../runtime/training/ruled-training.ts"),
  `${string}Regime`
>;

/** The names of the functions that interpret an output of the network. */
export type InterpretationName = Exclude<
  keyof typeof import("../runtime/prediction/interpretations.ts"),
  "inDecimals"
>;

type TrainerPart =
  | keyof typeof import("../runtime/step/errors.ts")
  | keyof typeof import("../runtime/step/memory.ts")
  | keyof typeof import("../runtime/step/session.ts")
  | keyof typeof import("../runtime/numbers/random.ts")
  | keyof typeof import("../runtime/step/steps.ts")
  | keyof typeof import("../runtime/trainer/probe.ts")
  | keyof typeof import("../runtime/trainer/pauses.ts")
  | keyof typeof import("../runtime/trainer/streamed-rows.ts")
  | keyof typeof import("../runtime/trainer/rank-rows.ts")
  | keyof typeof import("../runtime/wasm/staged-steps.ts")
  | keyof typeof import("../runtime/trainer/trainer-of.ts")
  | keyof typeof import("../runtime/trainer/epochs.ts")
  | keyof typeof import("../runtime/data/target-range.ts")
  | keyof typeof import("../runtime/training/original-units.ts")
  | keyof typeof import("../runtime/training/units-of-targets.ts")
  | keyof typeof import("../runtime/wasm/compare-kernels.ts")
  | keyof typeof import("../runtime/wasm/wasm-kernels.ts")
  | keyof typeof import("../runtime/wasm/wasm-workers.ts");

type ProgramPart =
  | keyof typeof import("../runtime/check/check-program.ts")
  | keyof typeof import("../runtime/data/csv.ts")
  | keyof typeof import("../runtime/data/scale.ts")
  | keyof typeof import("../runtime/data/gaps.ts")
  | keyof typeof import("../runtime/data/series.ts")
  | keyof typeof import("../runtime/data/split-rules.ts")
  | keyof typeof import("../runtime/data/windows.ts")
  | keyof typeof import("../runtime/prediction/forecasts.ts")
  | keyof typeof import("../runtime/prediction/formatted-rows.ts")
  | keyof typeof import("../runtime/prediction/predictor.ts")
  | keyof typeof import("../runtime/prediction/predictions.ts")
  | keyof typeof import("../runtime/prediction/by-target.ts")
  | keyof typeof import("../runtime/program/readers.ts")
  | keyof typeof import("../runtime/training/cross-validate.ts")
  | keyof typeof import("../runtime/training/naive-forecast.ts")
  | keyof typeof import("../runtime/training/ruled-training.ts")
  | keyof typeof import("../runtime/program/idx-reader.ts")
  | keyof typeof import("../runtime/program/first-loss.ts")
  | keyof typeof import("../runtime/program/first-losses.ts")
  | keyof typeof import("../runtime/program/program.ts")
  | keyof typeof import("../runtime/program/text-writer.ts");

/** The names of the functions and constants that emitted code uses. */
export type RuntimeValue = ElementaryFunction | EncoderName | InterpretationName | TrainerPart | ProgramPart;

/**
 * The types to which emitted code or its users refer. Types have no names at run time, so each key repeats
 * the name of its import.
 */
interface RuntimeTypes {
  Backend: Backend;
  Batch: Batch;
  ByTarget: ByTarget<Trainer, object>;
  CheckedLoss: CheckedLoss;
  CheckFacts: CheckFacts;
  ComparedFacts: ComparedFacts;
  DataFacts: DataFacts;
  Distribution: Distribution;
  EarlyStopping: EarlyStopping;
  EpochReport: EpochReport;
  FitOptions: FitOptions;
  FittedField: FittedField;
  History: History;
  IdleUnits: IdleUnits;
  LayerProbe: LayerProbe;
  Machine: Machine;
  ModelFacts: ModelFacts;
  Pace: Pace;
  ParameterProbe: ParameterProbe;
  PausingTrainer: PausingTrainer;
  PredictingMachine: PredictingMachine;
  Predictor: Predictor;
  Probe: Probe;
  ProbedLayer: ProbedLayer;
  ProbingTrainer: ProbingTrainer;
  RowPredictor: RowPredictor;
  StepReport: StepReport;
  StepWatch: StepWatch;
  Summary: Summary;
  TakePart: TakePart;
  Trainer: Trainer;
  TrainerOptions: TrainerOptions;
  TrainingFacts: TrainingFacts;
  WasmFacts: WasmFacts;
}

export type RuntimeName = RuntimeValue | keyof RuntimeTypes;

/** An expression over values of the runtime: `csvFile(parseCsv)`, `{ columns: columnEncoder }`. */
export type RuntimeExpression =
  | RuntimeValue
  | number
  | { readonly call: RuntimeValue; readonly argument: RuntimeExpression }
  | { readonly record: Readonly<Record<string, RuntimeExpression>> };

/** The expression as emitted code. */
export function runtimeText(x: RuntimeExpression): string {
  if (typeof x !== "object") return String(x);
  if ("call" in x) return `${x.call}(${runtimeText(x.argument)})`;
  const keyText = (key: string): string => (/^[\w$]+$/.test(key) ? key : JSON.stringify(key));
  const entries = Object.entries(x.record).map(([key, value]) => `${keyText(key)}: ${runtimeText(value)}`);
  return `{ ${entries.join(", ")} }`;
}

/** The names of the runtime values that the expression uses. */
export function namesIn(x: RuntimeExpression): readonly RuntimeValue[] {
  if (typeof x === "number") return [];
  if (typeof x === "string") return [x];
  if ("call" in x) return [x.call, ...namesIn(x.argument)];
  return Object.values(x.record).flatMap(namesIn);
}
