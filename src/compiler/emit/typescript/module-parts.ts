/** What emitted modules are made of: the parts common to all, and those of trainers. */
import type { ChapterName } from "../../../runtime/chapters.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { Graph } from "../../ir/nodes.ts";
import type { MemoryPlan } from "../../loop/types.ts";
import type { LoopProgram } from "../../loop/types.ts";
import type { RuntimeExpression, RuntimeName } from "../../runtime-references.ts";
import type { ArenaNames } from "./arena.ts";
import type { MarkingWriter } from "./line-origins.ts";

/** The parts of every module: a trainer, a predictor, or the check of a trainer. */
export interface ModuleParts {
  /** Where in the spec a fact comes from; `keys` lead to a part of the fact. */
  readonly placeOfFact?: (fact: FactName, keys: SpecPath) => SpecPath | undefined;
  /** The graphs of the programs. */
  readonly graphs: readonly Graph[];
  /** The first lines of the file, as comments. */
  readonly banner: readonly string[];
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  readonly programs: readonly LoopProgram[];
  /** The programs before scheduling. */
  readonly lowered?: readonly LoopProgram[];
  /** The type of the optimizer, for the names of kernels. */
  readonly optimizer?: string;
  readonly plan: MemoryPlan;
}

export type FactName = "model" | "training" | "data";

/** Plain data of a module, as `const training: TrainingFacts = …`. */
export interface Fact {
  /** The model chapter by default. */
  readonly chapter?: ChapterName;
  readonly about?: string;
  readonly declaration: string;
  readonly value: object;
  /** Where in the spec a part of it comes from; the keys lead to the part. */
  readonly placeOf?: (keys: SpecPath) => SpecPath | undefined;
}

/** The names that sections use. */
export interface EndNames {
  readonly arena: ArenaNames;
  /** The call of a program with its arguments. */
  readonly callOf: (program: string) => string;
  /** The arguments of a program: views of the arena, and `n` where it depends on the number of rows. */
  readonly takesOf: (program: string) => readonly string[];
  /** The typed array of the model's numbers. */
  readonly array: string;
}

/**
 * The argument for the number of rows in a call of a program: `n`, or nothing where the program does not depend
 * on it.
 */
export const rowsOf = ({ takesOf }: Pick<EndNames, "takesOf">, program: string): "n" | "" =>
  takesOf(program).includes("n") ? "n" : "";

/** The imports of a check from its trainer. */
export interface ModuleImports {
  readonly from: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/**
 * Text that the compiler writes: at the beginning of its chapter, or at the end of it, after the runtime's
 * parts.
 */
export interface Section {
  readonly chapter: ChapterName;
  readonly isLast?: boolean;
  write(writer: MarkingWriter, names: EndNames): void;
}

/** What makes a module a trainer, a predictor or a check. */
export interface ModuleKind {
  /** Trainers and predictors import nothing. */
  readonly imports?: ModuleImports;
  readonly facts: readonly Fact[];
  /** The names that its sections declare. */
  readonly ownNames: readonly string[];
  /** The declarations of the runtime that its sections and its users name. */
  readonly roots: readonly RuntimeName[];
  readonly sections: readonly Section[];
}

// Parts of trainers.

/** How a parameter is initialised; `fillText` describes the initialiser. */
export interface InitialParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly fill:
    | { readonly kind: "uniform"; readonly low: number; readonly high: number }
    | { readonly kind: "normal"; readonly mean: number; readonly std: number }
    | { readonly kind: "constant"; readonly value: number }
    | { readonly kind: "orthogonal"; readonly rows: number; readonly columns: number };
  readonly fillText: string;
}

/** A state of the optimizer; `initial` are its values before the first step if these are not zero. */
export interface InitialState {
  readonly name: string;
  readonly initial?: readonly number[];
}

/**
 * Class weights computed from the class counts of the training split: their storage, and the target with `size`
 * classes per row.
 */
interface BalancedWeights {
  readonly storage: string;
  readonly target: string;
  readonly size: number;
}

/**
 * The kernels that a trainer runs. Every trainer has the TypeScript functions; another target adds sections for
 * its own.
 */
export interface TrainerKernels {
  /** The names that its sections declare, in the module and in `createTrainer`. */
  readonly ownNames: readonly string[];
  /** The declarations of the runtime that its sections name. */
  readonly roots: readonly RuntimeName[];
  /** The type of the options of `createTrainer`. */
  readonly optionsType: string;
  /** The byte offset of the arena in `memory`: an expression. */
  readonly arenaStart: string;
  sections(parts: TrainerParts): readonly Section[];
  /** Writes the first lines of `createTrainer`: `memory` and its views `f`, `integers` and `doubles`. */
  writeMemory(writer: MarkingWriter, parts: TrainerParts, names: EndNames): void;
  /** The call of a program in `createTrainer`. */
  callOf(program: string, names: EndNames): string;
  /** The backend that the machine reports: an expression. */
  readonly backend?: string;
  /** Runs many steps in one call: the arguments of `trainerOf`, which use `batchAt`. */
  readonly staging?: { readonly roots: readonly RuntimeName[]; readonly arguments: readonly string[] };
  /** The memory plan of these kernels, used while `condition` holds. */
  readonly running?: { readonly condition: string; readonly plan: MemoryPlan };
  /** Writes the comparison with the TypeScript functions, after `const trainer = …`. */
  writeSelfCheck?(writer: MarkingWriter, parts: TrainerParts): void;
  /** Whether the file runs as a worker thread of a trainer: an expression. A worker does not run the program. */
  readonly serving?: string;
}

/** The programs are gradient, update, predict, evaluate and summarise, and in some trainers begin and measure. */
export interface TrainerParts extends ModuleParts {
  /** The exported `model`. */
  readonly model: object & { readonly name: string; readonly inputs: object; readonly targets: object };
  /** The runtime's `TrainingFacts` and `DataFacts`. */
  readonly training: object;
  readonly data: object | undefined;
  /** The other members of the runtime's `Program`, as expressions over the runtime. */
  readonly programParts: Readonly<Record<string, RuntimeExpression>>;
  readonly parameters: readonly InitialParameter[];
  readonly states: readonly InitialState[];
  readonly balanced?: BalancedWeights | undefined;
  readonly kernels: TrainerKernels;
  /**
   * The layers that an instrumented trainer probes (`ProbedLayer` in the runtime). The program `probe` computes their
   * values.
   */
  readonly probed?: readonly { readonly name: string }[];
}
