import { it } from "vitest";
import { batchFor, specs } from "./support/specs.ts";
import { compileModel } from "../src/pipeline.ts";
import { parseModel } from "../src/spec/parse-model.ts";
import { interpret } from "../src/reference/interpret.ts";
import { lowered, runLoops, loopStages } from "./support/run-loops.ts";
import { anyStorage, compareStorage } from "./support/tensors.ts";
it("x", async () => {
  const spec = specs.joins;
  const c = compileModel(parseModel(spec), { dtype: "f64" });
  for (const graph of [c.derived.predict, c.graphs.predict]) {
    const v = anyStorage(graph, 6, 1);
    for (const skip of [[], ["block-contractions"], ["fuse-loops"], ["forward-stores"], ["share-expressions"], ["hoist-invariants"], loopStages]) 
    console.log(skip, compareStorage(runLoops(lowered(graph, { batchSize: 6, skip }), v, 6, 6), interpret(graph, v, 6)));
  }
});
