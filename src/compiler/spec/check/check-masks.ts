/** Checks the declarations of padding: by a value, by an input with lengths, or implicitly for text. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import { didYouMean, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";

/** The inputs that other inputs name as their `lengths`. Layers need not read them. */
export function lengthInputs(spec: unknown): readonly string[] {
  const inputs = member(spec, "inputs");
  return keysOf(inputs).flatMap((name) => textOf(member(member(inputs, name), "lengths")) ?? []);
}

/** Reports `padding` and `lengths` that do not fit their input (T1224). */
export function checkMasks(spec: unknown, problems: Collector): void {
  const inputs = member(spec, "inputs");
  for (const name of keysOf(inputs)) {
    const declared = member(inputs, name);
    const given = ["padding", "lengths"].filter((key) => member(declared, key) !== undefined);
    if (given.length === 0) continue;
    const report = (key: string, why: string, hint: string): void =>
      problems.error(["inputs", name, key], "T1224", `inputs.${name}.${key} ${why}`, { hint });
    const [key] = given;
    const data = member(member(member(spec, "data"), "inputs"), name);
    const text = ["characters", "words"].find((unit) => member(data, unit) !== undefined);
    if (given.length > 1) report("lengths", "cannot be combined with padding", "remove one of the two");
    else if (text !== undefined)
      report(key, `cannot be combined with ${text}, which determines the padding`, "remove it");
    else if (listOf(member(declared, "shape")).length === 0)
      report(
        key,
        "needs a sequence, but each row of this input is a single number",
        "write a shape such as [60]",
      );
    else if (key === "padding") checkPadding(spec, name, data, report);
    else checkLengths(spec, name, problems);
  }
}

function checkPadding(
  spec: unknown,
  name: string,
  data: unknown,
  report: (key: string, why: string, hint: string) => void,
): void {
  const declared = member(member(spec, "inputs"), name);
  const padding = member(declared, "padding");
  if (typeof padding !== "number") return;
  if (member(declared, "dtype") === "i32" && !Number.isInteger(padding))
    report(
      "padding",
      `must be an integer, because the dtype is i32, got ${padding}`,
      'the usual value is "padding": 0',
    );
  else if (member(data, "scale") !== undefined)
    report(
      "padding",
      "cannot be combined with a scale, which would change the padding as well",
      `remove the scale of data.inputs.${name}, or name an input that contains the lengths: "lengths": "NAME"`,
    );
}

function checkLengths(spec: unknown, name: string, problems: Collector): void {
  const inputs = member(spec, "inputs");
  const lengths = textOf(member(member(inputs, name), "lengths"));
  if (lengths === undefined) return;
  const path = ["inputs", name, "lengths"];
  const declared = member(inputs, lengths);
  const others = keysOf(inputs).filter((other) => other !== name);
  if (declared === undefined || lengths === name) {
    const similar = didYouMean(lengths, others);
    const what =
      lengths === name ? "an input cannot contain its own lengths" : `unknown input ${showValue(lengths)}`;
    problems.error(path, "T1224", `${formatPath(path)}: ${what}`, {
      hint: similar
        ? `did you mean ${showValue(similar)}?`
        : 'declare an input with one integer per row: "inputs": { "lengths": { "shape": [], "dtype": "i32" } }',
    });
    return;
  }
  const shape = member(declared, "shape");
  const isOne = Array.isArray(shape) && shape.every((size) => size === 1);
  if (Array.isArray(shape) && (!isOne || member(declared, "dtype") !== "i32"))
    problems.error(path, "T1224", `${formatPath(path)}: ${lengths} must have one integer per row`, {
      hint: `write ${showValue(lengths)}: { "shape": [], "dtype": "i32" }`,
    });
}
