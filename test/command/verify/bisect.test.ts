// Bisection. If one fails, it misses a stage that introduces an error, or names a correct one.
import { describe, expect, it } from "vitest";
import { bisect, bisectionText } from "../../../src/command/verify/bisect.ts";
import { graphPasses, lowering, scalarSchedule, vectorSchedule } from "../../../src/compiler/pipeline.ts";
import type { StageLists } from "../../../src/compiler/pipeline.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import type { LoopProgram } from "../../../src/compiler/loop/types.ts";
import type { Nests } from "../../../src/compiler/lower/nests.ts";
import type { Stage } from "../../../src/compiler/stages/define.ts";
import { specs } from "../../support/specs.ts";

const lists: StageLists = { graphPasses, lowering, scalarSchedule, vectorSchedule };
const model = parseModel(specs.classifier);

/** The list with one stage whose result is changed. */
const planted = <S extends Stage<Value, Value, never>, Value>(
  list: readonly S[],
  name: string,
  change: (value: Value) => Value,
): readonly S[] =>
  list.map((stage): S => {
    const { work } = stage;
    if (stage.name !== name || !("each" in work)) return stage;
    return {
      ...stage,
      work: { each: (...given: Parameters<typeof work.each>) => change(work.each(...given)) },
    };
  });

/** Changes the gradient program: removes the last kernel or nest. */
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
  it.each(["classifier", "regression"])("finds no error in the stages of the compiler: %s", (name) => {
    const bisection = bisect(parseModel(specs[name]));
    expect(bisection.first).toBeUndefined();
    expect(bisectionText(bisection, "spec.json")).toMatch(/after all \d+ stages, every program agrees/);
  });
  it.each<readonly [stage: string, list: string, lists: Partial<StageLists>]>([
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
      "shrink-temporaries",
      "lowering",
      { lowering: { ...lowering, kernels: planted(lowering.kernels, "shrink-temporaries", dropKernel) } },
    ],
    [
      "hoist-invariants",
      "scalar schedule",
      { scalarSchedule: planted(scalarSchedule, "hoist-invariants", dropKernel) },
    ],
    [
      "step-pointers",
      "vector schedule",
      {
        vectorSchedule: {
          ...vectorSchedule,
          places: planted(vectorSchedule.places, "step-pointers", dropKernel),
        },
      },
    ],
  ])("finds an error in %s", (stage, list, faulty) => {
    const bisection = bisect(model, { ...lists, ...faulty });
    expect(bisection.first).toMatchObject({ stage, list });
    expect(bisectionText(bisection, "my spec.json")).toContain(
      `the first stage whose result differs from the reference interpreter is ${stage} (${list})`,
    );
  });
});
