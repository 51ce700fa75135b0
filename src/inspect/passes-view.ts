/** What each pass did to each graph: node counts, time, and the lines of the graph that changed. */
import { printGraph } from "../ir/print.ts";
import { lineDiff } from "./line-diff.ts";
import { columns } from "./view.ts";
import type { Subject, View } from "./view.ts";

export function passesView({ compilation: { built, derived }, reports }: Subject): View {
  const steps = reports.map(({ pass, before, after, milliseconds }) => ({
    graph: before.name,
    pass,
    nodesBefore: before.nodes.length,
    nodesAfter: after.nodes.length,
    milliseconds: Number(milliseconds.toFixed(3)),
    diff: before === after ? [] : lineDiff(printGraph(before), printGraph(after)),
  }));
  const [forward, all] = [built.training.nodes.length, derived.gradient.nodes.length];
  const table = columns([
    ["graph", "pass", "nodes", "after", "ms"],
    ...steps.map(({ graph, pass, nodesBefore, nodesAfter, milliseconds }) => [graph, pass, nodesBefore, nodesAfter, milliseconds]), // prettier-ignore
  ]);
  const changes = steps.filter(({ diff }) => diff.length > 0);
  const text = [
    `differentiate: ${forward} nodes of the training graph became ${all}`,
    "",
    ...table,
    ...changes.flatMap(({ graph, pass, diff }) => [
      "",
      `${pass} on ${graph}`,
      ...diff.map((line) => `  ${line}`),
    ]),
    "",
  ].join("\n");
  return {
    text: () => text,
    json: () => ({ differentiate: { nodesBefore: forward, nodesAfter: all }, passes: steps }),
  };
}
