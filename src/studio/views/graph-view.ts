/** The graphs of a model after all passes: in the text form that parses back, and as pictures. */
import { printGraph } from "../../compiler/ir/print.ts";
import { graphFormats } from "./picture-formats.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";

export function graphView(subject: Subject): View {
  const { graphs } = subject.compilation;
  const { begin, measure, gradient, update, predict, evaluate, summarise } = graphs;
  const all = [begin, measure, gradient, update, predict, evaluate, summarise].flatMap(
    (graph) => graph ?? [],
  );
  return {
    ...graphFormats(subject),
    text: () => all.map(printGraph).join("\n"),
    json: () =>
      all.map((graph) => ({ name: graph.name, nodes: graph.nodes.length, text: printGraph(graph) })),
  };
}
