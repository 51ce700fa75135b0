/**
 * What every emitted module is made of, and what makes one kind of module of it: a trainer, a predictor, or
 * the check of a trainer.
 */
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { Graph } from "../../ir/nodes.ts";
import type { LoopProgram, MemoryPlan } from "../../loop/types.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import type { ArenaNames } from "./arena.ts";
import type { MarkingWriter } from "./line-origins.ts";

export interface ModuleParts {
  /** The places in the spec that the facts of the module's head come from; `keys` lead to a part of the fact. */
  readonly placeOfFact?: (fact: FactName, keys: SpecPath) => SpecPath | undefined;
  /** The graphs that the programs are from. */
  readonly graphs: readonly Graph[];
  readonly banner: readonly string[];
  readonly float: "f32" | "f64";
  readonly batchSize: number;
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
}

export type FactName = "model" | "training" | "data";

/** Plain data that stands at the head of a module, as `const training: TrainingFacts`. */
export interface Fact {
  readonly about?: string;
  readonly declaration: string;
  readonly value: object;
  /** Where in the spec a part of it is from; the keys lead to the part. */
  readonly placeOf?: (keys: SpecPath) => SpecPath | undefined;
}

/** What the end of a module calls things by. */
export interface EndNames {
  readonly arena: ArenaNames;
  /** The call of a program with all that it takes. */
  readonly callOf: (program: string) => string;
  /** Which views that is, and whether `n`. */
  readonly takesOf: (program: string) => readonly string[];
  /** The typed array of the model's numbers. */
  readonly array: string;
}

/** The argument for the number of rows in a call of a program: `n`, or nothing where it does not depend on that. */
export const rowsOf = ({ takesOf }: Pick<EndNames, "takesOf">, program: string): "n" | "" =>
  takesOf(program).includes("n") ? "n" : "";

/** What a module takes from the one beside it. */
export interface ModuleImports {
  readonly from: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
}

export interface ModuleKind {
  /** Of trainers and predictors, which stand alone, none. */
  readonly imports?: ModuleImports;
  readonly facts: readonly Fact[];
  /** What the module declares beside facts, kernels and offsets. */
  readonly ownNames: readonly string[];
  /** The declarations of the runtime that its end names, and the types that its users do. */
  readonly roots: readonly RuntimeName[];
  writeEnd(writer: MarkingWriter, names: EndNames): void;
}
