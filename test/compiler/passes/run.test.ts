// The runner of passes. If one fails, a pass that builds a malformed graph goes unnoticed, or a pass cannot
// be left out, watched or made the last.
import { describe, expect, it } from "vitest";
import { InternalError } from "../../../src/compiler/diagnostics/errors.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { definePass } from "../../../src/compiler/passes/define.ts";
import { runPasses } from "../../../src/compiler/passes/run.ts";
import type { PassReport } from "../../../src/compiler/passes/run.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";

const graph = graphFrom("%z: f64[n,4] = negate %x");
const g = createBuilder("f64");
const twice = (name: string) =>
  definePass(name, (before, builder) => {
    const [{ storage, node }] = before.outputs;
    const negated = builder.negate(node);
    return { ...before, nodes: [...before.nodes, negated], outputs: [{ storage, node: negated }] };
  });
const [first, second] = [twice("first"), twice("second")];
const all = { exact: false, skip: new Set<string>() };
const negations = (result: typeof graph) => result.nodes.filter(({ op }) => op === "negate").length;

describe("runPasses", () => {
  it("runs the passes in order, each on what the one before made", () => {
    const seen: PassReport[] = [];
    const result = runPasses(graph, [first, second], g, { ...all, watch: (report) => seen.push(report) });
    expect(seen.map(({ pass }) => pass)).toEqual(["first", "second"]);
    expect(seen[0].before).toBe(graph);
    expect(seen[1].before).toBe(seen[0].after);
    expect(seen[1].after).toBe(result);
    expect(seen.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
    expect(negations(result)).toBe(3);
  });
  it("leaves out what is skipped, and stops where it is told to", () => {
    expect(negations(runPasses(graph, [first, second], g, { ...all, skip: new Set(["first"]) }))).toBe(2);
    expect(negations(runPasses(graph, [first, second], g, { ...all, stopAfter: "first" }))).toBe(2);
  });
  it("names the pass that broke the graph, and what is wrong with it", () => {
    const breaking = definePass("breaking", (before) => ({ ...before, nodes: before.nodes.slice(1) }));
    const run = () => runPasses(graph, [first, breaking], g, all);
    expect(run).toThrow(InternalError);
    expect(run).toThrow(
      /internal: after breaking, graph graph is malformed:\n.*negate.*does not stand before it/,
    );
  });
  it("leaves its argument alone", () => {
    const before = plainText(graph);
    runPasses(graph, [first, second], g, all);
    expect(plainText(graph)).toBe(before);
  });
});
