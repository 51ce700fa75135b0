// Bisection over the compiler's stages. If a test fails, bisection misses a stage that introduces an error,
// or names a correct stage.
import { describe, expect, it } from "vitest";
import { bisect, bisectionText } from "../../../src/command/verify/bisect.ts";
import {
  derivation,
  graphPasses,
  lowering,
  scalarSchedule,
  vectorSchedule,
} from "../../../src/compiler/pipeline.ts";
import type { StageLists } from "../../../src/compiler/pipeline.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import type { PlannedPrograms } from "../../../src/compiler/loop/types.ts";
import type { LoopProgram } from "../../../src/compiler/loop/types.ts";
import type { Nests } from "../../../src/compiler/lower/nests.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import type { Stage } from "../../../src/compiler/stages/define.ts";
import { specs } from "../../support/specs.ts";

const lists: StageLists = { derivation, graphPasses, lowering, scalarSchedule, vectorSchedule };
const model = parseModel(specs.classifier);
const { training } = specs.classifier;
const grouped = parseModel({
  ...specs.classifier,
  training: { ...training, accumulate: 3, average: { decay: 0.9 } },
});

/** The list with one stage whose result is changed. */
const planted = <S extends Stage<Value, Value, never>, Value>(
  list: readonly S[],
  name: string,
  change: (value: Value) => Value,
): readonly S[] => list.map((stage) => (stage.name === name ? changed(stage, change) : stage));

/** The stage with a changed result. */
function changed<S extends Stage<never, Out, never>, Out>(stage: S, change: (value: Out) => Out): S {
  const { work } = stage;
  return "each" in work
    ? { ...stage, work: { each: (...given: Parameters<typeof work.each>) => change(work.each(...given)) } }
    : { ...stage, work: { all: (...given: Parameters<typeof work.all>) => work.all(...given).map(change) } };
}

/** Changes the gradient program: removes the last item of a list of kernels or nests. */
const withoutLast = <T>(program: string, wanted: string, list: readonly T[]): readonly T[] =>
  program === wanted ? list.slice(0, -1) : list;
const dropKernel = (program: LoopProgram): LoopProgram => ({
  ...program,
  kernels: withoutLast(program.name, "gradient", program.kernels),
});
const dropNest = (nests: Nests): Nests => ({
  ...nests,
  nests: withoutLast(nests.graph.name, "update", nests.nests),
});
/** Doubles the last gradient. */
function doubleLast(graph: Graph): Graph {
  const { storage, node } = graph.outputs.at(-1) ?? {};
  if (graph.name !== "gradient" || storage === undefined || node === undefined) return graph;
  const g = createBuilder("f64");
  return makeGraph(graph.name, [...graph.outputs.slice(0, -1), { storage, node: g.add(node, node) }]);
}

/** A plan in which all temporaries of a program have the same offset. */
function pileUp({ programs, plan }: PlannedPrograms): PlannedPrograms {
  const temporaries = new Map(
    [...plan.temporaries].map(([program, places]) => {
      const start = Math.min(...[...places.values()].map(({ offset }) => offset));
      return [program, new Map([...places].map(([name, place]) => [name, { ...place, offset: start }]))];
    }),
  );
  return { programs, plan: { ...plan, temporaries } };
}

/** Swaps the first two outputs of equal type. */
function swapOutputs(graph: Graph): Graph {
  const [first, ...others] = graph.outputs;
  const second = others.find(({ node }) => JSON.stringify(node.type) === JSON.stringify(first.node.type));
  if (second === undefined) return graph;
  const swapped = new Map([
    [first.storage, second.node],
    [second.storage, first.node],
  ]);
  const outputs = graph.outputs.map(({ storage, node }) => ({ storage, node: swapped.get(storage) ?? node }));
  return { ...graph, outputs };
}

describe("bisect", () => {
  it.each([
    ["classifier", model],
    ["regression", parseModel(specs.regression)],
    ["groups of batches and averaged weights", grouped],
  ])("finds no error in the stages of the compiler: %s", (_, each) => {
    const bisection = bisect(each);
    expect(bisection.first).toBeUndefined();
    expect(bisectionText(bisection, "spec.json")).toMatch(/after all \d+ stages, every program agrees/);
  });
  it.each<readonly [stage: string, list: string, lists: Partial<StageLists>]>([
    [
      "differentiate",
      "derivation",
      { derivation: { ...derivation, differentiate: changed(derivation.differentiate, doubleLast) } },
    ],
    [
      "accumulate-gradients",
      "derivation",
      { derivation: { ...derivation, step: planted(derivation.step, "accumulate-gradients", doubleLast) } },
    ],
    [
      "average-weights",
      "derivation",
      { derivation: { ...derivation, step: planted(derivation.step, "average-weights", doubleLast) } },
    ],
    [
      "erase-stop-gradients",
      "graph passes",
      { graphPasses: planted(graphPasses, "erase-stop-gradients", swapOutputs) },
    ],
    [
      "fuse-loops",
      "lowering",
      { lowering: { ...lowering, nests: planted(lowering.nests, "fuse-loops", dropNest) } },
    ],
    [
      "contract-arrays",
      "lowering",
      { lowering: { ...lowering, kernels: planted(lowering.kernels, "contract-arrays", dropKernel) } },
    ],
    [
      "hoist-invariants",
      "scalar schedule",
      {
        scalarSchedule: {
          ...scalarSchedule,
          loops: planted(scalarSchedule.loops, "hoist-invariants", dropKernel),
        },
      },
    ],
    [
      "reduce-strength",
      "vector schedule",
      {
        vectorSchedule: {
          ...vectorSchedule,
          addresses: planted(vectorSchedule.addresses, "reduce-strength", dropKernel),
        },
      },
    ],
  ])("finds an error in %s", (stage, list, faulty) => {
    const bisection = bisect(list === "derivation" ? grouped : model, { ...lists, ...faulty });
    expect(bisection.first).toMatchObject({ stage, list });
    expect(bisectionText(bisection, "my spec.json")).toContain(
      `the first stage whose result differs from the reference interpreter is ${stage} (${list})`,
    );
  });
  it("names the memory plan where its check is off and temporaries overlap", () => {
    const plan = changed(scalarSchedule.plan, pileUp);
    expect(() => bisect(model, { ...lists, scalarSchedule: { ...scalarSchedule, plan } })).toThrow(
      /internal: after plan-memory, the memory plan is malformed:\n.* overlap/,
    );
    const unchecked = { ...plan, gives: { ...plan.gives, check: () => {} } };
    const { first } = bisect(model, { ...lists, scalarSchedule: { ...scalarSchedule, plan: unchecked } });
    expect(first).toMatchObject({ stage: "plan-memory", list: "scalar schedule" });
  });
});
