/** A recurrence as `Scan`: its body is the step, and its outputs are the values that the scans stack. */
import type { NodeOf } from "../../ir/nodes.ts";
import { stepGraph, timeAxisOf } from "../../ir/recurrence.ts";
import type { Context, Rule } from "./context.ts";
import type { Typed, Value } from "./graph-writer.ts";

/** Writes all scans of the recurrence at the first of them. */
export const scan: Rule<"scan"> = (node, c) => {
  const scans = c.scansOf(node.attributes.recurrence);
  writeScans(scans, c).forEach((value, i) => c.bind(scans[i], value));
  return c.value(node);
};

function writeScans(scans: readonly NodeOf<"scan">[], c: Context): readonly Value[] {
  const [{ operands: given, attributes }] = scans;
  const { recurrence } = attributes;
  const { length, reverse, operands } = recurrence;
  const inner = c.inner();
  const argumentOf = ({ argument }: (typeof operands)[number]): Typed => {
    const value = inner.writer.input(argument.attributes.name);
    inner.bind(argument, value);
    return { value, ...argument.type };
  };
  for (const { name, role, argument } of operands)
    if (role === "whole") inner.bind(argument, c.value(given[name]));
  const carried = operands.filter(({ role }) => role === "carried");
  const sequences = operands.filter(({ role }) => role === "each");
  const inputs = [...carried, ...sequences].map(argumentOf);
  inner.write(stepGraph(recurrence, scans).nodes);
  const made = [
    ...carried.map(({ argument, next }) => next ?? argument),
    ...scans.map((each) => each.attributes.value),
  ];
  const outputs = inner.writer.exposed(made.map((each) => ({ value: inner.value(each), ...each.type })));

  // A Scan needs a sequence, which decides how many steps it takes.
  const clock = sequences.length > 0 ? [] : [inner.writer.input("step")];
  const ticks = clock.map(() => c.writer.constant("i32", [length], new Int32Array(length)));
  const directions = (count: number): number[] => Array.from({ length: count }, () => Number(reverse));
  const axes = sequences.map(({ argument }) => timeAxisOf(argument.type.shape));
  const results = c.writer.makeAll(
    "Scan",
    [...[...carried, ...sequences].map(({ name }) => c.value(given[name])), ...ticks],
    {
      body: {
        writer: inner.writer,
        name: "step",
        inputs: [...inputs, ...clock.map((value): Typed => ({ value, element: "i32", shape: [] }))],
        outputs,
      },
      num_scan_inputs: sequences.length + clock.length,
      scan_input_axes: [...axes, ...clock.map(() => 0)],
      scan_input_directions: directions(sequences.length + clock.length),
      scan_output_axes: scans.map((each) => timeAxisOf(each.attributes.value.type.shape)),
      scan_output_directions: directions(scans.length),
    },
    carried.length + scans.length,
  );
  return results.slice(carried.length);
}
