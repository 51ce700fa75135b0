/** The step of the optimizer: the function `update`, which changes parameters and states in place. */
import { leafName, makeGraph } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { Context } from "./context.ts";
import type { Helper } from "./context.ts";
import { findInPlace, isComputed, memoryOf } from "./in-place.ts";
import { rules } from "./operators.ts";
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

/** `taken`: the names of the emitted file that variables must not hide. */
export function updateText(plan: UpdatePlan, helpers: Set<Helper>, taken: readonly string[]): string {
  const { about, states, average } = plan;
  const zeros = states.map(
    ({ name, isScalar }) => `${stringText(name)}: torch.zeros(${isScalar ? "()" : "size"})`,
  );
  const description =
    `One step of ${commentText(about)}, in place, for all parameters as one vector. ` +
    "Returns the learning rate.";
  return [
    "def new_states(size):",
    '    """The states of the optimizer before the first step, for this number of trainable parameters."""',
    `    return {${zeros.join(", ")}}`,
    "",
    "",
    `def update(parameters, gradient, states, step${average ? ", average" : ""}):`,
    ...[`"""${description}"""`, ...updateLines(plan, helpers, taken)].map((line) => `    ${line}`),
  ].join("\n");
}

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
function updateLines(plan: UpdatePlan, helpers: Set<Helper>, taken: readonly string[]): readonly string[] {
  const changed = changedIn(plan);
  const outputs = [plan.rate, ...changed.map(({ node }) => node)];
  const { nodes } = makeGraph(
    "update",
    outputs.map((node) => ({ storage: "", node })),
  );
  const leaf = (storage: string): string => plan.stored.get(storage) ?? identifier(storage);
  const leaves = nodes.filter((node) => plan.stored.has(leafName(node) ?? ""));
  const recognised = findInPlace(nodes, outputs, new Set(leaves));
  const names = ["parameters", "gradient", "states", "step", "average"];
  const c = new Context({ rules, leaf, helpers, recognised }, [...taken, ...names]);
  for (const step of plan.steps) c.bind(step, "step");
  const [rate, ...texts] = c.write(outputs);
  const results = changed.map((each, i) => {
    const memory = memoryOf(each.node, recognised);
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
