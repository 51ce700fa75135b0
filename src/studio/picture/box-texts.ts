/** The texts in a box: the name and formula of a value, or the layer and purpose of a group. */
import { nameIn } from "../../compiler/ir/storage.ts";
import type { ExplainedNode } from "../explanation.ts";
import { isGroup, valuesOf } from "./choose-boxes.ts";
import type { Drawn, Group, ValueBox } from "./choose-boxes.ts";

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

/**
 * `around` is the path of the block that contains the box; names in the box omit it. It is undefined for a box in
 * no group, which is in the overview and therefore short.
 */
export function valueTexts({ node, kind }: Drawn, around?: string) {
  const most = around === undefined ? maxOverviewLength : maxDetailLength;
  // The prefix `result:` marks results of other programs in storage. The label omits the prefix.
  const texts = {
    label: within(around, nameIn("result", node.name) ?? node.name),
    shape: shapeOf(node),
    detail: kind === "leaf" ? "" : shortened(within(around, `= ${node.formula.text}`), most),
  };
  return { ...texts, ...boxSize(texts) };
}

/** Removes the path of a block from names: in `block.1.mlp`, the layer `block.1.mlp.hidden` is `hidden`. */
const within = (around: string | undefined, text: string): string =>
  around === undefined || around === "" ? text : text.replaceAll(`${around}.`, "");

export function groupTexts(group: Group, layers: readonly LayerName[], around?: string) {
  const { key, region } = group;
  const values = valuesOf(group);
  const name = within(around, key);
  const label = region === "backward" ? `∂ ${name}` : name;
  // The value with the layer's name is the output of the layer.
  const output =
    values.find(({ node }) => node.name === key) ?? values.findLast(({ kind }) => kind !== "leaf");
  const given = layers.find((layer) => layer.name === key)?.output;
  const known = given?.startsWith("[") ? given.replaceAll(" ", "") : undefined;
  const shape = region === "forward" && output !== undefined ? (known ?? shapeOf(output.node)) : "";
  const texts = { label, shape, detail: shortened(groupDetail(group, values, layers)) };
  return { ...texts, ...boxSize({ ...texts, isGroup: true }) };
}

const maxResults = 3;

/** The second line of a group: its gradients, or the type of the layer and the number of its parts. */
function groupDetail(
  { key, region, members }: Group,
  values: readonly ValueBox[],
  layers: readonly LayerName[],
): string {
  const results = values.filter(({ kind }) => kind === "result").map(({ node }) => node.name);
  if (region === "backward" && results.length > maxResults) return `→ ${results.length} gradients`;
  if (region === "backward" && results.length > 0) return `→ ${within(key, results.join(", "))}`;
  const type = layers.find(({ name }) => name === key)?.type;
  const inside = new Set(values.flatMap(({ node, kind }) => (kind === "leaf" ? [] : [node.layer]))).size;
  const count = members.some(isGroup) ? `${inside} layers` : `${values.length} values`;
  return [type === key ? undefined : type, count].filter((part) => part !== undefined).join(" · ");
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

export const labelSize = 13;
export const detailSize = 12;

/** The average width of a letter in units of the font size, in the widest font of the pages. */
const letterWidth = 0.6;
const margin = 12;
const signWidth = 18;
const widthStep = 24;
const smallest = 96;
const maxDetailLength = 40;
const maxOverviewLength = 26;

export const textWidth = (text: string, size: number): number => [...text].length * size * letterWidth;

/** Shortens a long formula with an ellipsis. The details of the node show it in full. */
function shortened(text: string, most = maxDetailLength): string {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
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
  return { width, height: detail === "" ? 30 : 48 };
}
