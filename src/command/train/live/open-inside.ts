/** What the flags of `train` ask to be looked at from inside. */
import { openEventLog } from "./event-log.ts";
import { lookInside, type LookInside } from "./look-inside.ts";
import { serveTraining } from "./serve-training.ts";

export interface InsideFlags {
  /** A port; true: any that is free. */
  readonly serve?: number | true;
  readonly tensorboard?: string;
}

/**
 * `epoch`: how many the trainer has behind it. @throws DiagnosticError if there can be no page or no files,
 * before any training.
 */
export async function openInside(
  model: string,
  epoch: number,
  { serve, tensorboard }: InsideFlags,
): Promise<LookInside> {
  const log = tensorboard === undefined ? undefined : await openEventLog(tensorboard, epoch);
  if (serve === undefined) return lookInside(undefined, log);
  const page = await serveTraining(model, serve === true ? 0 : serve);
  process.stderr.write(`the training can be seen at ${page.address}\n`);
  return lookInside(page, log);
}
