// What is to become of missing values: that there is a mean where one is asked for, and a row to leave out.
import type { Collector } from "../../diagnostics/collector.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import { member } from "../raw-spec.ts";

/** Reports a `missing` that does not fit its input or target (T1208). */
export function checkMissing(
  spec: unknown,
  entry: unknown,
  side: "inputs" | "targets",
  name: string,
  problems: Collector,
): void {
  const missing = member(entry, "missing");
  const report = (why: string, hint: string) => {
    const path = ["data", side, name, "missing"];
    problems.error(path, "T1208", `${formatPath(path)}: ${why}`, { hint });
  };
  if (missing !== undefined && missing !== "error" && member(entry, "nextOf") !== undefined)
    return report("a target that is told from an input has no values of its own", "write it at the input");
  if (missing !== "mean") return;
  const others = 'or leave such rows out, with "drop"';
  if (side === "targets")
    report("a mean in place of a target would be learned as if it were true", `leave it out, ${others}`);
  else if (["characters", "words", "categories"].some((key) => member(entry, key) !== undefined))
    report("texts and categories have no mean", `leave it out, ${others}`);
  else if (member(member(spec, "training"), "sampleWeights") === name)
    report("a mean is not what a row weighs", `leave it out, ${others}`);
  else if (member(member(member(spec, side), name), "dtype") === "i32")
    report("a mean of indices is no index", `leave it out, ${others}`);
}
