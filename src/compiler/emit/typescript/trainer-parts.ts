/** What a trainer is made of: what the compiler hands to this target. */
import type { MemoryPlan } from "../../loop/memory.ts";
import type { LoopProgram } from "../../loop/types.ts";
import type { WasmModule } from "../wasm/wasm-module.ts";
import type { ModuleParts } from "./module-parts.ts";

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
 * The programs once more, as a module of WebAssembly with an arena of its own: storage lies as in that of
 * TypeScript.
 */
export interface WasmPrograms {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly module: WasmModule;
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
  readonly programParts: Readonly<Record<string, string>>;
  readonly parameters: readonly InitialParameter[];
  readonly states: readonly InitialState[];
  readonly balanced?: BalancedWeights | undefined;
  readonly wasm?: WasmPrograms | undefined;
  /**
   * The runtime's `ProbedLayer`s, where the trainer can be looked into; a program named probe computes their
   * values.
   */
  readonly probed?: readonly { readonly name: string }[];
}
