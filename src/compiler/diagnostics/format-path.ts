// A path in the spec as people write it: `network[2].units`. Names that are no plain words are quoted, since
// they may hold anything.
import { showValue } from "../util/show-value.ts";
import type { SpecPath } from "./diagnostic.ts";

/** `["network", 2, "units"]` becomes `network[2].units`; the root is "the spec". */
export function formatPath(path: SpecPath): string {
  if (path.length === 0) return "the spec";
  return path.map(formatStep).join("").replace(/^\./, "");
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_$][\w$-]*$/.test(step) && step.length <= 64 ? `.${step}` : `[${showValue(step)}]`;
}
