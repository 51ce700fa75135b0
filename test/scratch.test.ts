import { it } from "vitest";
import { graphOf } from "./support/random-graph.ts";
import { printGraph } from "../src/ir/print.ts";
import { createBuilder } from "../src/ops/index.ts";
import { runPasses } from "../src/passes/run.ts";
import { graphPasses } from "../src/pipeline.ts";
it("x", () => {
  const { graph } = graphOf([[0,4,0,8,8],[0,0,0,0,0]]);
  console.log(printGraph(graph));
  console.log(printGraph(runPasses(graph, graphPasses, createBuilder("f64"), {exact:false, skip:new Set()})));
});
