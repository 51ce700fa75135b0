/** Records the epochs of training: `--chart` in the terminal, `--plot` as SVG, and `--log` as JSON Lines. */
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
import { printDiagnostics, usageError } from "../terminal/report-error.ts";

export interface WatchFlags {
  /** Whether to draw a chart. By default, it is drawn if standard error is a terminal. */
  readonly chart?: boolean;
  readonly plot?: string;
  readonly log?: string;
}

interface EpochWatch {
  /**
   * Call this before a checkpoint is written. Resuming replaces lines of repeated epochs, but cannot restore
   * missing ones.
   */
  record(report: EpochReport): Promise<void>;
  /** Draws the recorded epochs, even after a divergence. */
  end(): Promise<void>;
}

/** `epoch`: the number of completed epochs. @throws DiagnosticError for files that cannot be written */
export async function watchEpochs(name: string, epoch: number, flags: WatchFlags): Promise<EpochWatch> {
  const { chart = process.stderr.isTTY === true, plot, log } = flags;
  if (plot !== undefined) await checkPicture(plot);
  const file = log === undefined ? undefined : await openLog(log, epoch);
  const reports = [...(file?.earlier ?? [])];
  return {
    async record(report) {
      reports.push(report);
      await file?.add(report);
    },
    async end() {
      if (chart) await showChart(name, reports);
      if (plot !== undefined) await writePlot(name, reports, plot);
    },
  };
}

/** @throws DiagnosticError unless the file is an SVG file and can be written */
export async function checkPicture(file: string): Promise<void> {
  if (extname(file).toLowerCase() !== ".svg")
    throw usageError(`--plot ${file}: the file must end in .svg`, "use a file name that ends in .svg");
  await checkWritable(file);
}

/** Draws the losses. A curve needs at least two epochs. */
async function showChart(name: string, reports: readonly EpochReport[]): Promise<void> {
  if (reports.length < 2) return;
  const { curvesChart, panelText } = await import("../../studio/charts/index.ts");
  const [losses] = curvesChart(name, reports).panels;
  process.stderr.write(`\n${panelText(losses, terminalSize(process.stderr))}\n`);
}

async function writePlot(name: string, reports: readonly EpochReport[], file: string): Promise<void> {
  if (reports.length === 0) {
    const hint = "use --epochs N to train longer; with --log, the plot includes the epochs in the log";
    printDiagnostics([
      {
        code: "T4002",
        severity: "warning",
        message: `${file} is not written, because no epoch was trained`,
        hint,
      },
    ]);
    return;
  }
  const { chartSvg, curvesChart } = await import("../../studio/charts/index.ts");
  await writeFile(file, chartSvg(curvesChart(name, reports)));
}

// `--log`: one line of JSON per epoch, appended when the epoch ends, so that the file is complete during
// training and even if the process is killed.

interface EpochLog {
  /** The epochs that the file already contains. */
  readonly earlier: readonly EpochReport[];
  add(report: EpochReport): Promise<void>;
}

/**
 * Keeps the lines of the first `epoch` epochs, which the trainer has completed, and removes the lines of
 * later epochs, which the trainer repeats.
 * @throws DiagnosticError (T1013) if the file is not a log
 */
async function openLog(file: string, epoch: number): Promise<EpochLog> {
  const kept = (await linesOf(file)).filter(({ report }) => report.epoch <= epoch);
  await writeFile(file, kept.map(({ line }) => `${line}\n`).join(""));
  return {
    earlier: kept.map(({ report }) => report),
    add: async (report) => {
      await appendFile(file, `${JSON.stringify(report)}\n`).catch((error: unknown) => {
        throw logError("T1011", `cannot write ${file}: ${fileReason(error)}`);
      });
    },
  };
}

interface Line {
  readonly line: string;
  readonly report: EpochReport;
}

/** The lines of a log. Text after the last line break is a partial line of a killed run and is dropped. */
async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw logError("T1011", `cannot write ${file}: ${fileReason(error)}`);
  });
  const lines = text.split("\n").slice(0, -1);
  if (lines.length === 0 && text.length > 0) throw notALog(file, 1);
  return lines.map((line, i) => {
    const report = reportIn(line);
    if (report === undefined) throw notALog(file, i + 1);
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

const notALog = (file: string, line: number): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T1013",
      severity: "error",
      message: "the file exists, but this line was not written by --log",
      location: { file, line },
      hint: "--log continues an existing log or creates a new file; choose another file",
    },
  ]);

const logError = (code: DiagnosticCode, message: string): DiagnosticError =>
  new DiagnosticError([{ code, severity: "error", message }]);
