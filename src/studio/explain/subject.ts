/** What is looked at: a compilation, the reports of its passes, and what was asked for. */
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { PassReport } from "../../compiler/passes/run.ts";
import type { KernelTimes } from "../measure/measure-kernels.ts";
import type { ExplainedCode } from "./explain-code.ts";

/**
 * What there is to look at. `reports`: every pass over every graph, in order; `run`: what is trained, if that
 * is known.
 */
export interface Subject {
  readonly compilation: TargetCompilation;
  readonly reports: readonly PassReport[];
  /** The one parameter, layer or kernel asked for, and the one pass. */
  readonly of: string | undefined;
  readonly pass?: string | undefined;
  readonly run?: Run | undefined;
  /** What kernels of WebAssembly took, if they were measured. */
  readonly times?: KernelTimes | undefined;
  /** The emitted file, where kernels are shown with their code. */
  readonly code?: ExplainedCode | undefined;
  /**
   * How kernels are written: as loops alone, as the text that WebAssembly is assembled from, or as their
   * target has it if left out.
   */
  readonly text?: "loops" | "wat" | undefined;
}

/** The rows of the training part, and how often they are gone through. */
export interface Run {
  readonly rows: number;
  readonly epochs: number;
}
