/**
 * A recurrence repeats a step along time and stacks the step's value. With carried values h, sequences x and
 * whole operands w:
 *
 *     h₀ given,   (hₜ, yₜ) = step(hₜ₋₁, xₜ, w) for t = 0 … T − 1 or backwards,   z = y₀ … y_(T−1) along time
 *
 * Its derivative is a recurrence in the opposite direction that carries the cotangents of h (Werbos 1990,
 * "Backpropagation through time"). Reverse accumulation through the body of the step computes:
 *
 *     (dhₜ₋₁, dxₜ, dwₜ) = step.vjp(dhₜ, dzₜ)      dw = Σ_t dwₜ
 *
 * `scan-vjp.ts` decides which values of the forward steps are saved for the derivative, and moves the sum of
 * dwₜ out of the loop.
 */
import { sameType, TypeRefusal, typeText } from "../../ir/types.ts";
import { argumentNode, stackedType, stepType, timeAxisOf } from "../../ir/recurrence.ts";
import type { Node } from "../../ir/nodes.ts";
import { defineOp, uniform } from "../define.ts";
import { scanVjp } from "./scan-vjp.ts";
import { countOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

/** The shape of one step, and the sizes of a stack before (`outer`) and after (`inner`) its time axis. */
function cut(step: Node, rows: number) {
  const { shape } = step.type;
  const axis = timeAxisOf(shape);
  const sizes = shape.map((dimension) => (dimension === "n" ? rows : dimension));
  return { shape: sizes, outer: countOf(sizes.slice(0, axis)), inner: countOf(sizes.slice(axis)) };
}

/** The elements of one step of a sequence. */
function elementAtTime(step: Node, { data }: Tensor, t: number, length: number, rows: number): Tensor {
  const { shape, outer, inner } = cut(step, rows);
  const part = new Float64Array(outer * inner);
  for (let i = 0; i < outer; i++)
    part.set(data.subarray((i * length + t) * inner, (i * length + t + 1) * inner), i * inner);
  return { shape, data: part };
}

export const scan = defineOp({
  name: "scan",
  traits: ["recurrence"],
  infer: (types, { recurrence, value }) => {
    const { length, operands } = recurrence;
    for (const { name, role, argument, next } of operands) {
      const seen = role === "each" ? stepType(types[name], length) : types[name];
      if (!sameType(seen, argument.type))
        throw new TypeRefusal(
          `the argument ${name} of the step has the type ${typeText(argument.type)}, ` +
            `but its value has ${typeText(seen)}`,
        );
      if ((role === "carried") !== (next !== undefined))
        throw new TypeRefusal(
          `${name} is ${role}, so the step ${next ? "must not" : "must"} compute its next value`,
        );
      if (next !== undefined && !sameType(next.type, argument.type))
        throw new TypeRefusal(
          `${name} has the type ${typeText(argument.type)}, but its next value has ${typeText(next.type)}`,
        );
    }
    return stackedType(value.type, length);
  },
  vjp: scanVjp,
  lower: { kind: "recurrence" },
  evaluate: (given, { attributes: { recurrence, value } }, shape, rows, body) => {
    const { length, reverse, operands } = recurrence;
    const data = new Float64Array(countOf(shape));
    const { outer, inner } = cut(value, rows);
    const carriedOperands = operands.filter(({ role }) => role === "carried");
    let state = carriedOperands.map(({ name }) => given[name]);
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const known = new Map<Node, Tensor>();
      for (const { name, role, argument } of operands)
        if (role !== "carried")
          known.set(
            argument,
            role === "each" ? elementAtTime(argument, given[name], t, length, rows) : given[name],
          );
      carriedOperands.forEach(({ argument }, i) => known.set(argument, state[i]));
      const [made, ...next] = body(
        [value, ...carriedOperands.map((operand) => operand.next ?? value)],
        known,
        rows,
      );
      for (let i = 0; i < outer; i++)
        data.set(made.data.subarray(i * inner, (i + 1) * inner), (i * length + t) * inner);
      state = next;
    }
    return { shape: [...shape], data };
  },
  samples: [false, true].map((reverse) => ({
    // h ← tanh(x + h · w); the value is h · x with the new h
    operands: { x: uniform(["n", 4, 3]), h: uniform(["n", 3]), w: uniform([3, 3]) },
    attributes: (g) => {
      const [x, h] = ["x", "h"].map((name) => argumentNode(g, name, { element: "f64", shape: ["n", 3] }));
      const w = argumentNode(g, "w", { element: "f64", shape: [3, 3] });
      const next = g.tanh(g.add(x, g.contract(h, w, { batchX: [], batchY: [], sumX: [1], sumY: [0] })));
      const operands = [
        { name: "x", role: "each" as const, argument: x },
        { name: "h", role: "carried" as const, argument: h, next },
        { name: "w", role: "whole" as const, argument: w },
      ];
      return { recurrence: { length: 4, reverse, operands }, value: g.multiply(next, x) };
    },
  })),
});
