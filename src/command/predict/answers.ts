/**
 * The parts of a prediction besides the network: the interpretation of the network's outputs, and the fitted
 * preprocessing.
 */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { answersOf, writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import { mapValues } from "../../compiler/util/collections.ts";
import type { CheckpointHeader } from "../../runtime/checkpoints/checkpoint.ts";
import type { FittedField } from "../../runtime/data/fields.ts";
import * as answers from "../../runtime/prediction/interpretations.ts";
import { predictEach } from "../../runtime/prediction/by-target.ts";
import { forecastBy } from "../../runtime/prediction/forecasts.ts";
import type { Predicting } from "../../runtime/prediction/predictions.ts";
import { onFile } from "../compile/compile-spec.ts";
import { fieldsFor } from "../formats/parameters/checkpoint.ts";
import { usageError } from "../terminal/report-error.ts";

/**
 * @throws DiagnosticError (T1010) for a model whose outputs do not correspond to the values of a target.
 */
export function predictingOf({ model, built }: Compilation): Predicting {
  const known = answersOf(model, built);
  if (known !== undefined) {
    const predicting = predictEach(
      mapValues(known, ({ answer, size }) => ({ ...(answer && { answer: answers[answer] }), size })),
    );
    return model.data?.windows === undefined ? predicting : forecastBy(predicting);
  }
  if (writesTexts(model))
    throw usageError(
      `"${model.name}" is a language model: it generates texts and makes no predictions for rows`,
      "to generate texts: tapeless train SPEC --resume CHECKPOINT --sample N",
    );
  throw usageError(
    `the outputs of "${model.name}" do not correspond one to one to the values of ` +
      `${model.losses ? "any" : "its"} target`,
    "trainer.predict() of the emitted module returns the raw outputs",
  );
}

/** The fitted preprocessing in the checkpoint. @throws DiagnosticError (T3001) if there is none */
export function fieldsOf({ notes }: CheckpointHeader, model: Model, file: string): readonly FittedField[] {
  const fields = onFile(file, "T3001", () => fieldsFor(model, notes.fields));
  if (fields !== undefined) return fields;
  throw new DiagnosticError([
    {
      code: "T3001",
      severity: "error",
      message: "the checkpoint does not contain the preprocessing of its training data",
      location: { file },
      hint: "use a checkpoint that train --out wrote; if it is imported, import it again with the data of the spec",
    },
  ]);
}
