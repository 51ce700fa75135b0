/**
 * `tapeless inspect`: shows graphs, gradients, passes, kernels, memory or the schedule of a model, as text,
 * JSON or a picture, or all of them as a page.
 */
import type { ViewName } from "../../studio/views/index.ts";
import type { KernelTimes } from "../../studio/measure/measure-kernels.ts";
import type { ExplainedCode } from "../../studio/explain/explain-code.ts";
import type { ExplainOptions } from "../../studio/explain/explain.ts";
import type { ExplainedRow, Explanation } from "../../studio/explanation.ts";
import { isSelected } from "../../studio/explain/target-kernels.ts";
import type { ReportData } from "../../studio/explain/report-data.ts";
import type { Format, View } from "../../studio/views/view.ts";
import type { Subject } from "../../studio/explain/subject.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { hasAbility, targetsWith } from "../../compiler/targets.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { checkParameter } from "../verify/check-parameter.ts";
import { checkKernel, checkProgramOrLayer, ofBelongsTo } from "./check-of.ts";
import type { RowChoice } from "../inspect/inspected-row.ts";
import { checkShownPass, checkStageFlags, compileSpec } from "../compile/compile-spec.ts";
import type { CompiledSpec, StageFlags } from "../compile/compile-spec.ts";
import { isOnnx } from "../files/spec-files.ts";
import { expectedRun } from "../train/expected-run.ts";
import { printNotice, usageError } from "../terminal/report-error.ts";
import { printText } from "../terminal/terminal-text.ts";

export interface InspectFlags extends StageFlags {
  readonly show?: ViewName;
  readonly of?: string;
  readonly pass?: string;
  /** Shows the numbers of this row next to the formulas, with the parameters of the checkpoint, if one is given. */
  readonly row?: RowChoice;
  readonly checkpoint?: string;
  readonly format: Format;
  readonly target: RunnableTarget;
  /** The form of the kernels, and whether WebAssembly kernels run so that their times can be measured. */
  readonly text?: "loops" | "wat";
  readonly measure: boolean;
  readonly dtype: "f32" | "f64";
  readonly output?: string;
  readonly json?: boolean;
}

export async function inspectSpec(spec: string, flags: InspectFlags): Promise<number> {
  if (isOnnx(spec)) return inspectOnnx(spec, flags);
  const { of, pass, target, text: written, measure, dtype, skip, stopAfter, output } = flags;
  const format = flags.json ? "json" : flags.format;
  const show = flags.show ?? defaultView(of, format);
  if (of !== undefined && show !== "gradients" && show !== "kernels" && show !== "graph")
    throw usageError(ofBelongsTo);
  checkRowFlags(flags, show, format);
  if (pass !== undefined && show !== "passes") throw usageError("--pass needs --show passes");
  if (pass !== undefined) await checkShownPass(pass);
  await checkStageFlags(flags);
  const hasOwnKernels = show === "kernels" && hasAbility(target, "kernels");
  if (written !== undefined && show !== "kernels") throw usageError("--text needs --show kernels");
  if (!hasOwnKernels && (written === "wat" || !measure))
    throw usageError(
      `${measure ? "--text wat" : "--no-measure"} needs --show kernels --target ${targetsWith("kernels")}`,
    );
  if (format === "html" && output === undefined && process.stdout.isTTY)
    throw usageError(
      "--format html prints a whole page, which a terminal cannot show",
      "write it to a file: -o report.html",
    );
  const reports: StageReport[] = [];
  const watch = (report: StageReport) => reports.push(report);
  const compiled = await compileSpec(spec, { dtype, target, skip, stopAfter, watch });
  const { compilation, source } = compiled;
  const { checkpoint } = flags;
  await checkOutputs(
    { "-o": output },
    { ...ofSpec(spec, compilation.model), ...(checkpoint && { "the checkpoint": checkpoint }) },
  );
  if (of !== undefined && show === "gradients") checkParameter(of, compilation);
  if (of !== undefined && show === "graph") checkProgramOrLayer(of, compilation, format);
  if (of !== undefined && show === "kernels") checkKernel(of, compilation);
  const { views } = await import("../../studio/views/index.ts");
  const run = show === "schedule" ? await expectedRun(spec, compiled) : undefined;
  const times = hasOwnKernels && measure ? await timesOf(compilation) : undefined;
  const hasCode = show === "kernels" && !hasOwnKernels && format !== "html";
  const code = hasCode ? await codeOf(compilation, { dtype, source }) : undefined;
  const row = await rowOf(spec, compiled, flags);
  const subject: Subject = { compilation, reports, of, pass, run, row, times, code, text: written };
  const text =
    format === "html"
      ? await htmlOf(subject, show, { dtype, source })
      : await textOf(views[show](subject), show, format);
  if (output === undefined) printAs(format, text);
  else await writeFile(output, text);
  return 0;
}

