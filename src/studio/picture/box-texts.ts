/** What stands in a box: a value under its name with its formula, a group under its layer with what it is there for. */
import { nameIn } from "../../compiler/ir/storage.ts";
import type { ExplainedNode } from "../explanation.ts";
import type { Drawn } from "./choose-boxes.ts";
import type { Group } from "./group-boxes.ts";
import { boxSize, shortened } from "./box-size.ts";

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
