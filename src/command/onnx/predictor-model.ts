/** The predictor of a checkpoint as an ONNX model, for the command line and the library. */
import { emitText } from "../../compiler/compile-target.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { emitOnnxPredictor } from "../../compiler/onnx-emission.ts";
import { trainedValues } from "../files/parameter-files.ts";
import type { OpenedCheckpoint } from "../files/parameter-files.ts";

export interface PredictorModel {
  /** The ONNX file. It takes encoded inputs; its metadata contains their encoding and the names of classes. */
  readonly bytes: Uint8Array;
  readonly warnings: readonly Diagnostic[];
}

/**
 * @param compilation the spec of the checkpoint, in the element type of the checkpoint
 * @throws DiagnosticError (T3001) if the checkpoint does not fit the spec
 */
export async function predictorModel(
  compilation: TargetCompilation,
  checkpoint: OpenedCheckpoint,
): Promise<PredictorModel> {
  const { dtype } = checkpoint.header.model;
  const { createTrainer } = await loadTrainer(await emitText(compilation, dtype, { isFormatted: false }));
  const { trained, warnings } = trainedValues(createTrainer(), compilation, checkpoint);
  return { bytes: emitOnnxPredictor(compilation, dtype, trained), warnings };
}
