/**
 * A target for tests, whose output is the text form of the optimized graphs of a model. It shows that a
 * target needs only one entry and one folder.
 */
import { printGraph } from "../../../src/compiler/ir/text.ts";
import type { GraphTextTarget } from "../../../src/compiler/targets.ts";

export const graphText: GraphTextTarget = {
  from: "graph",
  makes: "text",
  ending: "txt",
  abilities: [],
  async emit({ model, graphs }, dtype) {
    const printed = [graphs.gradient, graphs.update, graphs.predict].map(
      (graph) => `# ${graph.name}\n${printGraph(graph)}`,
    );
    return { text: [`# ${model.name}, ${dtype}`, ...printed].join("\n\n"), lines: () => [] };
  },
};
