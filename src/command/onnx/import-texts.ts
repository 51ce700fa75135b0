/** The texts of `tapeless import MODEL.onnx`: the table of the layers, and the spec with its comments. */
import { basename } from "node:path";
import { stringify } from "yaml";
import { printable } from "../../compiler/util/message-text.ts";
import { counted } from "../../compiler/util/number-text.ts";
import type { ChosenSpec } from "./choose-spec.ts";
import { hasNoLayer } from "./recognition.ts";
import type { Recognition, Unrecognised } from "./recognise.ts";
import type { SourceGraph } from "./source-graph.ts";
import type { RecognisedSpec } from "./spec-of.ts";

/** The maximum number of nodes that are listed. */
const mostListed = 40;

/** The nodes that are not a part of any layer, without those that depend on them, and why. */
export function reasonsOf({ unrecognised }: Recognition): readonly string[] {
  const notes = [...new Set(unrecognised.filter(({ reason }) => reason !== hasNoLayer).map(noteOf))];
  const more = notes.length > mostListed ? [`and ${notes.length - mostListed} more`] : [];
  return [...notes.slice(0, mostListed), ...more];
}

const noteOf = ({ node, reason }: Unrecognised): string =>
  `"${printable(node.name).slice(0, 100)}" (${printable(node.operator).slice(0, 40)}) ${reason}`;

/** The layers of the spec, the nodes that they come from, and why nodes are in layers of the type `onnx`. */
export function tableText(
  file: string,
  { nodes }: SourceGraph,
  { recognition, recognised: { layers, inputs }, differences }: ChosenSpec<unknown>,
): string {
  const others = reasonsOf(recognition);
  const rows = layers.map(({ name, draft }) => {
    const names = draft.nodes.map(({ operator }) => operator);
    const listed =
      names.length > 6 ? `${names.slice(0, 5).join(" ")} … (${names.length} nodes)` : names.join(" ");
    return [name, `${printable(draft.nodes[0].name)}: ${listed}`];
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  const turned = [...inputs].filter(([, { order }]) => order.some((axis, i) => axis !== i));
  return [
    `${file}: ${counted(nodes.length, "node")} in ${counted(layers.length, "layer")}`,
    "",
    ...rows.map(([name, from]) => `${name.padEnd(width)}  ${from}`),
    ...turned.map(
      ([, { name, draft }]) =>
        `\nThe input ${name} has channels last, [${String(draft.keys.shape).replaceAll(",", ", ")}].`,
    ),
    ...(others.length === 0
      ? []
      : ["\nThese nodes are not a part of any other layer, so layers of the type onnx contain them:"]),
    ...others.map((reason) => `  ${reason}`),
    ...differences.map(
      (difference) =>
        "\nThe recognised layers do not compute what the file computes, which is a bug in tapeless:\n" +
        `  ${difference}\nSo one layer of the type onnx contains the whole file.`,
    ),
    "",
  ].join("\n");
}

export function specText(file: string, { spec, inputs, outputOrder }: RecognisedSpec): string {
  const turned = [...inputs.values()].filter(({ order }) => order.some((axis, i) => axis !== i));
  const notes = [
    `# Imported from ${JSON.stringify(basename(file))}. Set the target, the loss and the data before you train.`,
    ...turned.map(({ name }) => `# The input ${name} has channels last, unlike in the file.`),
    ...(outputOrder.some((axis, i) => axis !== i)
      ? ["# The output has channels last, unlike in the file."]
      : []),
  ];
  return `${notes.join("\n")}\n${stringify(spec)}`;
}
