/** `--of PARAMETER`: whether there is such a gradient. */
import type { Compilation } from "../../compiler/pipeline.ts";
import { didYouMean } from "../../compiler/util/did-you-mean.ts";
import { showValue } from "../../compiler/util/show-value.ts";
import { usageError } from "../terminal/usage-error.ts";

/** @throws DiagnosticError unless the parameter is there and has a gradient. */
export function checkParameter(name: string, { built, model }: Compilation): void {
  const parameter = built.parameters.find((each) => each.name === name);
  if (parameter?.trainable) return;
  if (parameter !== undefined)
    throw usageError(
      `--of ${name}: its layer is frozen, so it has no gradient`,
      '"trainable": true trains it',
    );
  const names = built.parameters.map((each) => each.name);
  const similar = didYouMean(name, names);
  throw usageError(
    `--of: ${model.name} has no parameter ${showValue(name)}`,
    similar ? `did you mean ${similar}?` : `parameters: ${names.join(", ")}`,
  );
}
