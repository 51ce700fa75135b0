/**
 * The size of a graph and the cost of its work before fusion, so that the graphs between passes can be
 * compared. The counts are those of the loops that `--skip fuse-loops,scalar-replacement,contract-arrays` would
 * leave:
 *
 * - nodes: of the graph, and of each step of a recurrence once;
 * - FLOPs: of every stored value with everything that is computed inline for it, times the number of steps if
 *   it is in a recurrence. A value that is not stored counts once for each stored value that needs it, because
 *   each recomputes it;
 * - bytes moved: every stored value, parameter and input is read once by each stored value that needs it;
 *   stored values are also written once. A recurrence is one loop and moves each of its values once;
 * - peak bytes: the maximum over time of the total size of live stored values. Graph outputs are in storage and
 *   do not count, nor do values that a recurrence keeps within a step.
 *
 * The lowering chooses which values are stored (`lower/choose-materialised.ts`).
 */
import { sum } from "d3-array";
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node, NodeOf, Recurrence } from "../../compiler/ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../../compiler/ir/recurrence.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { bytesOfElement } from "../../compiler/loop/types.ts";
import { chooseMaterialised } from "../../compiler/lower/choose-materialised.ts";
import { flopsToMaterialise } from "../../compiler/lower/flops.ts";
import { valueLifetimes, peakOf } from "../../compiler/lower/value-lifetimes.ts";
import type { ValueLifetimes } from "../../compiler/lower/value-lifetimes.ts";
import { directOutputs, storedElement } from "../../compiler/lower/scope.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { DiffLine, GraphCounts } from "../explanation.ts";

interface CountOptions {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
}

/** Counts a compilation for its full batch, in its element type. */
export function countOptionsOf({ model, plan }: Compilation): CountOptions {
  const parameters = [...plan.storage.values()].filter(({ buffer }) => buffer.region === "parameter");
  const isDouble = parameters.some(({ buffer }) => buffer.element === "f64");
  return { float: isDouble ? "f64" : "f32", batchSize: model.training.batchSize };
}

export function graphCounts(graph: Graph, options: CountOptions): GraphCounts {
  const lives = valueLifetimes(graph);
  return {
    nodes: graph.nodes.length + sum(stepsOf(graph).map(({ step }) => step.nodes.length)),
    flops: flopsWithin(graph, lives.stored, options.batchSize),
    bytesMoved: sum([...touchesWithin(graph, lives)].map((node) => storedBytes(node, options))),
    peakBytes: peakOf(graph, lives, options.batchSize).bytes,
  };
}

/** The memory that a value takes for a full batch. */
const storedBytes = (node: Node, { float, batchSize }: CountOptions): number =>
  sizeOf(node.type.shape, batchSize) * bytesOfElement[storedElement(node, float)];

function flopsWithin(graph: Graph, stored: ReadonlySet<Node>, batchSize: number): number {
  const own = [...stored].map((node) =>
    node.op === "scan" ? 0 : flopsToMaterialise(node, stored, batchSize),
  );
  const ofSteps = [...recurrencesOf(graph)].map(([recurrence, scans]) => {
    const step = stepGraph(recurrence, scans);
    return recurrence.length * flopsWithin(step, chooseMaterialised(step), batchSize);
  });
  return sum(own) + sum(ofSteps);
}

/** Yields a value each time that it is written or read. */
function* touchesWithin(graph: Graph, lives: ValueLifetimes): Generator<Node> {
  for (const node of lives.stored) {
    if (node.op === "scan") continue;
    yield node;
    yield* lives.sourcesOf.get(node) ?? [];
  }
  for (const [recurrence, scans] of recurrencesOf(graph))
    yield* touchesOfRecurrence(recurrence, scans, lives);
  yield* touchesOfCopies(graph, lives);
}

/** Stacked values, carried state, values that a step stores for itself, and all inputs of the step. */
function touchesOfRecurrence(
  recurrence: Recurrence,
  scans: readonly NodeOf<"scan">[],
  { sourcesOf }: ValueLifetimes,
): Set<Node> {
  const stacked = new Set<Node>(scans.map(({ attributes }) => attributes.value));
  const step = stepGraph(recurrence, scans);
  const kept = [step, ...stepsOf(step).map((inner) => inner.step)].flatMap((part) => [
    ...chooseMaterialised(part),
  ]);
  return new Set<Node>([
    ...scans,
    ...(sourcesOf.get(scans[0]) ?? []),
    ...recurrence.operands.flatMap(({ argument, next }) => (next === undefined ? [] : [argument])),
    ...kept.filter((node) => !stacked.has(node)),
  ]);
}

/** An output that already has memory, as a leaf or as another output, is copied: one more read and write. */
function* touchesOfCopies(graph: Graph, { stored, sourcesOf }: ValueLifetimes): Generator<Node> {
  const direct = directOutputs(graph);
  for (const { storage, node } of graph.outputs) {
    if (direct.get(node) === storage) continue;
    yield node;
    yield* stored.has(node) || hasTrait(node, "leaf") ? [node] : (sourcesOf.get(node) ?? operandsOf(node));
  }
}

// The difference of two graph texts. Every line defines a value or an output, and the only constraint on the
// order is that operands come first. So lines are compared by content and not by position, and a value whose
// definition changed is shown as two lines, the old one above the new one. The time is linear in the length of
// the text.

/** The number of unchanged lines around each change. */
const context = 1;

/** Both texts must use the same names for the same values. Equal texts give no lines. */
export function graphDiff(before: string, after: string): DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const [inOld, inFresh] = [new Set(old), new Set(fresh)];
  const definedAnew = new Set(fresh.flatMap((line) => (inOld.has(line) ? [] : (keyOf(line) ?? []))));
  const changed = new Map<string, string>();
  // A removed line without a successor is shown after the line that it followed.
  const removed = new Map<string, string[]>([["", []]]);
  let last = "";
  for (const line of old) {
    const key = keyOf(line);
    if (inFresh.has(line)) removed.set((last = line), []);
    else if (key !== undefined && definedAnew.has(key)) changed.set(key, line);
    else removed.get(last)?.push(line);
  }
  const removedAfter = (line: string): DiffLine[] =>
    (removed.get(line) ?? []).map((text) => ({ sign: "-", text }));
  const all = fresh.flatMap((line): DiffLine[] => {
    if (inOld.has(line)) return [{ sign: " ", text: line }, ...removedAfter(line)];
    const from = changed.get(keyOf(line) ?? "");
    return [...(from === undefined ? [] : [{ sign: "-" as const, text: from }]), { sign: "+", text: line }];
  });
  return aroundChanges([...removedAfter(""), ...all]);
}

const linesOf = (text: string): string[] => text.trimEnd().split("\n");

/** What a line defines: `%name`, or the name of an output. */
const keyOf = (line: string): string | undefined =>
  /^\s*(%\S+): |^(output "[^"]*") = /.exec(line)?.slice(1).find(Boolean);

function aroundChanges(lines: readonly DiffLine[]): DiffLine[] {
  const isShown = new Array<boolean>(lines.length).fill(false);
  lines.forEach(({ sign }, i) => {
    if (sign !== " ") isShown.fill(true, Math.max(0, i - context), i + context + 1);
  });
  return lines.flatMap((line, i): DiffLine[] => {
    if (isShown[i]) return [line];
    const isGap = isShown[i - 1] === true && isShown.indexOf(true, i) > 0;
    return isGap ? [{ sign: " ", text: "…" }] : [];
  });
}
