// The runner of stages. If a test fails, it misses a malformed result of a stage, or a stage cannot be
// skipped, observed or made the last one.
import { describe, expect, it } from "vitest";
import { InternalError } from "../../../src/compiler/diagnostics/errors.ts";
import { integer, number, variable } from "../../../src/compiler/loop/expressions.ts";
import { loop, store } from "../../../src/compiler/loop/statements.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { definePass, graphs } from "../../../src/compiler/passes/define.ts";
import type { Pass } from "../../../src/compiler/passes/define.ts";
import { compileModel } from "../../../src/compiler/pipeline.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { defineRequired, defineStage } from "../../../src/compiler/stages/define.ts";
import { defineLoopStage, loopPrograms } from "../../../src/compiler/stages/loops.ts";
import { afterList, runStages } from "../../../src/compiler/stages/run.ts";
import type { RunOptions, StageReport } from "../../../src/compiler/stages/run.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";
import { buffer, program } from "../../support/loop-program.ts";
import { specs } from "../../support/specs.ts";

const graph = graphFrom("%z: f64[n,4] = negate %x");
const context = { g: createBuilder("f64"), exact: false };
const twice = (name: string) =>
  definePass(name, (before, builder) => {
    const [{ storage, node }] = before.outputs;
    const negated = builder.negate(node);
    return { ...before, nodes: [...before.nodes, negated], outputs: [{ storage, node: negated }] };
  });
const [first, second] = [twice("first"), twice("second")];
const run = (passes: readonly Pass[], options: RunOptions = {}) =>
  runStages(passes, [graph], context, options)[0];
const negations = (result: typeof graph) => result.nodes.filter(({ op }) => op === "negate").length;

