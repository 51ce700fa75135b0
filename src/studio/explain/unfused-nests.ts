/**
 * What a program would be if nothing were fused: a nest for each value that is stored then, and one for each
 * output that lies elsewhere first and is copied to its place. Fusing saves what these move more than the
 * kernels do.
 */
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { accessesOf } from "../../compiler/loop/accesses.ts";
import type { Kernel, LoopProgram } from "../../compiler/loop/types.ts";
import { kernelsOf } from "../../compiler/lower/nests.ts";
import { lowering } from "../../compiler/pipeline.ts";
import type { Compilation, ProgramName } from "../../compiler/pipeline.ts";
import { runStage } from "../../compiler/stages/run.ts";
import { countOptionsOf } from "./graph-counts.ts";

export function unfusedNests(program: ProgramName, compilation: Compilation): LoopProgram {
  const { lean, copies, plan } = compilation;
  const graph = lean.find(({ name }) => name === program);
  invariant(graph !== undefined, `there is no program ${program}`);
  const storage = new Map([...plan.storage].map(([name, { buffer }]) => [name, buffer]));
  const [nests] = runStage(lowering.toNests, [{ graph, copies }], {
    ...countOptionsOf(compilation),
    storage,
  });
  return kernelsOf(nests);
}

/**
 * Which of a program's kernels does a nest's work: that with its node, or of a copy that which stores what it
 * stores.
 */
export function kernelOfNest(kernels: readonly Kernel[]): (nest: Kernel) => number {
  const ofNode = new Map(kernels.flatMap(({ provenance }, k) => provenance.map(({ node }) => [node, k])));
  const stored = kernels.map(({ body }) => accessesOf(body).stored);
  return ({ name, provenance, body }) => {
    const known = provenance.flatMap(({ node }) => (node && ofNode.get(node)) ?? []).at(0);
    if (known !== undefined) return known;
    const place = stored.findIndex((own) => [...accessesOf(body).stored].some((buffer) => own.has(buffer)));
    invariant(place >= 0, `no kernel does what the nest ${name} does`);
    return place;
  };
}
