// The `data` section against the rest of the spec: its names are those of the inputs and targets, and its files are of a kind that can be read.
import type { Collector } from "../../diagnostics/collector.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import { didYouMean } from "../../util/did-you-mean.ts";
import { showValue } from "../../util/show-value.ts";
import { dataFormatGap } from "../known-gaps.ts";
import { isUsableName } from "./check-names.ts";
import { keysOf, listOf, member, textOf, typeOf } from "./raw-spec.ts";

/**
 * Reports names without their other half (T1307), scales that do not fit and files that are missing or given in two ways (T1208), and
 * formats that are known gaps (T1901).
 */
export function checkData(spec: unknown, problems: Collector): void {
  const data = member(spec, "data");
  if (typeof data !== "object" || data === null) return;
  for (const side of ["inputs", "targets"] as const) checkSide(spec, data, side, problems);
  checkFiles(spec, data, problems);
}

function checkSide(spec: unknown, data: unknown, side: "inputs" | "targets", problems: Collector): void {
  const declared = keysOf(member(spec, side));
  const given = member(data, side);
  const known = keysOf(given);
  for (const name of known) {
    const path = ["data", side, name];
    if (!declared.includes(name)) {
      const similar = didYouMean(name, declared);
      const hint = similar
        ? `did you mean ${showValue(similar)}?`
        : declared.length > 0
          ? `${side} of this spec: ${declared.join(", ")}`
          : undefined;
      problems.error(path, "T1307", `${formatPath(path)} is none of the ${side}`, { at: "key", hint });
      continue;
    }
    checkScale(spec, member(given, name), side, name, problems);
    if (side === "targets") {
      checkUnit(spec, member(given, name), name, problems);
      warnOfFormula(spec, member(given, name), name, problems);
    }
  }
  if (typeof given !== "object" || given === null || member(data, "idx") !== undefined) return;
  for (const name of declared.filter((name) => !known.includes(name) && isUsableName(name))) {
    const message = `data.${side} does not say where ${formatPath([side, name])} comes from`;
    problems.error(["data", side], "T1307", message, {
      at: "key",
      hint: `add ${showValue(name)}: { "columns": [ … ] }`,
    });
  }
}

/** Class indices and indices into a vocabulary are no quantities. */
function checkScale(
  spec: unknown,
  entry: unknown,
  side: "inputs" | "targets",
  name: string,
  problems: Collector,
): void {
  if (member(entry, "scale") === undefined) return;
  const declared = member(member(spec, side), name);
  const indices =
    side === "targets" ? member(declared, "classes") !== undefined : member(declared, "dtype") === "i32";
  if (!indices) return;
  const path = ["data", side, name, "scale"];
  problems.error(path, "T1208", `${formatPath(path)} would scale indices`, { hint: "leave it out" });
}

/** An error over all columns of a target is in the target's own units only if these are scaled by one and the same number. */
function checkUnit(spec: unknown, entry: unknown, name: string, problems: Collector): void {
  const scale = textOf(member(entry, "scale"));
  const size = listOf(member(member(member(spec, "targets"), name), "shape")).reduce<number>(
    (product, extent) => product * Number(extent),
    1,
  );
  const metric = listOf(member(spec, "metrics"))
    .map(typeOf)
    .find((type) => type === "mae" || type === "rmse");
  if (scale === undefined || metric === undefined || !(size > 1)) return;
  const path = ["data", "targets", name, "scale"];
  const message = `${formatPath(path)}: ${scale} scales each of ${size} columns by another number, so ${metric} over them has no unit`;
  problems.error(path, "T1208", message, {
    hint: 'scale the columns of the target alike, with { "divide": … }, or leave out mae and rmse',
  });
}

/** A formula is worked out where the target is scaled already; only mae and rmse are brought back to its own units. */
function warnOfFormula(spec: unknown, entry: unknown, name: string, problems: Collector): void {
  if (member(entry, "scale") === undefined) return;
  listOf(member(spec, "metrics")).forEach((metric, index) => {
    if (member(metric, "formula") === undefined) return;
    const message = `metrics[${index}]: its formula reads the target as data.targets.${name}.scale leaves it, not in its own units`;
    problems.warning(["metrics", index], "T1209", message, {
      hint: "leave the scale out, or write the formula for scaled values; mae and rmse are in the target's own units",
    });
  });
}

function checkFiles(spec: unknown, data: unknown, problems: Collector): void {
  for (const key of ["file", "train", "test"]) {
    const file = textOf(member(data, key));
    const gap = file === undefined ? undefined : dataFormatGap(file);
    if (gap) problems.error(["data", key], "T1901", `data.${key}: ${gap.message}`, { hint: gap.hint });
  }
  const has = (key: string) => member(data, key) !== undefined;
  const path: SpecPath = ["data"];
  const hint = 'either "file", or "train" and "test"';
  if (has("idx")) return;
  if (has("file") && (has("train") || has("test")))
    problems.error(path, "T1208", 'data has "file" beside "train" or "test"', { at: "key", hint });
  else if (!has("file") && !has("train"))
    problems.error(path, "T1102", `data.${has("test") ? "train" : "file"} is missing: it must be a text`, {
      at: "key",
      hint,
    });
  else if (has("train") && !has("test"))
    problems.error(path, "T1102", "data.test is missing: it must be a text", { at: "key", hint });
  const fraction = member(member(member(spec, "training"), "test"), "fraction");
  if (!has("test") || fraction === undefined) return;
  const message = "training.test sets test rows aside, but data.test is a file of them";
  problems.error(["training", "test"], "T1208", message, { at: "key", hint: "leave one of the two" });
}
