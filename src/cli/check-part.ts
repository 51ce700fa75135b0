/** `--show graph --of PART`: whether there is such a program or layer to draw. */
import type { Format } from "../inspect/view.ts";
import type { Compilation } from "../pipeline.ts";
import { didYouMean } from "../util/did-you-mean.ts";
import { showValue } from "../util/show-value.ts";
import { usageError } from "./usage-error.ts";

/** @throws DiagnosticError unless it is the name of a picture or of a layer, and a picture is asked for. */
export function checkPart(name: string, { lean, model }: Compilation, format: Format): void {
  if (format !== "svg" && format !== "dot")
    throw usageError("--of belongs to --show gradients, and to --show graph with --format svg or dot");
  const programs = lean.map((graph) => graph.name).filter((each) => each !== "gradient" && each !== "update");
  const names = ["step", ...programs, ...model.network.map((layer) => layer.name)];
  if (names.includes(name)) return;
  const similar = didYouMean(name, names);
  throw usageError(`--of: ${model.name} has no program or layer ${showValue(name)}`, similar ? `did you mean ${similar}?` : `there are ${names.join(", ")}`); // prettier-ignore
}
