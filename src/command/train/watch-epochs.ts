/**
 * What `train` shows of the course of a training beside its progress: a chart in the terminal, a picture, and
 * a log.
 */
import type { DiagnosticCode } from "../../compiler/diagnostics/codes.ts";
import { appendFile, readFile } from "node:fs/promises";
import { extname } from "node:path";
import * as z from "zod";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import { jsonFigure as figure } from "../../compiler/util/json.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";
import { terminalSize } from "../terminal/progress-line.ts";
import { say, usageError } from "../terminal/report-error.ts";

export interface WatchFlags {
  /** Undefined: if standard error is a terminal. */
  readonly chart?: boolean;
  readonly plot?: string;
  readonly log?: string;
}

interface EpochWatch {
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

// `--log`: a line of JSON for each epoch, written as it ends, so that the file can be read while training
// goes on and after a kill.

interface EpochLog {
  /** The epochs that stood there already. */
  readonly earlier: readonly EpochReport[];
  add(report: EpochReport): Promise<void>;
}

/**
 * Keeps the lines of the `epoch` epochs that the trainer has behind it: those after them are trained again.
 * Refuses to write over what is no log.
 */
async function openLog(file: string, epoch: number): Promise<EpochLog> {
  const kept = (await linesOf(file)).filter(({ report }) => report.epoch <= epoch);
  await writeFile(file, kept.map(({ line }) => `${line}\n`).join(""));
  return {
    earlier: kept.map(({ report }) => report),
    add: async (report) => {
      await appendFile(file, `${JSON.stringify(report)}\n`).catch((error: unknown) => {
        throw fault("T1011", `cannot write ${file}: ${fileReason(error)}`);
      });
    },
  };
}

interface Line {
  readonly line: string;
  readonly report: EpochReport;
}

/** What follows the last line break was cut off by a kill. */
async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw fault("T1011", `cannot write ${file}: ${fileReason(error)}`);
  });
  const lines = text.split("\n").slice(0, -1);
  if (lines.length === 0 && text.length > 0) throw noLog(file, 1);
  return lines.map((line, i) => {
    const report = reportIn(line);
    if (report === undefined) throw noLog(file, i + 1);
    return { line, report };
  });
}

const reportShape = z.object({
  epoch: z.int().positive(),
  loss: figure,
  metrics: z.record(z.string(), figure),
  validation: z.looseObject({ loss: figure }).catchall(figure).optional(),
  learningRate: figure,
  best: z.boolean(),
});

function reportIn(line: string): EpochReport | undefined {
  try {
    return reportShape.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const noLog = (file: string, line: number): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T1013",
      severity: "error",
      message: "the file is there, and this line is not one that --log writes",
      location: { file, line },
      hint: "--log goes on with a log or begins a new file; it writes over nothing else",
    },
  ]);

const fault = (code: DiagnosticCode, message: string): DiagnosticError =>
  new DiagnosticError([{ code, severity: "error", message }]);
