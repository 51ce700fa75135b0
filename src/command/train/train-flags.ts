/** The flags of `tapeless train`, and which of them go together, for which models. */
import { writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { Target } from "../../compiler/targets.ts";
import { usageError } from "../terminal/report-error.ts";
import type { WatchFlags } from "./watch-epochs.ts";

export interface TrainFlags extends WatchFlags {
  readonly data?: string;
  readonly epochs?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly keep?: number;
  readonly resume?: string;
  readonly from?: string;
  readonly sample?: number;
  readonly temperature?: number;
  readonly findLearningRate?: boolean;
  readonly showSchedule?: boolean;
  readonly report?: string | true;
  /** A port; true: any that is free. */
  readonly serve?: number | true;
  readonly tensorboard?: string;
  readonly target: Target;
  readonly dtype: "f32" | "f64";
  readonly checkKernels?: boolean;
  readonly json?: boolean;
}

/** @throws DiagnosticError (T1010) */
export function checkTrainFlags(model: Model, flags: TrainFlags): void {
  checkSampling(model, flags);
  checkFolds(model, flags);
  if (flags.serve !== undefined && flags.json)
    throw usageError(
      "--json is for programs, and --serve waits for a person who looks at a page",
      "--log and --tensorboard write what happens to files",
    );
  if (flags.from !== undefined && flags.resume !== undefined)
    throw usageError(
      "--resume goes on with a training, --from begins another: only one of them can be meant",
    );
}

/** Texts can only be written by a model of texts. */
function checkSampling(model: Model, { sample, temperature }: TrainFlags): void {
  if (sample === undefined && temperature !== undefined)
    throw usageError("--temperature says how --sample draws", "add --sample N");
  if (sample !== undefined && !writesTexts(model))
    throw usageError(
      `--sample writes new texts, and "${model.name}" does not learn what follows in a text`,
      "it needs one input of `characters`, and a target that is the `nextOf` it",
    );
}

/** What is said of one training has no meaning for several. */
function checkFolds({ training }: Model, { keep, from }: TrainFlags): void {
  if (training.validation?.folds === undefined) return;
  if (keep !== undefined)
    throw usageError("--keep counts the epochs of one training, and a run with folds has several");
  if (from !== undefined)
    throw usageError("--from is where one training starts, and a run with folds has several");
}
