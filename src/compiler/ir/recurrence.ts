/**
 * Recurrences: building a `scan`, finding the recurrences of a graph, and rewriting their bodies. The step of
 * a recurrence is a separate graph (`stepGraph`), so all code for graphs also works for steps.
 *
 *   h = recur(g, { name, length }, { x: each(xs), before: carried(h0), u: whole(U) },
 *     ({ x, before, u }) => …)
 */
import { rewriteGraph, withOperands } from "./builder.ts";
import type { GraphBuilder } from "./builder.ts";
import { collectNodes, makeGraph, operandsOf } from "./nodes.ts";
import type { Attributes, Graph, Node, NodeOf, Recurrence, StepOperand } from "./nodes.ts";
import { tensorType, TypeRefusal } from "./types.ts";
import type { Shape, TensorType } from "./types.ts";

/**
 * The time axis of a stack: the axis after the batch axis, or the first axis if a step has no batch axis.
 */
export const timeAxisOf = (step: Shape): number => (step[0] === "n" ? 1 : 0);

/** The list `at` with `time` inserted at the time axis, for a step with the shape `step`. */
export const atTime = <T>(step: Shape, at: readonly T[], time: T): T[] =>
  at.toSpliced(timeAxisOf(step), 0, time);

/** The type of a value stacked over all steps. */
export const stackedType = ({ element, shape }: TensorType, length: number): TensorType =>
  tensorType(element, atTime(shape, shape, length));

/**
 * The type of one step of a sequence.
 * @throws TypeRefusal if the type is not a sequence of that length.
 */
export function stepType({ element, shape }: TensorType, length: number): TensorType {
  const axis = timeAxisOf(shape);
  if (shape[axis] !== length) throw new TypeRefusal(`[${shape.join()}] is not a sequence of ${length} steps`);
  const step = shape.toSpliced(axis, 1);
  // Steps of this sequence would contain a batch axis, so `stackedType` would put the time axis after it.
  if (timeAxisOf(step) !== axis)
    throw new TypeRefusal(`[${shape.join()}] must have the batch axis before the time axis`);
  return tensorType(element, step);
}

/** An operand of a recurrence under construction. */
export interface RecurrenceInput {
  readonly role: StepOperand["role"];
  readonly node: Node;
}
export const each = (node: Node): RecurrenceInput => ({ role: "each", node });
export const carried = (node: Node): RecurrenceInput => ({ role: "carried", node });
export const whole = (node: Node): RecurrenceInput => ({ role: "whole", node });

/** The results of a step: the value that is stacked, and the next value of each carried operand. */
export interface Step {
  readonly next: Readonly<Record<string, Node>>;
  readonly value: Node;
}

/** The arguments of a step, by operand name. */
type Parts<Operands> = { readonly [Name in keyof Operands]: Node };

export interface RecurrenceFacts {
  /** The prefix of the argument names. */
  readonly name: string;
  readonly length: number;
  readonly reverse?: boolean;
  /** A bool [n, length]. Where it is false, a step does not change the carried values of the row. */
  readonly mask?: Node | undefined;
}

/** The name of the operand that contains the mask. */
const maskName = "isReal";

/**
 * Stacks the values that `step` computes from its arguments in `length` steps. If the stacked value is also
 * the next value of a carried operand, the masked value is stacked: on padding, it repeats the previous
 * value.
 */
export function recur<Operands extends { readonly [name: string]: RecurrenceInput | undefined }>(
  g: GraphBuilder,
  { name: prefix, length, reverse = false, mask }: RecurrenceFacts,
  given: Operands,
  step: (parts: Parts<Operands>) => Step,
): Node {
  const masks = mask === undefined ? [] : [{ name: maskName, ...each(mask) }];
  const named = Object.entries(given).flatMap(([name, operand]) =>
    operand === undefined ? [] : [{ name, ...operand }],
  );
  const entries = [...named, ...masks];
  const made = entries.map(({ name, role, node }) => ({
    name,
    role,
    argument: argumentNode(g, `${prefix}_${name}`, role === "each" ? stepType(node.type, length) : node.type),
  }));
  const { next, value } = step(
    asParts(Object.fromEntries(made.map(({ name, argument }) => [name, argument]))),
  );
  const isReal = mask && made.at(-1)?.argument;
  const kept = new Map<Node, Node>();
  const operands = made.map((operand) => {
    if (operand.role !== "carried") return operand;
    const own = next[operand.name];
    const carriedOn = isReal === undefined ? own : whereReal(g, isReal, own, operand.argument);
    kept.set(own, carriedOn);
    return { ...operand, next: carriedOn };
  });
  return scanOf(
    g,
    { length, reverse, operands },
    kept.get(value) ?? value,
    entries.map(({ node }) => node),
  );
}

/** The next value in rows whose position is real (not padding), otherwise the value before the step. */
function whereReal(g: GraphBuilder, isReal: Node, next: Node, before: Node): Node {
  const { shape } = next.type;
  if (shape[0] !== "n") return next;
  const axes = shape.slice(1).map((_, axis) => axis + 1);
  const kept = g.select(g.repeatAlong(isReal, axes, shape), next, before);
  return next.name === undefined ? kept : g.named(`${next.name}_kept`, kept);
}

/**
 * `Object.fromEntries` loses the record type. Only this function contains the type assertion that restores
 * it.
 */
const asParts = <Operands>(parts: object): Parts<Operands> => parts as Parts<Operands>;

