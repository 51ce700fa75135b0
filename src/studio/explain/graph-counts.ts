/**
 * How large a graph is, and what its work would take, before anything is fused: figures by which the graphs
 * between passes can be compared. They are those of the loops that `--skip
 * fuse-loops,scalar-replacement,contract-arrays` would leave:
 *
 * - nodes: of the graph, and of each step of a recurrence once;
 * - FLOPs: of every stored value with all that is computed on the way to it, as often as its step is
 *   repeated. What is not stored
 *   counts for each stored value that needs it, since each computes it again;
 * - bytes moved: every stored value is written once, and read once by each stored value that it is needed
 *   for, parameters and inputs
 *   likewise. A recurrence is one loop, and moves each of its values once;
 * - peak bytes: the largest sum of the stored values that are live at once. What leaves the graph lies in
 *   storage and does not count,
 *   nor does what a recurrence keeps within a step.
 *
 * Which values are stored is the lowering's own choice (`lower/choose-stored.ts`).
 */
import { sum } from "d3-array";
import { operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node, NodeOf, Recurrence } from "../../compiler/ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../../compiler/ir/recurrence.ts";
import { sizeOf } from "../../compiler/ir/types.ts";
import { bytesOfElement } from "../../compiler/loop/types.ts";
import { chooseStored } from "../../compiler/lower/choose-stored.ts";
import { flopsToStore } from "../../compiler/lower/flops.ts";
import { livesOf, peakOf } from "../../compiler/lower/lives.ts";
import type { Lives } from "../../compiler/lower/lives.ts";
import { directPlaces, storedElement } from "../../compiler/lower/scope.ts";
import { hasTrait } from "../../compiler/ops/index.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import type { DiffLine, GraphCounts } from "../explanation.ts";

interface CountOptions {
  readonly float: "f32" | "f64";
  readonly batchSize: number;
}

/** As a compilation is counted: for its full batch, in its element type. */
export function countOptionsOf({ model, plan }: Compilation): CountOptions {
  const parameters = [...plan.storage.values()].filter(({ buffer }) => buffer.region === "parameter");
  const isDouble = parameters.some(({ buffer }) => buffer.element === "f64");
  return { float: isDouble ? "f64" : "f32", batchSize: model.training.batchSize };
}

export function graphCounts(graph: Graph, options: CountOptions): GraphCounts {
  const lives = livesOf(graph);
  return {
    nodes: graph.nodes.length + sum(stepsOf(graph).map(({ step }) => step.nodes.length)),
    flops: flopsWithin(graph, lives.stored, options.batchSize),
    bytesMoved: sum([...touchesWithin(graph, lives)].map((node) => storedBytes(node, options))),
    peakBytes: peakOf(graph, lives, options.batchSize).bytes,
  };
}

/** What a value takes in memory, for a full batch. */
const storedBytes = (node: Node, { float, batchSize }: CountOptions): number =>
  sizeOf(node.type.shape, batchSize) * bytesOfElement[storedElement(node, float)];

function flopsWithin(graph: Graph, stored: ReadonlySet<Node>, batchSize: number): number {
  const own = [...stored].map((node) => (node.op === "scan" ? 0 : flopsToStore(node, stored, batchSize)));
  const ofSteps = [...recurrencesOf(graph)].map(([recurrence, scans]) => {
    const step = stepGraph(recurrence, scans);
    return recurrence.length * flopsWithin(step, chooseStored(step), batchSize);
  });
  return sum(own) + sum(ofSteps);
}

/** A value for each time that it is written or read. */
function* touchesWithin(graph: Graph, lives: Lives): Generator<Node> {
  for (const node of lives.stored) {
    if (node.op === "scan") continue;
    yield node;
    yield* lives.sourcesOf.get(node) ?? [];
  }
  for (const [recurrence, scans] of recurrencesOf(graph))
    yield* touchesOfRecurrence(recurrence, scans, lives);
  yield* touchesOfCopies(graph, lives);
}

/** What is stacked, what is carried, what a step stores for itself, and all that is given to it. */
function touchesOfRecurrence(
  recurrence: Recurrence,
  scans: readonly NodeOf<"scan">[],
  { sourcesOf }: Lives,
): Set<Node> {
  const stacked = new Set<Node>(scans.map(({ attributes }) => attributes.value));
  const step = stepGraph(recurrence, scans);
  const kept = [step, ...stepsOf(step).map((inner) => inner.step)].flatMap((part) => [...chooseStored(part)]);
  return new Set<Node>([
    ...scans,
    ...(sourcesOf.get(scans[0]) ?? []),
    ...recurrence.operands.flatMap(({ argument, next }) => (next === undefined ? [] : [argument])),
    ...kept.filter((node) => !stacked.has(node)),
  ]);
}

/** An output that lies in a place of its own already, as a leaf or as another output, is read and written once more. */
function* touchesOfCopies(graph: Graph, { stored, sourcesOf }: Lives): Generator<Node> {
  const direct = directPlaces(graph);
  for (const { storage, node } of graph.outputs) {
    if (direct.get(node) === storage) continue;
    yield node;
    yield* stored.has(node) || hasTrait(node, "leaf") ? [node] : (sourcesOf.get(node) ?? operandsOf(node));
  }
}

// How the text of one graph differs from that of another. Every line of a graph's text defines a value or an
// output, and their order says no more than that operands come first: so lines are compared by what they say,
// not by where they stand, and a value whose definition changed is shown as both of its lines, the old one
// above the new one. It takes time in proportion to the text.

/** How many unchanged lines stand around what changed. */
const context = 1;

/** Both texts name the same values alike. Of equal texts it is empty. */
export function graphDiff(before: string, after: string): DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const [inOld, inFresh] = [new Set(old), new Set(fresh)];
  const definedAnew = new Set(fresh.flatMap((line) => (inOld.has(line) ? [] : (keyOf(line) ?? []))));
  const changed = new Map<string, string>();
  // What goes without a successor is shown behind the line after which it stood.
  const gone = new Map<string, string[]>([["", []]]);
  let last = "";
  for (const line of old) {
    const key = keyOf(line);
    if (inFresh.has(line)) gone.set((last = line), []);
    else if (key !== undefined && definedAnew.has(key)) changed.set(key, line);
    else gone.get(last)?.push(line);
  }
  const goneAfter = (line: string): DiffLine[] => (gone.get(line) ?? []).map((text) => ({ sign: "-", text }));
  const all = fresh.flatMap((line): DiffLine[] => {
    if (inOld.has(line)) return [{ sign: " ", text: line }, ...goneAfter(line)];
    const from = changed.get(keyOf(line) ?? "");
    return [...(from === undefined ? [] : [{ sign: "-" as const, text: from }]), { sign: "+", text: line }];
  });
  return aroundChanges([...goneAfter(""), ...all]);
}

const linesOf = (text: string): string[] => text.trimEnd().split("\n");

/** What a line defines: `%name`, or the place of an output. */
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
