/**
 * Writes graphs in the language of Graphviz, which then computes the layout. Regions and groups are clusters.
 * An edge leads from each value to each of its users.
 */
import { regionColours } from "../palette.ts";
import type { LanePlan, PicturePlan } from "./place-lanes.ts";
import { valueTexts } from "./box-texts.ts";
import type { Drawn, Group } from "./choose-boxes.ts";

/** Quotes a string. Graphviz labels have their own escapes, so a backslash is doubled. */
const quoted = (...lines: readonly string[]): string =>
  `"${lines.map((line) => line.replaceAll("\\", "\\\\").replaceAll('"', '\\"')).join("\\n")}"`;

/** Writes one graph after the other in Graphviz syntax. */
export const pictureDot = (plans: readonly PicturePlan[]): string => plans.map(graphDot).join("\n");

function graphDot({ name, title, lanes }: PicturePlan): string {
  const members = lanes.flatMap(({ groups }) => groups.flatMap((group) => group.members));
  const known = new Set(members.map(({ node }) => node.id));
  const edges = members.flatMap(({ node, reads }) =>
    reads.filter((id) => known.has(id)).map((id) => `  ${quoted(id)} -> ${quoted(node.id)}`),
  );
  return [
    `digraph ${quoted(name)} {`,
    `  graph [label=${quoted(title)}, labelloc=t, fontname="sans-serif"]`,
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=10]',
    "  edge [arrowsize=0.6]",
    ...lanes.flatMap(laneLines).map((line) => `  ${line}`),
    ...edges,
    "}",
    "",
  ].join("\n");
}

function laneLines({ region, label, groups }: LanePlan): string[] {
  const colour = quoted(regionColours[region][0]);
  return [
    `subgraph ${quoted(`cluster_${region}`)} {`,
    `  graph [label=${quoted(label)}, color=${colour}, fontcolor=${colour}]`,
    `  node [color=${colour}]`,
    `  edge [color=${colour}]`,
    ...groups.flatMap(groupLines).map((line) => `  ${line}`),
    "}",
  ];
}

function groupLines({ id, key, members }: Group): string[] {
  const lines = members.map(boxLine);
  if (lines.length === 1) return lines;
  return [
    `subgraph ${quoted(`cluster_${id}`)} {`,
    `  graph [label=${quoted(key)}]`,
    ...lines.map((line) => `  ${line}`),
    "}",
  ];
}

function boxLine(box: Drawn): string {
  const { label, shape, detail } = valueTexts(box);
  const first = shape === "" ? label : `${label}  ${shape}`;
  const attributes = { leaf: ", shape=ellipse", result: ", penwidth=2", value: "", group: "" }[box.kind];
  return `${quoted(box.node.id)} [label=${quoted(...[first, detail].filter((line) => line !== ""))}${attributes}]`;
}
