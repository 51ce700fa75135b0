/** `tapeless inspect`: graphs, gradients, passes, kernels, memory or schedule of a model, as text or JSON, the schedule as SVG too. */
import type { ViewName } from "../inspect/index.ts";
import type { KernelTimes } from "../inspect/measure-kernels.ts";
import type { Format, View } from "../inspect/view.ts";
import type { PassReport } from "../passes/run.ts";
import type { Compilation } from "../pipeline.ts";
import { didYouMean } from "../util/did-you-mean.ts";
import { showValue } from "../util/show-value.ts";
import { checkOutputs, ofSpec } from "./check-outputs.ts";
import { compileSpec } from "./compile-spec.ts";
import { expectedRun } from "./expected-run.ts";
import { checkShownPass } from "./pass-names.ts";
import { usageError } from "./usage-error.ts";
import { writeFile } from "./write-file.ts";

export interface InspectFlags {
  readonly show: ViewName;
  readonly of?: string;
  readonly pass?: string;
  readonly format: Format;
  readonly target: "ts" | "wasm";
  /** How kernels of WebAssembly are written, and whether they are run to tell what they take. */
  readonly text?: "loops" | "wat";
  readonly measure: boolean;
  readonly dtype: "f32" | "f64";
  readonly output?: string;
}

export async function inspectSpec(
  spec: string,
  { show, of, pass, format, target, text: written, measure, dtype, output }: InspectFlags,
): Promise<number> {
  if (of !== undefined && show !== "gradients") throw usageError("--of belongs to --show gradients");
  if (pass !== undefined && show !== "passes") throw usageError("--pass belongs to --show passes");
  if (pass !== undefined) await checkShownPass(pass);
  const isOfWasm = show === "kernels" && target === "wasm";
  if (!isOfWasm && (written !== undefined || !measure))
    throw usageError(`${measure ? "--text" : "--no-measure"} belongs to --show kernels --target wasm`);
  const reports: PassReport[] = [];
  const compiled = await compileSpec(spec, { dtype, target, watch: (report) => reports.push(report) });
  const { compilation } = compiled;
  await checkOutputs({ "-o": output }, ofSpec(spec, compilation.model));
  if (of !== undefined) checkParameter(of, compilation);
  const { views } = await import("../inspect/index.ts");
  const run = show === "schedule" ? await expectedRun(spec, compiled) : undefined;
  const times = isOfWasm && measure ? await timesOf(compilation) : undefined;
  const view = views[show]({ compilation, reports, of, pass, run, times, text: written });
  const text = await textOf(view, show, format);
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
  return 0;
}

/** @throws DiagnosticError for a format that the view does not have. */
async function textOf(view: View, show: ViewName, format: Format): Promise<string> {
  if (format === "json") return `${JSON.stringify(view.json(), undefined, 2)}\n`;
  const make = format === "html" ? undefined : view[format];
  if (make === undefined)
    throw usageError(`--show ${show} has no format ${format}`, `it has ${Object.keys(view).join(", ")}`);
  return make();
}

async function timesOf(compilation: Compilation): Promise<KernelTimes> {
  const { measureKernels } = await import("../inspect/measure-kernels.ts");
  return measureKernels(compilation);
}

/** @throws DiagnosticError unless the parameter is there and has a gradient. */
function checkParameter(name: string, { built, model }: Compilation): void {
  const parameter = built.parameters.find((each) => each.name === name);
  if (parameter?.trainable) return;
  if (parameter !== undefined)
    throw usageError(
      `--of ${name}: its layer is frozen, so it has no gradient`,
      '"trainable": true trains it',
    );
  const names = built.parameters.map((each) => each.name);
  const similar = didYouMean(name, names);
  throw usageError(`--of: ${model.name} has no parameter ${showValue(name)}`, similar ? `did you mean ${similar}?` : `parameters: ${names.join(", ")}`); // prettier-ignore
}
