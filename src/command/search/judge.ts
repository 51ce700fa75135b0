// The final judgement: the model that was chosen is trained once more, and the test is asked, for the first
// time and the last.
import type { Placing, Source } from "../../runtime/data/dataset.ts";
import type { TrainingResult } from "../../runtime/training/train-on.ts";
import { preparingOf } from "../../compiler/trainer/preparing.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { judgeModel, type Validation } from "../train/validate-model.ts";
import { compiled } from "./try-candidate.ts";

/** What `tapeless train` tells of the same spec. */
export async function judge(
  model: Model,
  found: Validation,
  source: Source,
  placed: Placing,
  dtype: "f32" | "f64",
): Promise<TrainingResult> {
  const emitted = await compiled(model, dtype);
  return judgeModel({ emitted, preparing: preparingOf(model, emitted.model), source, placed }, found);
}
