/**
 * Counts the size and the cost of a graph before fusion, so that the graphs before and after a pass can be
 * compared. The counts describe the loops that remain with
 * `--skip fuse-loops,scalar-replacement,contract-arrays`:
 *
 * - nodes: the nodes of the graph; the nodes of a recurrence's step count once;
 * - FLOPs: the work to compute each materialised value, including everything that is computed inline for it.
 *   A value that is computed inline for several materialised values is counted once for each of them. The work
 *   of a recurrence's step is multiplied by the number of steps;
 * - bytes moved: each materialised value is written once. Each materialised value, parameter and input is
 *   read once by each materialised value that needs it. A recurrence is one loop and moves each of its values
 *   once;
 * - peak bytes: the maximum total size of the materialised values that are live at the same time. Graph
 *   outputs are not counted, because they are in storage. Values that live only within a step of a recurrence
 *   are not counted either.
 *
 * `lower/choose-materialised.ts` decides which values are materialised.
 */
import { sum } from "d3-array";
import { leafName, operandsOf } from "../../compiler/ir/nodes.ts";
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

/** The options for counting the full batch of a compilation in its element type. */
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

/** The number of bytes of a value for a full batch. */
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

/**
 * Yields a value once for each write and each read. If a state is updated in place, its read and its write
 * count as one.
 */
function* touchesWithin(graph: Graph, lives: ValueLifetimes): Generator<Node> {
  const direct = directOutputs(graph);
  for (const node of lives.stored) {
    if (node.op === "scan") continue;
    yield node;
    for (const source of lives.sourcesOf.get(node) ?? [])
      if (leafName(source) === undefined || leafName(source) !== direct.get(node)) yield source;
  }
  for (const [recurrence, scans] of recurrencesOf(graph))
    yield* touchesOfRecurrence(recurrence, scans, lives);
  yield* touchesOfCopies(graph, lives);
}

/**
 * Returns the values that a recurrence reads or writes: stacked values, carried state, values that are
 * materialised within a step, and all inputs of the step.
 */
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

/**
 * Yields the reads and writes of copied outputs. An output is a copy if its value is a leaf, or is already
 * stored as another output.
 */
function* touchesOfCopies(graph: Graph, { stored, sourcesOf }: ValueLifetimes): Generator<Node> {
  const direct = directOutputs(graph);
  for (const { storage, node } of graph.outputs) {
    if (direct.get(node) === storage) continue;
    yield node;
    yield* stored.has(node) || hasTrait(node, "leaf") ? [node] : (sourcesOf.get(node) ?? operandsOf(node));
  }
}

// The difference of two graph texts. Each line defines a value or an output. The order of the lines can
// differ between the texts, because any order with operands first is valid, so lines are compared by what
// they define, not by position. A changed definition is shown as two lines, the old one above the new one.
// The time is linear in the length of the text.

/** The number of unchanged lines around each change. */
const context = 1;

/** Both texts must use the same names for the same values. The result is empty if the texts are equal. */
export function graphDiff(before: string, after: string): DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const [inOld, inFresh] = [new Set(old), new Set(fresh)];
  const definedAnew = new Set(fresh.flatMap((line) => (inOld.has(line) ? [] : (keyOf(line) ?? []))));
  const changed = new Map<string, string>();
  // A removed line with no counterpart in the new text is shown after the unchanged line that precedes it.
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

/** Returns what a line defines: `%name`, or the name of an output. */
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