export function argumentNode(g: GraphBuilder, name: string, type: TensorType): NodeOf<"argument"> {
  const node = g.argument({ name, type });
  if (node.op !== "argument") throw new Error("internal: the builder did not make an argument");
  return node;
}

/** A scan that stacks one value of a recurrence. `operands` are the operands of the recurrence. */
export const scanOf = (
  g: GraphBuilder,
  recurrence: Recurrence,
  value: Node,
  operands: readonly Node[],
): Node => g.make("scan", operands, { recurrence, value });

/** The nodes whose value changes from step to step. `nodes` lists the nodes of a step, operands first. */
export function varyingNodes(nodes: readonly Node[], operands: readonly StepOperand[]): Set<Node> {
  const varying = new Set<Node>(
    operands.flatMap(({ role, argument }) => (role === "whole" ? [] : [argument])),
  );
  for (const node of nodes) if (operandsOf(node).some((operand) => varying.has(operand))) varying.add(node);
  return varying;
}

/** The recurrences of a graph, in order, with the scans of each. */
export function recurrencesOf({ nodes }: Pick<Graph, "nodes">): Map<Recurrence, NodeOf<"scan">[]> {
  const found = new Map<Recurrence, NodeOf<"scan">[]>();
  for (const node of nodes) {
    if (node.op !== "scan") continue;
    const { recurrence } = node.attributes;
    found.set(recurrence, [...(found.get(recurrence) ?? []), node]);
  }
  return found;
}

/**
 * The body of a recurrence as a graph. Its outputs are `next:NAME` for carried operands and `value:0`,
 * `value:1`, … for the values of the scans.
 */
export const stepGraph = (recurrence: Recurrence, scans: readonly NodeOf<"scan">[]): Graph =>
  makeGraph("step", [
    ...recurrence.operands.flatMap(({ name, next }) =>
      next === undefined ? [] : [{ storage: `next:${name}`, node: next }],
    ),
    ...scans.map(({ attributes }, k) => ({ storage: `value:${k}`, node: attributes.value })),
  ]);

/** The step of every recurrence in the graph, as a separate graph. Inner steps come first. */
export function stepsOf(graph: Graph): { readonly recurrence: Recurrence; readonly step: Graph }[] {
  return [...recurrencesOf(graph)].flatMap(([recurrence, scans]) => {
    const step = stepGraph(recurrence, scans);
    return [...stepsOf(step), { recurrence, step }];
  });
}

/**
 * Rewrites the body of every recurrence of the graph, including inner recurrences. Scans that shared a
 * recurrence still share one afterwards.
 */
export function rewriteSteps(graph: Graph, g: GraphBuilder, rewrite: (step: Graph) => Graph): Graph {
  const images = new Map<Attributes<"scan">, Attributes<"scan">>();
  for (const [recurrence, scans] of recurrencesOf(graph)) {
    const before = stepGraph(recurrence, scans);
    const after = rewrite(rewriteSteps(before, g, rewrite));
    if (after === before) continue;
    const made = new Map(after.outputs.map(({ storage, node }) => [storage, node]));
    const operands = recurrence.operands.map((operand) =>
      operand.next === undefined ? operand : { ...operand, next: made.get(`next:${operand.name}`) },
    );
    const rewritten: Recurrence = { ...recurrence, operands };
    scans.forEach(({ attributes }, k) =>
      images.set(attributes, { recurrence: rewritten, value: made.get(`value:${k}`) ?? attributes.value }),
    );
  }
  return replaceScans(graph, g, (scan) => images.get(scan.attributes));
}

/**
 * Replaces the attributes of some scans. Each of these scans keeps only the operands that its new recurrence
 * names.
 */
function replaceScans(
  graph: Graph,
  g: GraphBuilder,
  replace: (scan: NodeOf<"scan">) => Attributes<"scan"> | undefined,
): Graph {
  return rewriteGraph(graph, g, (node) => {
    const attributes = node.op === "scan" ? replace(node) : undefined;
    if (node.op !== "scan" || attributes === undefined) return node;
    const given: Readonly<Record<string, Node>> = node.operands;
    const operands = attributes.recurrence.operands.map(({ name }) => given[name]);
    return withOperands(g, { ...node, attributes }, operands);
  });
}

/** The recurrence with only those operands that are needed to compute these values. */
function pruned(recurrence: Recurrence, values: readonly Node[]): Recurrence {
  const needed = new Set<Node>();
  const roots = [...values];
  for (let root = roots.pop(); root !== undefined; root = roots.pop())
    for (const node of collectNodes([{ storage: "root", node: root }])) {
      if (node.op !== "argument" || needed.has(node)) continue;
      needed.add(node);
      const next = recurrence.operands.find(({ argument }) => argument === node)?.next;
      if (next !== undefined) roots.push(next);
    }
  const operands = recurrence.operands.filter(({ argument }) => needed.has(argument));
  return operands.length === recurrence.operands.length ? recurrence : { ...recurrence, operands };
}

/** Removes from each scan the operands that its recurrence does not read. */
export function pruneOperands(graph: Graph, g: GraphBuilder): Graph {
  const images = new Map<Recurrence, Recurrence>();
  for (const [recurrence, scans] of recurrencesOf(graph)) {
    const prunedRecurrence = pruned(
      recurrence,
      scans.map(({ attributes }) => attributes.value),
    );
    if (prunedRecurrence !== recurrence) images.set(recurrence, prunedRecurrence);
  }
  return replaceScans(graph, g, ({ attributes }) => {
    const recurrence = images.get(attributes.recurrence);
    return recurrence === undefined ? undefined : { ...attributes, recurrence };
  });
}
