// What each layer reads: `from` resolved to names of inputs and earlier layers, and what nothing reads.
import type { Collector } from "../../diagnostics/collector.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import { didYouMean } from "../../util/did-you-mean.ts";
import { showValue } from "../../util/show-value.ts";
import { keysOf, listOf, member, textOf } from "./raw-spec.ts";

export interface References {
  /** For each layer the names that it reads. */
  readonly from: readonly (readonly string[])[];
  /** The layer that the loss reads. */
  readonly output: string;
}

/**
 * Resolves every reference. Reports names that do not exist (T1303), layers that are read before they are made (T1304), a first layer
 * that has to choose among several inputs (T1305), and warns of inputs and layers that nothing reads (T1306).
 */
export function checkReferences(spec: unknown, names: readonly string[], problems: Collector): References {
  const inputs = keysOf(member(spec, "inputs"));
  const layers = listOf(member(spec, "network"));
  const from = layers.map((layer, index) => {
    const known = [...inputs, ...names.slice(0, index)];
    const given = member(layer, "from");
    const path: SpecPath = ["network", index, "from"];
    if (typeof given === "string") return checkName(path, given, known, names, problems);
    if (Array.isArray(given))
      return given.flatMap((name, place) =>
        typeof name === "string" ? checkName([...path, place], name, known, names, problems) : [],
      );
    if (index > 0) return [names[index - 1]];
    if (inputs.length > 1) reportChoice(inputs, problems);
    return inputs.slice(0, 1);
  });
  const output = textOf(member(spec, "output"));
  if (output !== undefined) checkOutput(output, names, problems);
  const references = { from, output: output ?? names.at(-1) ?? "" };
  warnOfUnread(inputs, names, references, problems);
  return references;
}

function checkName(
  path: SpecPath,
  name: string,
  known: readonly string[],
  layers: readonly string[],
  problems: Collector,
): string[] {
  if (known.includes(name)) return [name];
  const where = formatPath(path);
  if (layers.includes(name)) {
    const hint = "layers read inputs and layers that stand before them";
    const self = layers.indexOf(name) === path[1] ? "the layer itself" : "a later layer";
    problems.error(path, "T1304", `${where} names ${self}, ${showValue(name)}`, { hint });
  } else {
    problems.error(path, "T1303", `${where}: there is no input or layer ${showValue(name)}`, {
      hint: suggest(name, known),
    });
  }
  return [];
}

function checkOutput(output: string, layers: readonly string[], problems: Collector): void {
  if (layers.includes(output)) return;
  problems.error(["output"], "T1303", `output: there is no layer ${showValue(output)}`, {
    hint: suggest(output, layers),
  });
}

function suggest(name: string, known: readonly string[]): string | undefined {
  const similar = didYouMean(name, known);
  if (similar) return `did you mean ${showValue(similar)}?`;
  return known.length > 0 && known.length <= 12 ? `known here: ${known.join(", ")}` : undefined;
}

function reportChoice(inputs: readonly string[], problems: Collector): void {
  const hint = `give it a "from": one of ${inputs.slice(0, 12).map(showValue).join(", ")}`;
  const message = "network[0] does not say which of the inputs it reads";
  problems.error(["network", 0], "T1305", message, { hint });
}

/** Walks back from the output; what is not met has no influence on the loss. */
function warnOfUnread(
  inputs: readonly string[],
  layers: readonly string[],
  { from, output }: References,
  problems: Collector,
): void {
  const read = new Set([output]);
  for (let index = layers.length - 1; index >= 0; index--)
    if (read.has(layers[index])) from[index].forEach((name) => read.add(name));
  // A wrong reference has been reported; that its rightful owner is then not read would only be noise.
  if (layers.length === 0 || problems.found.some(({ severity }) => severity === "error")) return;
  const hint = "it has no influence on the loss and is left out of the trainer";
  for (const name of inputs)
    if (!read.has(name))
      problems.warning(["inputs", name], "T1306", `inputs.${name} is read by no layer`, { at: "key" });
  layers.forEach((name, index) => {
    if (!read.has(name))
      problems.warning(
        ["network", index],
        "T1306",
        `network[${index}] (${name}) is not read on the way to the output`,
        { hint },
      );
  });
}
