/**
 * The types of the parts from which modules are assembled: first the parts of every module, then those of
 * trainers.
 */
import type { ChapterName } from "../../../runtime/chapters.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { Graph } from "../../ir/nodes.ts";
import type { MemoryPlan } from "../../loop/types.ts";
import type { LoopProgram } from "../../loop/types.ts";
import type { RuntimeExpression, RuntimeName, RuntimeValue } from "../../runtime-references.ts";
import type { ArenaNames } from "./arena.ts";
import type { MarkingWriter } from "./line-origins.ts";

/** The parts of every module. A module is a trainer, a predictor, or the check of a trainer. */
export interface ModuleParts {
  /** The location of a fact in the spec. `keys` is the path to a part of the fact. */
  readonly placeOfFact?: (fact: FactName, keys: SpecPath) => SpecPath | undefined;
  /** The graphs of the programs. */
  readonly graphs: readonly Graph[];
  /** The first comment of the file: what it is, and how to generate it. */
  readonly banner: readonly string[];
  /** Comment lines after the banner. */
  readonly head?: readonly string[];
  /** Whether kernels are plain loops, which the head explains. */
  readonly isReadable?: boolean | undefined;
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  readonly programs: readonly LoopProgram[];
  /** The programs before scheduling. */
  readonly lowered?: readonly LoopProgram[];
  /** The type of the optimizer. It is part of kernel names. */
  readonly optimizer?: string;
  readonly plan: MemoryPlan;
}

export type FactName = "model" | "training" | "data";

/** Plain data in a module, such as `const training: TrainingFacts = …`. */
export interface Fact {
  /** The chapter that contains the fact; `model` by default. */
  readonly chapter?: ChapterName;
  readonly about?: string;
  readonly declaration: string;
  readonly value: object;
  /** The location of a part of the fact in the spec. `keys` is the path to the part. */
  readonly placeOf?: (keys: SpecPath) => SpecPath | undefined;
}

/** The names and calls that the text of sections contains. */
export interface SectionNames {
  readonly arena: ArenaNames;
  /** The call of a program with its arguments. */
  readonly callOf: (program: string) => string;
  /**
   * The arguments of a program: views of the arena, and `n` if the program depends on the number of rows.
   */
  readonly takesOf: (program: string) => readonly string[];
  /** The type of array for the model's numbers: `Float32Array` or `Float64Array`. */
  readonly array: string;
}

/**
 * The argument for the number of rows in a call of a program: `n`, or nothing if the program does not depend
 * on it.
 */
export const rowsOf = ({ takesOf }: Pick<SectionNames, "takesOf">, program: string): "n" | "" =>
  takesOf(program).includes("n") ? "n" : "";

/** The imports of a check from its trainer. */
export interface ModuleImports {
  readonly from: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/**
 * Text that the compiler writes at the beginning of a chapter, or at its end, after the runtime's
 * declarations.
 */
export interface Section {
  readonly chapter: ChapterName;
  readonly isLast?: boolean;
  write(writer: MarkingWriter, names: SectionNames): void;
}

/** The parts that differ between a trainer, a predictor and a check. */
export interface ModuleKind {
  /** Only checks have imports. */
  readonly imports?: ModuleImports;
  readonly facts: readonly Fact[];
  /** The names that the sections declare. */
  readonly ownNames: readonly string[];
  /** The runtime declarations that the sections use, and those that users of the module need. */
  readonly roots: readonly RuntimeName[];
  readonly sections: readonly Section[];
}

/** The number of predictions for a target in each row of the output. A row contains the targets in order. */
export interface TargetPrediction {
  readonly target: string;
  readonly size: number;
}

// The parts of trainers.

type Fraction = readonly [numerator: number, denominator: number];

/**
 * The initialisation of a parameter; `fillText` describes the initialiser. `square` is the square of the upper
 * bound or of the standard deviation, if it is a fraction of integers.
 */
export interface InitialParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly fill:
    | { readonly kind: "uniform"; readonly low: number; readonly high: number; readonly square?: Fraction }
    | { readonly kind: "normal"; readonly mean: number; readonly std: number; readonly square?: Fraction }
    | { readonly kind: "constant"; readonly value: number }
    | { readonly kind: "orthogonal"; readonly rows: number; readonly columns: number }
    | { readonly kind: "given"; readonly values: ArrayLike<number> };
  readonly fillText: string;
}

