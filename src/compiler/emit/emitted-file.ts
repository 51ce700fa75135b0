/**
 * What every target makes: a file, and where each of its lines comes from. Types alone, since the public types name
 * them.
 */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { Node } from "../ir/nodes.ts";

/** Half the time goes into formatting, which nobody sees of a trainer that is only run. */
export interface EmitOptions {
  readonly isFormatted?: boolean;
  /** Whether it can be run on data files. */
  readonly isProgram?: boolean;
}

export interface EmittedFile {
  readonly text: string;
  /** Of each line where it comes from; nothing of the parts that are the same in all modules. */
  lines(): readonly (LineOrigin | undefined)[];
}

/** What a line of an emitted file belongs to. */
export interface LineOrigin {
  /** Several where one function serves several. */
  readonly kernels: readonly KernelPlace[];
  /** Of the graphs as they were lowered. */
  readonly nodes: readonly ServedNode[];
  /** The place in the spec: what all of the kernels' places have in common. */
  readonly path: SpecPath | undefined;
  /** The value or the parameter, as readers know it. */
  readonly name: string | undefined;
}

export interface KernelPlace {
  readonly program: string;
  /** Among the kernels of its program. */
  readonly index: number;
}

export interface ServedNode {
  readonly program: string;
  readonly node: Node;
}
