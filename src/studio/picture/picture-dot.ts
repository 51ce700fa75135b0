/**
 * Writes graphs in the language of Graphviz, which then computes the layout. Regions and groups are clusters.
 * An edge leads from each value to each of its users.
 */
import { regionColours } from "../palette.ts";
import type { LanePlan, PicturePlan } from "./place-lanes.ts";
import { valueTexts } from "./box-texts.ts";
import { isGroup, valuesOf } from "./choose-boxes.ts";
import type { Member, ValueBox } from "./choose-boxes.ts";

/** Quotes a string. Graphviz labels have their own escapes, so a backslash is doubled. */
const quoted = (...lines: readonly string[]): string =>
  `"${lines.map((line) => line.replaceAll("\\", "\\\\").replaceAll('"', '\\"')).join("\\n")}"`;

/** Writes one graph after the other in Graphviz syntax. */
export const pictureDot = (plans: readonly PicturePlan[]): string => plans.map(graphDot).join("\n");

function graphDot({ name, title, lanes }: PicturePlan): string {
  const values = lanes.flatMap(({ groups }) => groups.flatMap(valuesOf));
  const known = new Set(values.map(({ id }) => id));
  const edges = values.flatMap(({ id: to, reads }) =>
    reads.filter((id) => known.has(id)).map((id) => `  ${quoted(id)} -> ${quoted(to)}`),
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
    ...groups.flatMap(memberLines).map((line) => `  ${line}`),
    "}",
  ];
}

function memberLines(member: Member): string[] {
  if (!isGroup(member)) return [boxLine(member)];
  return [
    `subgraph ${quoted(`cluster_${member.id}`)} {`,
    `  graph [label=${quoted(member.key)}]`,
    ...member.members.flatMap(memberLines).map((line) => `  ${line}`),
    "}",
  ];
}

function boxLine(box: ValueBox): string {
  const { label, shape, detail } = valueTexts(box);
  const first = shape === "" ? label : `${label}  ${shape}`;
  const attributes = { leaf: ", shape=ellipse", result: ", penwidth=2", value: "", group: "" }[box.kind];
  return `${quoted(box.id)} [label=${quoted(...[first, detail].filter((line) => line !== ""))}${attributes}]`;
}
