/** The flags of `tapeless train`, and checks of their combinations with each other and with the model. */
import { writesTexts } from "../../compiler/trainer/trainer-facts.ts";
import type { Model } from "../../compiler/spec/types.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
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
  /** Whether the rows stay on disk. */
  readonly stream?: boolean;
  /** The number of rows of a block, and of blocks in memory. */
  readonly block?: number;
  readonly buffer?: number;
  readonly sample?: number;
  readonly temperature?: number;
  readonly findLearningRate?: boolean;
  readonly showSchedule?: boolean;
  readonly report?: string | true;
  /** A port; true selects a free one. */
  readonly serve?: number | true;
  readonly tensorboard?: string;
  readonly target: RunnableTarget;
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
      "--json cannot be combined with --serve, which waits for the user to close the page",
      "--log and --tensorboard record the training in files",
    );
  if (flags.from !== undefined && flags.resume !== undefined)
    throw usageError(
      "--resume cannot be combined with --from",
      "--resume continues a training run; --from starts a new run from given parameters",
    );
}

/** Only language models can generate texts. */
function checkSampling(model: Model, { sample, temperature }: TrainFlags): void {
  if (sample === undefined && temperature !== undefined)
    throw usageError("--temperature needs --sample", "add --sample N");
  if (sample !== undefined && !writesTexts(model))
    throw usageError(
      `--sample needs a language model, and "${model.name}" is not one`,
      "a language model has one input with `characters`, and a target that is its `nextOf`",
    );
}

/** If there are folds, rejects flags that apply only to a single training run. */
function checkFolds({ training }: Model, { keep, from }: TrainFlags): void {
  if (training.validation?.folds === undefined) return;
  if (keep !== undefined)
    throw usageError("--keep does not support folds", "--keep applies only to a single training run");
  if (from !== undefined)
    throw usageError("--from does not support folds", "--from applies only to a single training run");
}
