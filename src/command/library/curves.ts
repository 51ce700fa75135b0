/** `curves` of the library: the loss and the metrics of a training run as curves. */
import { showValue } from "../../compiler/util/message-text.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";
import { DisplayedValue } from "./displayed.ts";
import type { Displayed } from "./displayed.ts";
import { checkOptions, optionError } from "./open-spec.ts";

export interface CurvesOptions {
  /** The title of the picture; "Training" by default. */
  readonly title?: string | undefined;
}

/** The size of a chart of text, in characters. */
const textSize = { width: 80, height: 14 };

/**
 * Draws the loss and each metric over the epochs: `epochs` of `train`, or the reports of an emitted trainer.
 *
 * @throws {DiagnosticError} for an invalid argument
 */
export async function curves(
  reports: readonly EpochReport[],
  options: CurvesOptions = {},
): Promise<Displayed> {
  checkOptions(options, ["title"]);
  const { title = "Training" } = options;
  if (typeof title !== "string") throw optionError(`title must be a string, got ${showValue(title)}`);
  checkReports(reports);
  // Charts are loaded on demand, because most programs do not draw.
  const { chartSvg, curvesChart, panelText } = await import("../../studio/charts/index.ts");
  const chart = curvesChart(title, reports);
  return new DisplayedValue({
    title: `${title}: curves`,
    text: () => chart.panels.map((panel) => panelText(panel, textSize)).join("\n"),
    svg: () => chartSvg(chart),
  });
}

/** Checks the reports of untyped callers. */
function checkReports(reports: unknown): void {
  if (!Array.isArray(reports) || reports.length === 0)
    throw optionError(
      "`curves` needs a list of at least one epoch report",
      "pass `epochs` of the result of `train`, or collect the reports of `trainer.epochs(data)`",
    );
  const wrong = reports.findIndex((report) => !isReport(report));
  if (wrong >= 0)
    throw optionError(
      `reports[${wrong}] must be an epoch report with "epoch", "loss" and "metrics", ` +
        `got ${showValue(reports[wrong])}`,
    );
}

const isReport = (report: unknown): boolean =>
  typeof report === "object" &&
  report !== null &&
  ["epoch", "loss"].every((name) => typeof Reflect.get(report, name) === "number") &&
  typeof Reflect.get(report, "metrics") === "object" &&
  Reflect.get(report, "metrics") !== null;
