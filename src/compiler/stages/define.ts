/**
 * The definition of a compiler stage: a named pure function from one representation to the next. The name of
 * a stage is written only where the stage is defined. Flags, reports, messages and tests read it from there.
 * `run.ts` runs stages, and `pipeline.ts` lists them.
 */
import type { Graph, Node } from "../ir/nodes.ts";
import type { PlannedProgram } from "../loop/types.ts";
import type { LoopProgram } from "../loop/types.ts";

/** A program between two stages, in the form that views and interpreters read. */
export type Snapshot = Graph | LoopProgram | PlannedProgram;

export const isLoopProgram = (snapshot: Snapshot): snapshot is LoopProgram => "kernels" in snapshot;
export const isPlanned = (snapshot: Snapshot): snapshot is PlannedProgram => "plan" in snapshot;

/** A representation of programs between stages. */
export interface Representation<Value> {
  /** @throws InternalError if the value is malformed; `after` names the stage that produced it. */
  readonly check: (value: Value, after: string) => void;
  /** The programs in a value. A stage preserves their number and order. */
  readonly snapshots: (value: Value) => readonly Snapshot[];
}

/** One application of a rewrite rule, which replaced a node by an equal one. */
export interface Application {
  readonly rule: string;
  readonly before: Node;
  readonly after: Node;
}

/** Receives each application of a rewrite rule; undefined if applications are not recorded. */
export type Applied = ((application: Application) => void) | undefined;

export interface Stage<In, Out, Context> {
  readonly name: string;
  /** Whether later stages need its result, so that it cannot be skipped. */
  readonly isRequired: boolean;
  readonly takes: Representation<In>;
  readonly gives: Representation<Out>;
  readonly work: Work<In, Out, Context>;
}

/** The function of a stage. It transforms each value separately, or all values of a model together. */
export type Work<In, Out, Context> =
  | { readonly each: (value: In, context: Context, applied: Applied) => Out }
  | { readonly all: (values: readonly In[], context: Context) => readonly Out[] };

/** A stage that preserves the representation. Lists of stages contain only such stages. */
export type StageOn<Value, Context> = Stage<Value, Value, Context>;

/** Defines a stage that preserves the representation and can be skipped. */
export const defineStage = <Value, Context>(
  name: string,
  on: Representation<Value>,
  work: Work<Value, Value, Context>,
): StageOn<Value, Context> => ({ name, isRequired: false, takes: on, gives: on, work });

/**
 * Defines a stage whose result all later stages need, because it changes the representation, the meaning of
 * indices, or what the programs compute.
 */
export const defineRequired = <In, Out, Context>(
  name: string,
  takes: Representation<In>,
  gives: Representation<Out>,
  work: Work<In, Out, Context>,
): Stage<In, Out, Context> => ({ name, isRequired: true, takes, gives, work });

/** The properties of a stage that lists, flags and messages need. */
export type StageFacts = Pick<Stage<never, unknown, never>, "name" | "isRequired">;
