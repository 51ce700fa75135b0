/**
 * The results of compilation targets: a file of text with the origin of each line, or files of bytes. This file
 * contains only types, because the public types refer to it.
 */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import type { Node } from "../ir/nodes.ts";

/**
 * The options of a target. `isFormatted` is true by default. Formatting takes half of the compile time, and a
 * trainer that is only run does not need it.
 */
export interface EmitOptions {
  readonly isFormatted?: boolean;
  /** Whether the file is also a program that runs on data files. */
  readonly isProgram?: boolean;
  /** Whether the trainer can pause inside epochs (`PausingTrainer` in the runtime). */
  readonly isPausing?: boolean | undefined;
  /** Whether a pausing trainer also takes streams of rows. */
  readonly isStreaming?: boolean | undefined;
  /** Whether the head explains how to read plain loops. */
  readonly isReadable?: boolean | undefined;
}

export interface EmittedFile {
  readonly text: string;
  /** The origin of each line; undefined for lines that are the same in all modules. */
  lines(): readonly (LineOrigin | undefined)[];
}

/** A file that is not text, such as `digits.step.onnx`. */
export interface EmittedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The origin of a line of emitted code. */
export interface LineOrigin {
  /** The kernels to which the line belongs. There are several if they share one function. */
  readonly kernels: readonly KernelIndex[];
  /** The nodes of the lowered graphs that the line computes. */
  readonly nodes: readonly ServedNode[];
  /** The path in the spec. For several kernels, it is the longest common prefix of their paths. */
  readonly path: SpecPath | undefined;
  /** The display name of the value or parameter. */
  readonly name: string | undefined;
}

export interface KernelIndex {
  readonly program: string;
  /** The index of the kernel in its program. */
  readonly index: number;
}

export interface ServedNode {
  readonly program: string;
  readonly node: Node;
}
