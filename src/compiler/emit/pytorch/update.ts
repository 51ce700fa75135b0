/** The step of the optimizer: the function `update`, which changes parameters and states in place. */
import { leafName, makeGraph, operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { Context, applied } from "./context.ts";
import type { Helper, Recognised } from "./context.ts";
import { findInPlace, isComputed, memoryOf } from "./in-place.ts";
import { rules } from "./operators.ts";
import { atom } from "./recognise-functions.ts";
import { commentText, identifier, stringText } from "./python-text.ts";

export interface UpdatePlan {
  readonly about: string;
  /** The names of the variables of stored values, by storage. */
  readonly stored: ReadonlyMap<string, string>;
  /** Nodes with the number of earlier steps, as real numbers. */
  readonly steps: readonly Node[];
  readonly next: Node;
  readonly states: readonly { readonly name: string; readonly node: Node; readonly isScalar: boolean }[];
  readonly rate: Node;
  readonly average: Node | undefined;
}

export interface WrittenUpdate {
  readonly text: string;
  /** Whether it adds numbers of all parameters, with the function `total`. */
  readonly hasTotals: boolean;
  /** Whether the update of some of the parameters needs the others only in such sums. */
  readonly isDivisible: boolean;
}

/** `taken`: the names of the emitted file that variables must not hide. */
export function writeUpdate(plan: UpdatePlan, helpers: Set<Helper>, taken: readonly string[]): WrittenUpdate {
  const { about, states, average } = plan;
  const zeros = states.map(
    ({ name, isScalar }) => `${stringText(name)}: torch.zeros(${isScalar ? "()" : "size"})`,
  );
  const description =
    `One step of ${commentText(about)}, in place, for all parameters as one vector. ` +
    "Returns the learning rate.";
  const changed = changedIn(plan);
  const outputs = [plan.rate, ...changed.map(({ node }) => node)];
  const { nodes } = makeGraph(
    "update",
    outputs.map((node) => ({ storage: "", node })),
  );
  const hasTotals = nodes.some((node) => isTotal(node));
  const given = `${average ? ", average" : ""}${hasTotals ? ", total" : ""}`;
  const lines = updateLines(plan, changed, nodes, helpers, taken);
  const text = [
    "def new_states(size):",
    '    """The states of the optimizer before the first step, for this number of trainable parameters."""',
    `    return {${zeros.join(", ")}}`,
    "",
    "",
    `def update(parameters, gradient, states, step${given}):`,
    ...[`"""${description}"""`, ...lines].map((line) => `    ${line}`),
  ].join("\n");
  return { text, hasTotals, isDivisible: nodes.every((node) => isDivisible(node)) };
}

const isVector = ({ type: { shape } }: Node): boolean => shape.length > 0;

/** Whether the value is a sum over all parameters. */
const isTotal = (node: Node): boolean =>
  (node.op === "reduceSum" || node.op === "contract") &&
  !isVector(node) &&
  operandsOf(node).every((operand) => isVector(operand));

const isDivisible = (node: Node): boolean =>
  isTotal(node) ||
  isComputed(node) ||
  node.op === "cast" ||
  (node.op === "broadcast" && !isVector(node.operands.x)) ||
  ![node, ...operandsOf(node)].some((each) => isVector(each)) ||
  leafName(node) !== undefined;

/** Sums over all parameters, which processes with a part of them add. */
const totalsIn = (nodes: readonly Node[]): ReadonlyMap<Node, Recognised> =>
  new Map(
    nodes
      .filter((node) => isTotal(node))
      .map((node): [Node, Recognised] => [
        node,
        { operands: operandsOf(node), write: (c) => atom(`total(${applied(rules, node, c).text})`, node) },
      ]),
  );

/** A value that the update changes: a state, or a variable. */
interface Changed {
  readonly variable: string;
  /** The name of the state as a Python string. */
  readonly state?: string;
  readonly node: Node;
}

function changedIn({ next, average, states }: UpdatePlan): readonly Changed[] {
  return [
    { variable: "parameters", node: next },
    ...(average ? [{ variable: "average", node: average }] : []),
    ...states.map(({ name, node }) => {
      const state = stringText(name);
      return { variable: `states[${state}]`, state, node };
    }),
  ];
}

/**
 * Values that overwrite their own memory come first, because nothing reads the old values any more. Then all others are
 * computed from the old values, and stored.
 */
function updateLines(
  plan: UpdatePlan,
  changed: readonly Changed[],
  nodes: readonly Node[],
  helpers: Set<Helper>,
  taken: readonly string[],
): readonly string[] {
  const outputs = [plan.rate, ...changed.map(({ node }) => node)];
  const leaf = (storage: string): string => plan.stored.get(storage) ?? identifier(storage);
  const leaves = nodes.filter((node) => plan.stored.has(leafName(node) ?? ""));
  const inPlace = findInPlace(nodes, outputs, new Set(leaves));
  const recognised = new Map<Node, Recognised>([...totalsIn(nodes), ...inPlace]);
  const names = ["parameters", "gradient", "states", "step", "average", "total"];
  const c = new Context({ rules, leaf, helpers, recognised }, [...taken, ...names]);
  for (const step of plan.steps) c.bind(step, "step");
  const [rate, ...texts] = c.write(outputs);
  const results = changed.map((each, i) => {
    const memory = memoryOf(each.node, inPlace);
    const isInPlace = memory !== each.node && leaf(leafName(memory) ?? "") === each.variable;
    return { ...each, text: texts[i], isInPlace };
  });
  for (const { text, isInPlace } of results) if (isInPlace && !isName(text)) c.line(text);
  const others = results.filter(({ isInPlace }) => !isInPlace);
  const copies = others.flatMap(({ variable, state, text }) =>
    state === undefined ? [`${variable}.copy_(${c.held(`next_${variable}`, text)})`] : [],
  );
  const entries = others.flatMap(({ state, node, text }) => {
    const tensor = node.type.shape.length === 0 ? c.tensor(node).text : text;
    return state === undefined ? [] : [`${state}: ${ownText(node, tensor, outputs)}`];
  });
  if (entries.length > 0) c.line(`states |= {${entries.join(", ")}}`);
  for (const copy of copies) c.line(copy);
  c.line(`return ${rate}`);
  return c.lines;
}

const isName = (text: string): boolean => /^\w+$/.test(text);

/** The text of a value in memory that no other value has. */
function ownText(node: Node, text: string, outputs: readonly Node[]): string {
  const isShared = outputs.filter((output) => output === node).length > 1;
  if (isComputed(node) && !isShared) return text;
  return `${isName(text) ? text : `(${text})`}.clone()`;
}
