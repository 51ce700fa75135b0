/** What a trainer is made of: what the compiler hands to this target. */
import type { MemoryPlan } from "../../loop/types.ts";
import type { RuntimeExpression, RuntimeName } from "../../runtime-references.ts";
import type { MarkingWriter } from "./line-origins.ts";
import type { EndNames, ModuleParts } from "./module-parts.ts";

/** How a parameter starts; `text` is the initialiser in words. */
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

/** What a state is before the first step, where that is not zero. */
export interface InitialState {
  readonly name: string;
  readonly initial?: readonly number[];
}

/**
 * Weights that follow from how often a class occurs in the training part: their storage, and the target, of
 * `size` classes a row.
 */
export interface BalancedWeights {
  readonly storage: string;
  readonly target: string;
  readonly size: number;
}

/**
 * The kernels that a trainer runs, and what its module has for their sake. Every trainer has the functions of
 * TypeScript; a target that brings other kernels contributes the text around them.
 */
export interface TrainerKernels {
  /** The names that the text declares, in the module and in `createTrainer`. */
  readonly ownNames: readonly string[];
  /** The declarations of the runtime that the text names. */
  readonly roots: readonly RuntimeName[];
  /** The type of the options of `createTrainer`. */
  readonly optionsType: string;
  /** Where in `memory` the arena begins, in bytes: an expression. */
  readonly arenaStart: string;
  /** Writes sections of the module before `createTrainer`. */
  writeSections(writer: MarkingWriter, parts: TrainerParts, names: EndNames): void;
  /** Writes the first lines of `createTrainer`: `memory` and the views `f`, `integers` and `doubles` of it. */
  writeMemory(writer: MarkingWriter, parts: TrainerParts, names: EndNames): void;
  /** The call of a program in `createTrainer`. */
  callOf(program: string, names: EndNames): string;
  /** Which kernels run, as the machine reports it: an expression. */
  readonly backend?: string;
  /** Runs many steps in one call. `arguments` are those of `trainerOf`; they read `batchAt`. */
  readonly staging?: { readonly roots: readonly RuntimeName[]; readonly arguments: readonly string[] };
  /** Where the values of a step are while `condition` holds, if not where the functions leave them. */
  readonly running?: { readonly condition: string; readonly plan: MemoryPlan };
  /** Writes the comparison with the functions of TypeScript, after `const trainer = …`. */
  writeSelfCheck?(writer: MarkingWriter, parts: TrainerParts): void;
  /** Whether the file runs as a worker of a trainer: an expression. A worker runs no program. */
  readonly serving?: string;
}

/**
 * The programs are named gradient, update, predict, evaluate and summarise; some trainers have one named
 * begin before them.
 */
export interface TrainerParts extends ModuleParts {
  /** The contract's `model`, as data. */
  readonly model: object & { readonly name: string; readonly inputs: object; readonly targets: object };
  /** The runtime's `TrainingFacts` and `DataFacts`. */
  readonly training: object;
  readonly data: object | undefined;
  /** Members of the runtime's `Program` beside these, and how they are made of the runtime. */
  readonly programParts: Readonly<Record<string, RuntimeExpression>>;
  readonly parameters: readonly InitialParameter[];
  readonly states: readonly InitialState[];
  readonly balanced?: BalancedWeights | undefined;
  readonly kernels: TrainerKernels;
  /**
   * The runtime's `ProbedLayer`s, where the trainer can be looked into; a program named probe computes their
   * values.
   */
  readonly probed?: readonly { readonly name: string }[];
}
