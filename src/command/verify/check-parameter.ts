/** Checks the name of a parameter whose gradient is shown or verified. */
import type { Compilation } from "../../compiler/pipeline.ts";
import { didYouMean, showValue } from "../../compiler/util/message-text.ts";
import { usageError } from "../terminal/report-error.ts";

/** @throws DiagnosticError unless the parameter exists and has a gradient. */
export function checkParameter(name: string, { built, model }: Compilation): void {
  const parameter = built.parameters.find((each) => each.name === name);
  if (parameter?.trainable) return;
  if (parameter !== undefined)
    throw usageError(
      `--of ${name}: its layer is frozen, so it has no gradient`,
      'set "trainable": true to train it',
    );
  const names = built.parameters.map((each) => each.name);
  const similar = didYouMean(name, names);
  throw usageError(
    `--of: ${model.name} has no parameter ${showValue(name)}`,
    similar ? `did you mean ${similar}?` : `parameters: ${names.join(", ")}`,
  );
}
