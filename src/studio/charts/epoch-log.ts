/** Reads the log that `train --log` writes, in a page: one line of JSON for each epoch. */
import type { EpochReport } from "../../runtime/trainer/trainer.ts";

/**
 * Returns the reports in order. The text after the last line break is the incomplete line of a running or killed
 * command, and is ignored.
 *
 * @throws Error that names the first line that `--log` has not written
 */
export function parseEpochLog(text: string): EpochReport[] {
  const lines = text.split("\n").slice(0, -1);
  if (lines.length === 0) throw new Error("the file is not a log of `train --log`: it has no complete line");
  return lines.map((line, i) => {
    const report = reportIn(line);
    if (report === undefined) throw new Error(`line ${i + 1} was not written by \`train --log\``);
    return report;
  });
}

function reportIn(line: string): EpochReport | undefined {
  const value = parsed(line);
  if (!isRecord(value)) return undefined;
  const { epoch, loss, metrics, validation, learningRate, best } = value;
  const isReport =
    typeof epoch === "number" &&
    isFigure(loss) &&
    isFigure(learningRate) &&
    typeof best === "boolean" &&
    hasFigures(metrics) &&
    (validation === undefined || (hasFigures(validation) && "loss" in validation));
  if (!isReport) return undefined;
  const split = validation && { validation: { ...figuresOf(validation), loss: figure(validation.loss) } };
  return {
    epoch,
    loss: figure(loss),
    metrics: figuresOf(metrics),
    learningRate: figure(learningRate),
    best,
    ...split,
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

type Figure = number | null;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
/** JSON has no NaN; a value that is not finite is null. */
const isFigure = (value: unknown): value is Figure => value === null || typeof value === "number";
const hasFigures = (value: unknown): value is Record<string, Figure> =>
  isRecord(value) && Object.values(value).every(isFigure);
const figure = (value: Figure): number => value ?? NaN;
const figuresOf = (values: Readonly<Record<string, Figure>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, figure(value)]));
