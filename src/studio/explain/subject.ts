/** The input of all views: a compilation, the reports of its stages, and the requested selection. */
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import type { KernelTimes } from "../measure/measure-kernels.ts";
import type { ExplainedRow } from "../explanation.ts";
import type { ExplainedCode } from "./explain-code.ts";

/**
 * The input of a view. `reports` has every stage on every graph or program, in order. `run` is the training
 * run, if it is known.
 */
export interface Subject {
  readonly compilation: TargetCompilation;
  readonly reports: readonly StageReport[];
  /** The name of the selected parameter, layer or kernel; `pass` is the selected pass. */
  readonly of: string | undefined;
  readonly pass?: string | undefined;
  readonly run?: Run | undefined;
  /** The numbers of one row, if one was chosen. */
  readonly row?: ExplainedRow | undefined;
  /** Measured times of the WebAssembly kernels, if any. */
  readonly times?: KernelTimes | undefined;
  /** The emitted file, if kernels are shown with their code. */
  readonly code?: ExplainedCode | undefined;
  /**
   * The form in which kernels are printed: as loops or as WebAssembly text. If undefined, the code of their
   * target is printed.
   */
  readonly text?: "loops" | "wat" | undefined;
}

/** The number of training rows and the number of epochs. */
export interface Run {
  readonly rows: number;
  readonly epochs: number;
}
