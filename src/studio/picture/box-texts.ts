/** What stands in a box: a value under its name with its formula, a group under its layer with what it is there for. */
import { nameIn } from "../../compiler/ir/storage.ts";
import type { ExplainedNode } from "../explanation.ts";
import type { Drawn, Group } from "./choose-boxes.ts";

/** A layer, as much as a picture says of it. */
export interface LayerName {
  readonly name: string;
  /** `dense` */
  readonly type: string;
  /** `[n, 128]`, if it is known: one that keeps all steps of a recurrence may give the last of them. */
  readonly output?: string;
}

const shapeOf = ({ type }: ExplainedNode): string => {
  const shape = type.slice(type.indexOf("["));
  return shape === "[]" ? "" : shape;
};

export function valueTexts({ node, kind }: Drawn) {
  // What another program left behind stands in storage under `result:`.
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
  // A layer's output is called as the layer is.
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

// How large a box must be for its texts. Widths come in steps, so that groups of equal structure are of equal
// size, whatever their names.

interface BoxTexts {
  readonly label: string;
  readonly shape: string;
  readonly detail: string;
  /** Whether a sign stands in the corner that tells whether it is open. */
  readonly isGroup?: boolean;
}

export const labelSize = 12;
export const detailSize = 10.5;

/** What a letter takes on average, in widths of the letter size, of the widest of the fonts that pages name. */
const letterWidth = 0.6;
const margin = 12;
const signWidth = 18;
const widthStep = 24;
const smallest = 96;
const longestDetail = 44;

export const textWidth = (text: string, size: number): number => [...text].length * size * letterWidth;

/** Longer formulas end in an ellipsis; the whole of it is where details are shown. */
function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= longestDetail ? text : `${letters.slice(0, longestDetail - 1).join("")}…`;
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