describe("stages", () => {
  it("run in order, each on the result of the one before it", () => {
    const seen: StageReport[] = [];
    const result = run([first, second], { list: "passes", watch: (report) => seen.push(report) });
    expect(seen.map(({ stage, list }) => [stage, list])).toEqual([
      ["first", "passes"],
      ["second", "passes"],
    ]);
    expect(seen[0].before).toBe(graph);
    expect(seen[1].before).toBe(seen[0].after);
    expect(seen[1].after).toBe(result);
    expect(seen.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
    expect(negations(result)).toBe(3);
  });
  it("are skipped by name, and stop after the named one", () => {
    expect(negations(run([first, second], { skip: new Set(["first"]) }))).toBe(2);
    expect(negations(run([first, second], { stopAfter: "first" }))).toBe(2);
    expect(negations(run([first, second], { isStopped: true }))).toBe(1);
  });
  it("run anyway if they are required, and stop the lists that follow", () => {
    const required = { ...first, ...defineRequired("first", graphs, graphs, first.work) };
    expect(negations(run([required, second], { skip: new Set(["first"]) }))).toBe(3);
    expect(negations(run([required, second], { isStopped: true }))).toBe(2);
    expect(afterList([first], { stopAfter: "first" })).toEqual({ stopAfter: "first", isStopped: true });
    expect(afterList([second], { stopAfter: "first" })).toEqual({ stopAfter: "first" });
  });
  it("receive all values together if they compare them", () => {
    const seen: StageReport[] = [];
    const reversed = defineStage("reverse", graphs, {
      all: (values: readonly (typeof graph)[]) => values.toReversed(),
    });
    const other = { ...graph, name: "other" };
    const result = runStages([reversed], [graph, other], undefined, { watch: (report) => seen.push(report) });
    expect(result).toEqual([other, graph]);
    expect(seen.map(({ before, after }) => [before, after])).toEqual([
      [graph, other],
      [other, graph],
    ]);
  });
  it("are named in the error if they return a malformed graph", () => {
    const breaking = definePass("breaking", (before) => ({ ...before, nodes: before.nodes.slice(1) }));
    expect(() => run([first, breaking])).toThrow(InternalError);
    expect(() => run([first, breaking])).toThrow(
      /internal: after breaking, graph graph is malformed:\n.*negate.*does not come before it/,
    );
  });
  it("are named in the error if they return a malformed program", () => {
    const elsewhere = [
      loop("i", 4, "parallel", [store("nowhere", [variable("i", "i32")], number(1, "f64"))]),
    ];
    const breaking = defineLoopStage("breaking", (before) => ({
      ...before,
      kernels: before.kernels.map((kernel) => ({ ...kernel, body: elsewhere })),
    }));
    const loops = program([store("y", [integer(0)], number(1, "f64"))], buffer("y", [4]));
    expect(() => runStages([breaking], [loops], { batchSize: 3, float: "f64" })).toThrow(
      /internal: after breaking, loop program .* is malformed:\n.*unknown buffer nowhere/,
    );
    expect(loopPrograms.snapshots(loops)).toEqual([loops]);
  });
  it("do not change their arguments", () => {
    const before = plainText(graph);
    run([first, second]);
    expect(plainText(graph)).toBe(before);
  });
});

describe("a compilation", () => {
  const model = parseModel(specs.classifier);
  const stagesRun = (options: { readonly skip?: readonly string[]; readonly stopAfter?: string }) => {
    const seen = new Set<string>();
    const watch = ({ stage, list }: StageReport) => void seen.add(`${list}: ${stage}`);
    compileModel(model, { dtype: "f32", schedule: "vectors", ...options, watch });
    return [...seen];
  };
  it("reports each stage of each list, in order", () => {
    expect(stagesRun({})).toMatchInlineSnapshot(`
      [
        "derivation: differentiate",
        "derivation: accumulate-gradients",
        "derivation: average-weights",
        "graph passes: erase-stop-gradients",
        "graph passes: fold-constants",
        "graph passes: simplify",
        "graph passes: share-subexpressions",
        "graph passes: move-transposes",
        "graph passes: remove-dead-nodes",
        "lowering: rematerialise",
        "lowering: lower-graph",
        "lowering: group-reductions",
        "lowering: fuse-loops",
        "lowering: scalar-replacement",
        "lowering: form-kernels",
        "lowering: contract-arrays",
        "scalar schedule: register-blocking",
        "scalar schedule: collapse-loops",
        "scalar schedule: hoist-invariants",
        "scalar schedule: eliminate-common-subexpressions",
        "scalar schedule: compute-addresses",
        "scalar schedule: plan-memory",
        "vector schedule: distribute-loops",
        "vector schedule: drop-unit-loops",
        "vector schedule: collapse-loops",
        "vector schedule: vectorise",
        "vector schedule: hoist-invariants",
        "vector schedule: eliminate-common-subexpressions",
        "vector schedule: estimate-cycles",
        "vector schedule: flush-subnormals",
        "vector schedule: mark-parallel-loops",
        "vector schedule: deduplicate-kernels",
        "vector schedule: compute-addresses",
        "vector schedule: reduce-strength",
        "vector schedule: plan-memory",
      ]
    `);
  });
  it("runs only required stages after the one that it stops after", () => {
    expect(stagesRun({ stopAfter: "fuse-loops" }).slice(-9)).toMatchInlineSnapshot(`
      [
        "lowering: lower-graph",
        "lowering: group-reductions",
        "lowering: fuse-loops",
        "lowering: form-kernels",
        "scalar schedule: compute-addresses",
        "scalar schedule: plan-memory",
        "vector schedule: estimate-cycles",
        "vector schedule: compute-addresses",
        "vector schedule: plan-memory",
      ]
    `);
  });
  it("stops one schedule if the other does not have the stage", () => {
    const stages = stagesRun({ stopAfter: "register-blocking" });
    expect(stages.filter((stage) => stage.startsWith("scalar"))).toEqual([
      "scalar schedule: register-blocking",
      "scalar schedule: compute-addresses",
      "scalar schedule: plan-memory",
    ]);
    expect(stages).toContain("vector schedule: reduce-strength");
  });
});