/** A state of the optimizer. `initial` lists its values before the first step, if they are not 0. */
export interface InitialState {
  readonly name: string;
  readonly initial?: readonly number[];
}

/**
 * Class weights computed from the class counts of the training split. `storage` names the tensor that
 * contains the weights. `target` names their target, which has `size` class indices per row.
 */
interface BalancedWeights {
  readonly storage: string;
  readonly target: string;
  readonly size: number;
}

/** A target with `size` numbers per row, which the loss or a metric limits to a range (a `ValueRange`). */
interface LimitedTarget {
  readonly target: string;
  readonly size: number;
  readonly range: object;
}

/**
 * The kernels that a trainer runs. Every trainer contains the TypeScript functions. Other targets add
 * sections for their kernels.
 */
export interface TrainerKernels {
  /** The names that the sections declare, in the module and in `createTrainer`. */
  readonly ownNames: readonly string[];
  /** The runtime declarations that the sections use. */
  readonly roots: readonly RuntimeName[];
  /** The type of the options of `createTrainer`. */
  readonly optionsType: string;
  /** An expression for the byte offset of the arena in `memory`. */
  readonly arenaStart: string;
  sections(parts: TrainerParts): readonly Section[];
  /** Writes the first lines of `createTrainer`: `memory` and its views `f`, `integers` and `doubles`. */
  writeMemory(writer: MarkingWriter, parts: TrainerParts, names: SectionNames): void;
  /** The call of a program inside `createTrainer`. */
  callOf(program: string, names: SectionNames): string;
  /** An expression for `machine.kernels`, which names the running kernels. */
  readonly backend?: string;
  /**
   * An expression of the type `TakeSteps`, a function that takes many steps in one call of the kernels. The
   * expression uses `batchAt`.
   */
  readonly staging?: { readonly roots: readonly RuntimeName[]; readonly takeSteps: string };
  /** The memory plan of these kernels. It applies if the expression `condition` is true. */
  readonly running?: { readonly condition: string; readonly plan: MemoryPlan };
  /** Writes the comparison with the TypeScript functions, after `const trainer = …`. */
  writeSelfCheck?(writer: MarkingWriter, parts: TrainerParts): void;
  /**
   * An expression that is true if the file runs as a worker thread of a trainer. A worker does not run the
   * program.
   */
  readonly serving?: string;
}

/**
 * The parts of a trainer. Its programs are gradient, update, predict, evaluate and summarise. Some trainers
 * also have begin and measure.
 */
export interface TrainerParts extends ModuleParts {
  /** The exported `model`. */
  readonly model: object & { readonly name: string; readonly inputs: object; readonly targets: object };
  /** The runtime's `TrainingFacts` and `DataFacts`. */
  readonly training: object;
  readonly data: object | undefined;
  /**
   * Whether the file prints an error when it is run as a program. It does so if its spec has no data section.
   */
  readonly refusesToRun?: boolean;
  /** The other members of the runtime's `Program`, as expressions that use runtime declarations. */
  readonly programParts: Readonly<Record<string, RuntimeExpression>>;
  readonly parameters: readonly InitialParameter[];
  readonly states: readonly InitialState[];
  readonly balanced: readonly BalancedWeights[];
  readonly limited: readonly LimitedTarget[];
  /** The predictions of each target, if predict() returns them by target. */
  readonly predictions?: readonly TargetPrediction[] | undefined;
  /**
   * For each rank metric, the function that computes it, the values that it collects, and its index in a
   * summary.
   */
  readonly ranked?: readonly {
    readonly name: string;
    readonly by: RuntimeValue;
    readonly parts: readonly string[];
    readonly position: number;
  }[];
  readonly kernels: TrainerKernels;
  /**
   * The layers that an instrumented trainer reports (`ProbedLayer` in the runtime). The program `probe`
   * computes their values.
   */
  readonly probed?: readonly { readonly name: string }[];
  /** Whether the trainer can pause inside epochs. */
  readonly isPausing?: boolean;
  /** Whether a pausing trainer also takes streams of rows. */
  readonly isStreaming?: boolean;
}
