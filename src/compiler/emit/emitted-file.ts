/**
 * The result of every target: a file, and the origin of each of its lines. Types only: the public types refer
 * to them.
 */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { Node } from "../ir/nodes.ts";

/**
 * Whether to format the file. Formatting takes half of the time; a trainer that is only run does not need it.
 */
export interface EmitOptions {
  readonly isFormatted?: boolean;
  /** Whether the file is a program that runs on data files. */
  readonly isProgram?: boolean;
}

export interface EmittedFile {
  readonly text: string;
  /** The origin of each line; undefined for parts that are the same in all modules. */
  lines(): readonly (LineOrigin | undefined)[];
}

/** The origin of a line. */
export interface LineOrigin {
  /** Several if one function serves several kernels. */
  readonly kernels: readonly KernelPlace[];
  /** Nodes of the lowered graphs. */
  readonly nodes: readonly ServedNode[];
  /** The location in the spec: the common part of the kernels' locations. */
  readonly path: SpecPath | undefined;
  /** The display name of the value or parameter. */
  readonly name: string | undefined;
}

export interface KernelPlace {
  readonly program: string;
  /** The index in its program. */
  readonly index: number;
}

export interface ServedNode {
  readonly program: string;
  readonly node: Node;
}
