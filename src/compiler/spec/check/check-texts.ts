// Checks text columns in the `data` section. The shapes of inputs and targets must fit the sequences of
// tokens.
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import { didYouMean, showValue } from "../../util/message-text.ts";
import { keysOf, listOf, member, textOf, typeOf } from "../raw-spec.ts";

/**
 * Reports keys and shapes that do not fit `characters`, `words`, `categories` or `nextOf` (T1208), and a `nextOf`
 * that does not name a text input (T1303).
 */
export function checkTexts(spec: unknown, data: unknown, problems: Collector): void {
  for (const input of keysOf(member(data, "inputs"))) checkInput(spec, data, input, problems);
  for (const target of keysOf(member(data, "targets"))) checkTarget(spec, data, target, problems);
}

/** The kind of tokens of a text input. */
const unitOf = (entry: unknown): "characters" | "words" | undefined =>
  (["characters", "words"] as const).find((unit) => member(entry, unit) !== undefined);

const lengthOf = (data: unknown, input: string): unknown => {
  const entry = member(member(data, "inputs"), input);
  return member(member(entry, unitOf(entry) ?? "characters"), "length");
};

const isShape = (shape: unknown, length: unknown): boolean =>
  Array.isArray(shape) && shape.length === 1 && shape[0] === length;

function checkInput(spec: unknown, data: unknown, input: string, problems: Collector): void {
  const entry = member(member(data, "inputs"), input);
  const path = ["data", "inputs", input];
  const isOneHot = member(entry, "categories") === "one-hot";
  const readings = ["characters", "words", "categories", "dates", ...(isOneHot ? ["scale"] : [])].filter(
    (key) => member(entry, key) !== undefined,
  );
  if (readings.length > 1)
    problems.error(
      [...path, readings[1]],
      "T1208",
      `${formatPath(path)}: "${readings[1]}" cannot be combined with "${readings[0]}"`,
      {
        at: "key",
        hint: "remove one of the two; to use both encodings, declare two inputs and join them with a concat layer",
      },
    );
  checkCategories(spec, entry, input, problems);
  const unit = unitOf(entry);
  if (unit === undefined) return;
  const count = listOf(member(entry, "columns")).length;
  if (count > 1) {
    const message = `${formatPath(path)}.columns must name exactly one text column, got ${count}`;
    problems.error([...path, "columns"], "T1208", message);
  }
  const declared = member(member(spec, "inputs"), input);
  const length = lengthOf(data, input);
  if (declared === undefined || typeof length !== "number") return;
  const shape = member(declared, "shape");
  if (isShape(shape, length) && member(declared, "dtype") === "i32") return;
  const shown = [...listOf(member(declared, "timeAxis")), length].join(", ");
  const message =
    `inputs.${input} must be { "shape": [${shown}], "dtype": "i32" }, ` +
    `because ${formatPath(path)}.${unit} encodes each text as ${length} integers`;
  problems.error(["inputs", input], "T1208", message, { at: "key" });
}

/** Checks the dtype: one-hot encoding produces real numbers, and index encoding produces integers. */
function checkCategories(spec: unknown, entry: unknown, input: string, problems: Collector): void {
  const form = member(entry, "categories");
  const declared = member(member(spec, "inputs"), input);
  if (declared === undefined || (form !== "one-hot" && form !== "index")) return;
  const needed = form === "index" ? "i32" : "f32";
  if ((member(declared, "dtype") ?? "f32") === needed) return;
  const message = `inputs.${input} must have dtype ${needed}, because its categories use ${form} encoding`;
  problems.error(["inputs", input], "T1208", message, { at: "key" });
}

function checkTarget(spec: unknown, data: unknown, target: string, problems: Collector): void {
  const entry = member(member(data, "targets"), target);
  const input = textOf(member(entry, "nextOf"));
  if (input === undefined) return;
  const path = ["data", "targets", target];
  for (const key of ["columns", "scale"].filter((key) => member(entry, key) !== undefined))
    problems.error(
      [...path, key],
      "T1208",
      `${formatPath(path)}: "${key}" cannot be combined with "nextOf"`,
      {
        at: "key",
        hint: 'remove it; a target with "nextOf" is derived from its input',
      },
    );
  const inputs = keysOf(member(data, "inputs"));
  const length = lengthOf(data, input);
  if (length === undefined) {
    const isInput = inputs.includes(input);
    const similar = isInput ? undefined : didYouMean(input, inputs);
    const what = isInput ? "is not a text input" : "is not an input in data.inputs";
    problems.error([...path, "nextOf"], "T1303", `${formatPath(path)}.nextOf: ${showValue(input)} ${what}`, {
      hint: similar
        ? `did you mean ${showValue(similar)}?`
        : 'write the name of an input that has the key "characters" or "words" in data.inputs',
    });
    return;
  }
  checkClasses(spec, input, target, length, problems);
  const [first] = keysOf(member(spec, "targets"));
  if (target !== first || member(member(spec, "training"), "stratify") !== true) return;
  const message = `training.stratify needs one class per row, but ${target} has one class per position`;
  problems.error(["training", "stratify"], "T1206", message);
}

function checkClasses(
  spec: unknown,
  input: string,
  target: string,
  length: unknown,
  problems: Collector,
): void {
  const declared = member(member(spec, "targets"), target);
  if (declared === undefined) return;
  const classes = member(declared, "classes");
  if (classes === undefined || !isShape(member(declared, "shape"), length)) {
    const message =
      `targets.${target} must have "classes" and the shape [${showValue(length)}], because each position of ${input} ` +
      "has its own class";
    problems.error(["targets", target], "T1208", message, { at: "key" });
    return;
  }
  listOf(member(spec, "network")).forEach((layer, index) => {
    const from = member(layer, "from");
    const reads = from === undefined ? index === 0 : [from].flat().includes(input);
    const vocabulary = member(layer, "vocabulary");
    if (typeOf(layer) !== "embedding" || !reads || vocabulary === undefined || vocabulary === classes) return;
    const message =
      `network[${index}].vocabulary is ${showValue(vocabulary)}, but the target ${target}, which is the next ` +
      `token of ${input}, has ${showValue(classes)} classes`;
    problems.error(["network", index, "vocabulary"], "T1208", message, {
      hint: "use the same number for both: the size of the vocabulary, including the special tokens",
    });
  });
}
