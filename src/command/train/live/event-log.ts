/**
 * `--tensorboard`: writes metrics of epochs and results of probes to a file that TensorBoard reads while it
 * grows.
 */
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import {
  encodeRecords,
  fileVersion,
  type EventRecord,
  type Summary,
} from "../../formats/parameters/event-records.ts";
import type { Probe } from "../../../runtime/trainer/probe.ts";
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { fileReason } from "../../../compiler/util/message-text.ts";

export interface EventLog {
  /** TensorBoard's steps are epochs. */
  add(report: EpochReport): Promise<void>;
  probe(epoch: number, found: Probe): Promise<void>;
}

/**
 * Creates a new file in the folder. `epoch` is the number of completed epochs; TensorBoard discards later
 * epochs in other files of the folder, so it shows only the current run. No file is deleted.
 *
 * @throws DiagnosticError (T1011) if the file cannot be created
 */
export async function openEventLog(folder: string, epoch: number): Promise<EventLog> {
  const cannot = (error: unknown): never => {
    const message = `cannot write to ${folder}: ${fileReason(error)}`;
    throw new DiagnosticError([{ code: "T1011", severity: "error", message }]);
  };
  const file = await mkdir(folder, { recursive: true })
    .then(() => freshName(folder))
    .catch(cannot);
  const write = async (events: readonly EventRecord[]) =>
    appendFile(join(folder, file), encodeRecords(events)).catch(cannot);
  const summarise = (step: number, summaries: readonly Summary[]) =>
    write([{ wallTime: Date.now() / 1000, step, summaries }]);
  const wallTime = Date.now() / 1000;
  await write([
    { wallTime, fileVersion },
    { wallTime, step: epoch === 0 ? 0 : epoch + 1, restarts: true },
  ]);
  return {
    add: (report) => summarise(report.epoch, figuresOf(report)),
    probe: (step, found) => summarise(step, findingsOf(found)),
  };
}

/** TensorBoard reads the files of a folder in order of their names, and recognises them by `tfevents`. */
async function freshName(folder: string): Promise<string> {
  const taken = await readdir(folder);
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
  const nameOf = (number: number) =>
    `events.out.tfevents.${seconds}.${String(number).padStart(4, "0")}.tapeless`;
  let number = 0;
  while (taken.includes(nameOf(number))) number++;
  return nameOf(number);
}

function figuresOf({ loss, metrics, validation, learningRate }: EpochReport): Summary[] {
  const under = (part: string, figures: Readonly<Record<string, number>>) =>
    Object.entries(figures).map(([name, value]) => ({ tag: `${part}/${name}`, value }));
  return [
    ...under("train", { loss, ...metrics }),
    ...under("validation", validation ?? {}),
    { tag: "learning_rate", value: learningRate },
  ];
}

function findingsOf({ layers, parameters }: Probe): Summary[] {
  return [
    ...layers.flatMap(({ name, activations, idle }): Summary[] => [
      { tag: `activations/${name}`, distribution: activations },
      ...(idle === undefined ? [] : [{ tag: `idle_units/${name}`, value: idle.units / idle.of }]),
    ]),
    ...parameters.flatMap(({ name, weights, gradients, updateRatio }): Summary[] => [
      { tag: `weights/${name}`, distribution: weights },
      { tag: `gradients/${name}`, distribution: gradients },
      ...(updateRatio === undefined ? [] : [{ tag: `update_ratio/${name}`, value: updateRatio }]),
    ]),
  ];
}
