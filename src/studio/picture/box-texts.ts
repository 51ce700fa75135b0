/** The texts in a box: the name and formula of a value, or the layer and purpose of a group. */
import { nameIn } from "../../compiler/ir/storage.ts";
import type { ExplainedNode } from "../explanation.ts";
import type { Drawn, Group } from "./choose-boxes.ts";

/** The facts about a layer that a picture shows. */
export interface LayerName {
  readonly name: string;
  /** The layer type, such as `dense`. */
  readonly type: string;
  /**
   * The output shape, such as `[n, 128]`, if it is known. For a recurrent layer that returns all steps, it
   * may be the shape of the last step.
   */
  readonly output?: string;
}

const shapeOf = ({ type }: ExplainedNode): string => {
  const shape = type.slice(type.indexOf("["));
  return shape === "[]" ? "" : shape;
};

export function valueTexts({ node, kind }: Drawn) {
  // The prefix `result:` marks results of other programs in storage. The label omits the prefix.
  const texts = {
    label: nameIn("result", node.name) ?? node.name,
    shape: shapeOf(node),
    detail: kind === "leaf" ? "" : shortened(`= ${node.formula.text}`),
  };
  return { ...texts, ...boxSize(texts) };
}

export function groupTexts(group: Group, layers: readonly LayerName[]) {
  const { key, region, members } = group;
  const label = region === "backward" ? `∂ ${key}` : key;
  const results = members.filter(({ kind }) => kind === "result").map(({ node }) => node.name);
  // The value with the layer's name is the output of the layer.
  const output =
    members.find(({ node }) => node.name === key) ?? members.findLast(({ kind }) => kind !== "leaf");
  const layer = layers.find(({ name }) => name === key);
  const type = layer?.type;
  const given = layer?.output?.startsWith("[") ? layer.output.replaceAll(" ", "") : undefined;
  const shape = region === "forward" && output !== undefined ? (given ?? shapeOf(output.node)) : "";
  const count = `${members.length} values`;
  const detail =
    region === "backward" && results.length > 0
      ? shortened(`→ ${results.join(", ")}`)
      : [type === key ? undefined : type, count].filter((part) => part !== undefined).join(" · ");
  const texts = { label, shape, detail };
  return { ...texts, ...boxSize({ ...texts, isGroup: true }) };
}

// The size of a box, computed from its text. Widths are rounded up in steps, so that groups with the same
// structure usually have the same size even if their names differ in length.

interface BoxTexts {
  readonly label: string;
  readonly shape: string;
  readonly detail: string;
  /** Whether the corner shows a sign that opens or closes the group. */
  readonly isGroup?: boolean;
}

export const labelSize = 12;
export const detailSize = 10.5;

/** The average width of a letter in units of the font size, in the widest font of the pages. */
const letterWidth = 0.6;
const margin = 12;
const signWidth = 18;
const widthStep = 24;
const smallest = 96;
const maxDetailLength = 44;

export const textWidth = (text: string, size: number): number => [...text].length * size * letterWidth;

/** Shortens a long formula with an ellipsis. The details of the node show it in full. */
function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= maxDetailLength ? text : `${letters.slice(0, maxDetailLength - 1).join("")}…`;
}

function boxSize({ label, shape, detail, isGroup = false }: BoxTexts): {
  width: number;
  height: number;
} {
  const first =
    textWidth(label, labelSize) +
    (shape === "" ? 0 : 14 + textWidth(shape, detailSize)) +
    (isGroup ? signWidth : 0);
  const needed = Math.max(first, textWidth(detail, detailSize)) + 2 * margin;
  const width = Math.max(smallest, Math.ceil(needed / widthStep) * widthStep);
  return { width, height: detail === "" ? 28 : 44 };
}
