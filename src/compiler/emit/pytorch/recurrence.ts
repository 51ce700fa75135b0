/** A recurrence as a Python loop over time. All scans over one recurrence are written as one loop. */
import type { NodeOf, StepOperand } from "../../ir/nodes.ts";
import { stepGraph, timeAxisOf } from "../../ir/recurrence.ts";

import type { Context, Rule } from "./context.ts";

export const scan: Rule<"scan"> = (node, c) => {
  const scans = c.scansOf(node.attributes.recurrence);
  const stacks = writeLoop(scans, c);
  scans.forEach((each, i) => c.bind(each, stacks[i]));
  return c.value(node);
};

/** `[:, t]` or `[t]`. */
const stepIndex = ({ argument }: StepOperand, time: string): string =>
  timeAxisOf(argument.type.shape) === 0 ? `[${time}]` : `[:, ${time}]`;

/** Writes the loop and returns the variables with the stacked values. */
function writeLoop(scans: readonly NodeOf<"scan">[], c: Context): readonly string[] {
  const [{ operands: given, attributes }] = scans;
  const { recurrence } = attributes;
  const { length, reverse, operands } = recurrence;
  const ofRole = (role: StepOperand["role"]) => operands.filter((operand) => operand.role === role);
  const held = (name: string): string => c.held(name, c.full(given[name]).text);
  for (const { name, argument } of ofRole("whole")) c.bind(argument, held(name));
  for (const { name, argument } of ofRole("carried")) {
    const variable = c.variable(argument);
    c.line(`${variable} = ${c.full(given[name]).text}`);
    c.bind(argument, variable);
  }
  const time = c.name("t");
  for (const operand of ofRole("each"))
    c.bind(operand.argument, held(operand.name) + stepIndex(operand, time));

  const stacks = scans.map(({ attributes: { value } }) => c.name(`${c.variable(value)}_steps`));
  for (const stack of stacks) c.line(`${stack} = []`);
  const step = stepGraph(recurrence, scans);
  const results = step.outputs.map(({ node }) => node);
  const steps = reverse ? `reversed(range(${length}))` : `range(${length})`;
  c.block(`for ${time} in ${steps}:`, () => {
    const nodes = c.needed(results);
    c.count(nodes, results);
    for (const node of nodes) c.writeNode(node);
    scans.forEach((each, i) => c.line(`${stacks[i]}.append(${c.full(each.attributes.value).text})`));
    const carried = ofRole("carried").map(({ argument, next }) => ({
      variable: c.value(argument).text,
      next: c.full(next ?? argument).text,
    }));
    const moved = carried.filter(({ variable, next }) => variable !== next);
    if (moved.length > 0)
      c.line(
        `${moved.map(({ variable }) => variable).join(", ")} = ${moved.map(({ next }) => next).join(", ")}`,
      );
  });
  return scans.map(({ attributes: { value } }, i) => {
    const order = reverse ? `${stacks[i]}[::-1]` : stacks[i];
    return `torch.stack(${order}, ${timeAxisOf(value.type.shape)})`;
  });
}