/** Numbers are shown next to the formulas of gradients. @throws DiagnosticError */
function checkRowFlags({ row, checkpoint }: InspectFlags, show: ViewName, format: Format): void {
  if (checkpoint !== undefined && row === undefined)
    throw usageError("--checkpoint needs --row, because only the numbers of a row depend on parameters");
  const hasNumbers = format === "html" || (show === "gradients" && ["text", "json", "tex"].includes(format));
  if (row !== undefined && !hasNumbers)
    throw usageError("--row needs --show gradients as text, JSON or TeX, or --format html");
}

/** Only text is fitted to the terminal; other formats are for programs. */
function printAs(format: Format, text: string): void {
  if (format === "text") printText(text);
  else process.stdout.write(text);
}

/** An ONNX model has only the table of its nodes, as text or as JSON. */
async function inspectOnnx(file: string, { show, of, format, json, output }: InspectFlags): Promise<number> {
  if (show !== undefined || of !== undefined || (format !== "text" && format !== "json"))
    throw usageError(
      "an ONNX model has only a table of its nodes: --show, --of and other formats need a spec",
    );
  await checkOutputs({ "-o": output }, { "the model": file });
  const { inspectModel, modelText } = await import("../onnx/inspect-model.ts");
  const summary = await inspectModel(file);
  const text =
    json || format === "json" ? `${JSON.stringify(summary, undefined, 2)}\n` : modelText(file, summary);
  if (output === undefined) printAs(json ? "json" : format, text);
  else await writeFile(output, text);
  return 0;
}

/** Only the graph view supports pictures and the selection of a layer. */
const defaultView = (of: string | undefined, format: Format): ViewName =>
  of === undefined && (format === "text" || format === "json") ? "layers" : "graph";

/** The page contains all views in full; `--show` and `--of` select the view that it shows first. */
async function htmlOf(subject: Subject, show: ViewName, options: ExplainOptions): Promise<string> {
  const [{ explain }, { reportPage }] = await Promise.all([
    import("../../studio/explain/explain.ts"),
    import("../../studio/views/graph-view.ts"),
  ]);
  const explanation = await explain(subject, options);
  return reportPage({ explanation, show, pick: pickOf(subject.of, show, explanation) });
}

function pickOf(of: string | undefined, show: ViewName, { kernels }: Explanation): ReportData["pick"] {
  if (of === undefined) return undefined;
  if (show === "gradients") return { kind: "parameter", key: of };
  const kernel = kernels.find(({ program, name }) => isSelected(of, program, name));
  return kernel && { kind: "kernel", key: String(kernel.index) };
}

/** @throws DiagnosticError for a format that the view does not have. */
async function textOf(view: View, show: ViewName, format: Exclude<Format, "html">): Promise<string> {
  if (format === "json") return `${JSON.stringify(view.json(), undefined, 2)}\n`;
  const make = view[format];
  if (make === undefined)
    throw usageError(
      `--show ${show} does not support --format ${format}`,
      `formats: ${Object.keys(view)
        .filter((name) => name !== "fragment")
        .join(", ")}`,
    );
  return make();
}

/** The numbers of the chosen row, if one is chosen. */
async function rowOf(
  spec: string,
  { compilation, source }: CompiledSpec,
  { row, checkpoint, dtype }: InspectFlags,
): Promise<ExplainedRow | undefined> {
  if (row === undefined) return undefined;
  const { model } = compilation;
  const [{ inspectedRow }, { openCheckpointFile }, { readSource }] = await Promise.all([
    import("../inspect/inspected-row.ts"),
    import("../files/parameter-files.ts"),
    import("../files/read-source.ts"),
  ]);
  const read = (facts: ModelFacts) =>
    readSource({ spec, source, model, facts, given: undefined, notify: printNotice });
  return inspectedRow({
    compilation,
    dtype,
    row,
    checkpoint: checkpoint === undefined ? undefined : await openCheckpointFile(checkpoint),
    read: model.data === undefined ? undefined : read,
  });
}

async function codeOf(compilation: TargetCompilation, options: ExplainOptions): Promise<ExplainedCode> {
  const { explainCode } = await import("../../studio/explain/explain-code.ts");
  return explainCode(compilation, options);
}

async function timesOf(compilation: TargetCompilation): Promise<KernelTimes> {
  const { measureKernels } = await import("../../studio/measure/measure-kernels.ts");
  return measureKernels(compilation);
}
