/**
 * `--log`: a line of JSON for each epoch, written as it ends, so that the file can be read while training
 * goes on and after a kill.
 */
import { appendFile, readFile } from "node:fs/promises";
import * as z from "zod";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { jsonFigure as figure } from "../../compiler/util/json-figure.ts";
import { fileReason } from "../../compiler/util/file-reason.ts";
import { writeFile } from "../files/write-file.ts";

export interface EpochLog {
  /** The epochs that stood there already. */
  readonly earlier: readonly EpochReport[];
  add(report: EpochReport): Promise<void>;
}

/**
 * Keeps the lines of the `epoch` epochs that the trainer has behind it: those after them are trained again.
 * Refuses to write over what is no log.
 */
export async function openLog(file: string, epoch: number): Promise<EpochLog> {
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
      place: { file, line },
      hint: "--log goes on with a log or begins a new file; it writes over nothing else",
    },
  ]);

const fault = (code: string, message: string): DiagnosticError =>
  new DiagnosticError([{ code, severity: "error", message }]);
