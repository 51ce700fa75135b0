/**
 * What `train` shows of the course of a training beside its progress: a chart in the terminal, a picture, and
 * a log.
 */
import { extname } from "node:path";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { openLog } from "./epoch-log.ts";
import { say } from "../terminal/report-error.ts";
import { terminalSize } from "../terminal/terminal-size.ts";
import { usageError } from "../terminal/usage-error.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";

export interface WatchFlags {
  /** Undefined: if standard error is a terminal. */
  readonly chart?: boolean;
  readonly plot?: string;
  readonly log?: string;
}

export interface EpochWatch {
  /** To be told before a checkpoint is written: what is trained again replaces its line, but no line may be missing. */
  see(report: EpochReport): Promise<void>;
  /** Draws what was seen, after a training that diverged too. */
  end(): Promise<void>;
}

/**
 * `epoch`: how many epochs the trainer has behind it. @throws DiagnosticError for files that cannot be
 * written, before any training.
 */
export async function watchEpochs(name: string, epoch: number, flags: WatchFlags): Promise<EpochWatch> {
  const { chart = process.stderr.isTTY === true, plot, log } = flags;
  if (plot !== undefined) await checkPicture(plot);
  const file = log === undefined ? undefined : await openLog(log, epoch);
  const reports = [...(file?.earlier ?? [])];
  return {
    async see(report) {
      reports.push(report);
      await file?.add(report);
    },
    async end() {
      if (chart) await showChart(name, reports);
      if (plot !== undefined) await writePlot(name, reports, plot);
    },
  };
}

/** @throws DiagnosticError unless it is an SVG that can be written. */
export async function checkPicture(file: string): Promise<void> {
  if (extname(file).toLowerCase() !== ".svg")
    throw usageError(`--plot ${file}: pictures are written as SVG`, "name it .svg");
  await checkWritable(file);
}

/** The losses, which every training has; one epoch makes no curve. */
async function showChart(name: string, reports: readonly EpochReport[]): Promise<void> {
  if (reports.length < 2) return;
  const { curvesChart, panelText } = await import("../../studio/charts/index.ts");
  const [losses] = curvesChart(name, reports).panels;
  process.stderr.write(`\n${panelText(losses, terminalSize(process.stderr))}\n`);
}

async function writePlot(name: string, reports: readonly EpochReport[], file: string): Promise<void> {
  if (reports.length === 0) {
    const hint = "with --log, the epochs before a checkpoint are drawn too";
    say([
      { code: "T4002", severity: "warning", message: `${file} is not written: no epoch was trained`, hint },
    ]);
    return;
  }
  const { chartSvg, curvesChart } = await import("../../studio/charts/index.ts");
  await writeFile(file, chartSvg(curvesChart(name, reports)));
}
