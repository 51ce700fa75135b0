/** Checks the value of `--of`: the name of a program, layer or kernel. */
import type { Compilation } from "../../compiler/pipeline.ts";
import { didYouMean, showValue } from "../../compiler/util/message-text.ts";
import type { Format } from "../../studio/views/view.ts";
import { usageError } from "../terminal/report-error.ts";

// With `--show graph`, `--of` names a program or a layer; with `--show kernels`, a kernel.

/** @throws DiagnosticError unless the format is a picture and the name is that of a program or layer. */
export function checkProgramOrLayer(
  name: string,
  { rematerialised, model }: Compilation,
  format: Format,
): void {
  if (format !== "svg" && format !== "dot") throw usageError(ofBelongsTo);
  const programs = rematerialised
    .map((graph) => graph.name)
    .filter((each) => each !== "gradient" && each !== "update");
  const names = ["step", ...programs, ...model.network.map((layer) => layer.name)];
  checkName(name, names, `${model.name} has no program or layer`);
}

/**
 * @throws DiagnosticError unless the target has a kernel with this name, written `kernel` or
 * `program/kernel`.
 */
export function checkKernel(name: string, { programs, vectors, model }: Compilation): void {
  const kernels = (vectors?.programs ?? programs).flatMap((program) =>
    program.kernels.map((kernel) => [kernel.name, `${program.name}/${kernel.name}`]),
  );
  if (kernels.some((names) => names.includes(name))) return;
  checkName(name, [...new Set(kernels.map(([short]) => short))], `${model.name} has no kernel`);
}

export const ofBelongsTo =
  "--of needs --show gradients, --show kernels, or --show graph with --format svg or dot";

function checkName(name: string, names: readonly string[], lack: string): void {
  if (names.includes(name)) return;
  const similar = didYouMean(name, names);
  throw usageError(
    `--of: ${lack} ${showValue(name)}`,
    similar ? `did you mean ${similar}?` : `names: ${names.join(", ")}`,
  );
}
