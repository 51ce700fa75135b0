/** `inspect` of the library: the views of a model, as data and as text. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import type { StageReport } from "../../compiler/stages/run.ts";
import { defaultTarget } from "../../compiler/targets.ts";
import type { RunnableTarget } from "../../compiler/targets.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import type { ExplainedRow } from "../../studio/explanation.ts";
import type { Run } from "../../studio/explain/subject.ts";
import type { ViewName } from "../../studio/views/index.ts";
import type { View } from "../../studio/views/view.ts";
import type { RowChoice } from "../inspect/inspected-row.ts";
import { checkParameter } from "../verify/check-parameter.ts";
import { throwIfAborted } from "./aborted.ts";
import { DisplayedValue } from "./displayed.ts";
import type { Displayed } from "./displayed.ts";
import { checkOptions, compileOpen, openSpec, optionError, warningsOf } from "./open-spec.ts";
import type { OpenSpec, SpecInput } from "./open-spec.ts";
import type { SourceOptions } from "./rows.ts";

/** The training data is read only for the numbers of a row. */
export interface InspectOptions extends SourceOptions {
  /** The view; `layers` by default. */
  readonly show?: ViewName | undefined;
  /** With the view `gradients`: show only the gradient of this parameter. */
  readonly of?: string | undefined;
  /**
   * With the view `gradients`: the training row, counted from 1, whose numbers are shown next to the formulas, or the
   * row with the largest loss. If the spec has no data, row N is drawn at random.
   */
  readonly row?: RowChoice | undefined;
  /**
   * With `row`: the checkpoint with the parameters, as bytes or as the path of a file; by default, they are those with
   * which training starts.
   */
  readonly checkpoint?: Uint8Array | string | undefined;
  readonly target?: RunnableTarget | undefined;
  readonly dtype?: "f32" | "f64" | undefined;
  /**
   * With the view `schedule`: the number of training rows and epochs; by default 10,000 rows and the epochs
   * of the spec.
   */
  readonly run?: Run | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** In a notebook, a view is a table, a derivation or a picture. */
export interface Inspected extends Displayed {
  /** The view as data, as `tapeless inspect --format json` prints it. */
  readonly json: unknown;
  /** The view as text, as `tapeless inspect` prints it. */
  readonly text: string;
  readonly warnings: readonly Diagnostic[];
}

/**
 * The formats of each view in notebooks, in addition to text. The graphs after all passes are not a picture of
 * what the passes did.
 */
const notebookFormats: Readonly<Record<ViewName, readonly (keyof View)[]>> = {
  layers: ["fragment"],
  graph: ["svg"],
  gradients: ["fragment", "tex"],
  passes: [],
  kernels: [],
  memory: ["svg"],
  schedule: ["svg"],
};

function displayed(view: View, show: ViewName, model: string): Displayed {
  const has = (format: keyof View): boolean => notebookFormats[show].includes(format);
  return new DisplayedValue({
    title: `${model}: ${show}`,
    text: view.text,
    html: has("fragment") ? view.fragment : undefined,
    tex: has("tex") ? view.tex : undefined,
    svg: has("svg") ? view.svg : undefined,
  });
}

const optionNames = [
  "show",
  "of",
  "row",
  "checkpoint",
  "data",
  "validation",
  "test",
  "target",
  "dtype",
  "run",
  "signal",
  "folder",
  "files",
];

/** @throws DiagnosticError if options about a row are invalid, or have no effect */
function checkRowOptions({ row, checkpoint, data }: InspectOptions, show: ViewName): void {
  if (row !== undefined && show !== "gradients") throw optionError('`row` needs show: "gradients"');
  if (row !== undefined && row !== "worst" && !(Number.isSafeInteger(row) && row > 0))
    throw optionError(`row must be a positive integer or "worst", got ${showValue(row)}`);
  if (row === undefined && (checkpoint !== undefined || data !== undefined))
    throw optionError(
      `\`${checkpoint === undefined ? "data" : "checkpoint"}\` needs \`row\``,
      "only the numbers of a row depend on parameters and data",
    );
}

async function rowOf(
  open: OpenSpec,
  compilation: TargetCompilation,
  { row, checkpoint, dtype = "f32", ...options }: InspectOptions & { readonly row: RowChoice },
  notify: (diagnostic: Diagnostic) => void,
): Promise<ExplainedRow> {
  const [{ inspectedRow }, { openCheckpointFile }, { sourceOf }] = await Promise.all([
    import("../inspect/inspected-row.ts"),
    import("../files/parameter-files.ts"),
    import("./rows.ts"),
  ]);
  const hasData = compilation.model.data !== undefined || options.data !== undefined;
  return inspectedRow({
    compilation,
    dtype,
    row,
    checkpoint: checkpoint === undefined ? undefined : await openCheckpointFile(checkpoint),
    read: hasData ? (facts) => sourceOf(open, facts, options, notify) : undefined,
  });
}

/**
 * Shows how the compiler derived the code of a model.
 *
 * @throws {DiagnosticError} for an invalid spec or option
 * @throws {Aborted} if `signal` is aborted before the work begins
 */
export async function inspect(spec: SpecInput, options: InspectOptions = {}): Promise<Inspected> {
  checkOptions(options, optionNames);
  const { show = "layers", of, row: chosen, target = defaultTarget, dtype = "f32", run, signal } = options;
  // Views are loaded on demand, because most programs do not inspect.
  const { views } = await import("../../studio/views/index.ts");
  if (!Object.hasOwn(views, show))
    throw optionError(`unknown view ${showValue(show)}`, `views: ${Object.keys(views).join(", ")}`);
  if (of !== undefined && show !== "gradients") throw optionError('`of` needs show: "gradients"');
  checkRowOptions(options, show);
  throwIfAborted(signal);
  const open = await openSpec(spec, options);
  const reports: StageReport[] = [];
  const watch = (report: StageReport) => reports.push(report);
  const compilation = await compileOpen(open, { dtype, target, watch });
  if (of !== undefined) checkParameter(of, compilation);
  const warnings = [...(await warningsOf(open, compilation))];
  const notify = (diagnostic: Diagnostic) => void warnings.push(diagnostic);
  const row =
    chosen === undefined ? undefined : await rowOf(open, compilation, { ...options, row: chosen }, notify);
  const view = views[show]({ compilation, reports, of, run, row });
  return Object.assign(displayed(view, show, compilation.model.name), {
    json: view.json(),
    text: view.text(),
    warnings,
  });
}
