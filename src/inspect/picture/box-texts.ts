/** What stands in a box: a value under its name with its formula, a group under its layer with what it is there for. */
import type { ExplainedNode } from "../explanation.ts";
import type { Drawn } from "./choose-boxes.ts";
import type { Group } from "./group-boxes.ts";
import { boxSize, shortened } from "./box-size.ts";

/** A layer, as much as a picture says of it. */
export interface LayerName {
  readonly name: string;
  /** `dense` */
  readonly type: string;
}

const shapeOf = ({ type }: ExplainedNode): string => {
  const shape = type.slice(type.indexOf("["));
  return shape === "[]" ? "" : shape;
};

export function valueTexts({ node, kind }: Drawn) {
  const texts = { label: node.name, shape: shapeOf(node), detail: kind === "leaf" ? "" : shortened(`= ${node.formula.text}`) }; // prettier-ignore
  return { ...texts, ...boxSize(texts) };
}

export function groupTexts(group: Group, layers: readonly LayerName[]) {
  const { key, region, members } = group;
  const label = region === "backward" ? `∂ ${key}` : key;
  const results = members.filter(({ kind }) => kind === "result").map(({ node }) => node.name);
  const last = members.findLast(({ kind }) => kind !== "leaf")?.node;
  const shape = region === "forward" && last !== undefined ? shapeOf(last) : "";
  const type = layers.find(({ name }) => name === key)?.type;
  const count = `${members.length} values`;
  const detail =
    region === "backward" && results.length > 0
      ? shortened(`→ ${results.join(", ")}`)
      : [type === key ? undefined : type, count].filter((part) => part !== undefined).join(" · ");
  const texts = { label, shape, detail };
  return { ...texts, ...boxSize(texts) };
}
