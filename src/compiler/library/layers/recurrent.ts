/**
 * Recurrent layers over sequences [n, length, units]. The gates and their order are those of PyTorch
 * (torch.nn.RNN, LSTM, GRU). The part a = x · W + b does not depend on the previous step, so it is one
 * product over all positions. The loop along time computes the rest.
 *
 *     rnn   hₜ = tanh(aₜ + hₜ₋₁ · R + b_R)
 *     lstm  i, f, g, o = σ, σ, tanh, σ of aₜ + hₜ₋₁ · R + b_R
 *           cₜ = f · cₜ₋₁ + i · g        hₜ = o · tanh(cₜ)
 *     gru   r, z = σ of aₜ + hₜ₋₁ · R + b_R        n = tanh(aₜ + r · (hₜ₋₁ · R + b_R))
 *           hₜ = (1 − z) · n + z · hₜ₋₁
 *
 * A step on padding leaves the state unchanged. The last state of a padded sequence is therefore the state
 * after its last real step, and a reversed layer starts at the last real step, as with packed sequences in
 * PyTorch.
 *
 * Sources: Elman 1990 (rnn), Hochreiter and Schmidhuber 1997 (lstm), Gers et al. 2000 (its forget gate), and
 * Cho et al. 2014 (gru).
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { carried, each, recur, whole } from "../../ir/recurrence.ts";
import { choice } from "../../util/choice.ts";
import { activate, activationOf, activations } from "../activations/index.ts";
import { defaultInitialiser, initialisers } from "../initialisers/index.ts";
import type { InitialiserChoice } from "../initialisers/index.ts";
import { defineLayer, givenText, missingAxisHint, realWithLastAxis } from "./layer.ts";
import type { LayerContext, LayerInput } from "./layer.ts";

const keys = {
  units: z.int().positive().describe("The size of the state."),
  returnSequences: z
    .boolean()
    .default(false)
    .describe("If true, returns the output at every position instead of only the last one."),
  reverse: z.boolean().default(false).describe("If true, reads the sequence from its end to its beginning."),
  init: choice(initialisers)
    .optional()
    .describe("The initialiser of the weights; by default xavier-uniform."),
  recurrentInit: choice(initialisers)
    .optional()
    .describe("The initialiser of the recurrent weights; by default xavier-uniform."),
  biasInit: choice(initialisers).prefault("zeros").describe("The initialiser of both biases."),
};

interface Keys {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly reverse: boolean;
  readonly init?: InitialiserChoice | undefined;
  readonly recurrentInit?: InitialiserChoice | undefined;
  readonly biasInit: InitialiserChoice;
}

/** The step of a cell. It returns the values that the next step reads. `h` is also the output of the step. */
type Cell = (g: GraphBuilder, parts: CellParts) => { readonly h: Node; readonly c?: Node };

interface CellParts {
  /**
   * The part of the gates that depends on the input at this position: x · W + b, plus b_R unless the cell
   * adds it.
   */
  readonly inputs: Node;
  /** h · R, where h is the output of the previous step. */
  readonly product: Node;
  readonly h: Node;
  /** The state of the cell. Only an lstm has one. */
  readonly c: Node | undefined;
  /** b_R, only if the cell itself adds it. */
  readonly recurrentBias: Node | undefined;
  /** Gate number k, as a value with this name. */
  gate(gates: Node, k: number, name: string): Node;
}

interface CellFacts {
  readonly gates: number;
  readonly hasMemory: boolean;
  /** Whether b_R is added outside the loop. */
  readonly addsBothBiases: boolean;
}

/** Builds a recurrent layer from the step of its cell. */
function recurrent(
  context: LayerContext,
  input: LayerInput,
  { units, returnSequences, reverse, init, recurrentInit, biasInit }: Keys,
  { gates, hasMemory, addsBothBiases }: CellFacts,
  cell: Cell,
  family: "he" | "lecun" | "xavier" = "xavier",
): Node {
  const { g, layer } = context;
  const { x, size } = realWithLastAxis(context, input);
  const length = x.type.shape[1];
  if (x.type.shape.length !== 3 || typeof length !== "number")
    return context.refuse(`${layer} must read a sequence [n, length, units], but ${givenText([input])}`, {
      hint: missingAxisHint(input, 2),
    });

  const width = gates * units;
  const weights = (name: string, rows: number, chosen: InitialiserChoice | undefined, initKey: string) =>
    context.parameter(name, [rows, width], {
      init: chosen ?? defaultInitialiser(family),
      initKey,
      regularized: true,
      fans: { in: rows, out: units },
    });
  const biases = (name: string) =>
    context.parameter(name, [width], {
      init: biasInit,
      initKey: "biasInit",
      regularized: false,
      fans: { in: size, out: units },
    });
  const weight = weights("weight", size, init, "init");
  const matrix = weights("recurrent", units, recurrentInit, "recurrentInit");
  const bias = biases("bias");
  const recurrentBias = biases("recurrentBias");

  const product = g.part(
    "inputs_product",
    g.contract(x, weight, { batchX: [], batchY: [], sumX: [2], sumY: [0] }),
  );
  const both = addsBothBiases ? g.add(bias, recurrentBias) : bias;
  const inputs = g.named(`${layer}_inputs`, g.add(product, both));
  const zeros = g.broadcastTo(g.number(0), ["n", units]);
  const states = recur(
    g,
    { name: layer, length, reverse, mask: input.mask },
    {
      inputs: each(inputs),
      h: carried(zeros),
      matrix: whole(matrix),
      ...(hasMemory && { c: carried(zeros) }),
      ...(!addsBothBiases && { recurrentBias: whole(recurrentBias) }),
    },
    (step) => {
      const made = cell(g, {
        inputs: step.inputs,
        product: g.named(
          `${layer}_product`,
          g.contract(step.h, step.matrix, { batchX: [], batchY: [], sumX: [1], sumY: [0] }),
        ),
        h: step.h,
        c: step.c,
        recurrentBias: step.recurrentBias,
        gate: (list, k, name) =>
          g.named(`${layer}_${name}`, g.slice(list, { start: [0, k * units], shape: ["n", units] })),
      });
      const h = g.named(returnSequences ? layer : `${layer}_h`, made.h);
      return { next: { h, ...(made.c && { c: made.c }) }, value: h };
    },
  );
  if (returnSequences) return states;
  const last = reverse ? 0 : length - 1;
  return g.reshape(g.slice(states, { start: [0, last, 0], shape: ["n", 1, units] }), { shape: ["n", units] });
}

export const rnn = defineLayer({
  name: "rnn",
  about: "a recurrent layer: each position reads the state of the previous one",
  keys: {
    ...keys,
    activation: choice(activations).prefault("tanh").describe("The activation of each step."),
  },
  takes: "one input",
  mask: { of: (_, [input], keys) => (keys.returnSequences ? input.mask : undefined) },
  build: (context, [input], chosen) => {
    const facts = { gates: 1, hasMemory: false, addsBothBiases: true };
    const { family } = activationOf(chosen.activation);
    const cell: Cell = (g, { inputs, product }) => ({
      h: activate(g, g.named(`${context.layer}_sum`, g.add(inputs, product)), chosen.activation),
    });
    return recurrent(context, input, chosen, facts, cell, family);
  },
});

export const lstm = defineLayer({
  name: "lstm",
  about: "long short-term memory: gates control what the cell reads, keeps and outputs",
  keys,
  takes: "one input",
  mask: { of: (_, [input], keys) => (keys.returnSequences ? input.mask : undefined) },
  build: (context, [input], chosen) => {
    const { layer } = context;
    const cell: Cell = (g, { inputs, product, c, gate }) => {
      const sums = g.named(`${layer}_sum`, g.add(inputs, product));
      const [enters, stays, content, leaves] = ["input", "forget", "content", "output"].map((name, k) => {
        const sum = gate(sums, k, `${name}_sum`);
        return g.named(`${layer}_${name}`, name === "content" ? g.tanh(sum) : g.sigmoid(sum));
      });
      const kept = g.multiply(stays, c ?? content);
      const memory = g.named(`${layer}_cell`, g.add(kept, g.multiply(enters, content)));
      return { h: g.multiply(leaves, g.named(`${layer}_cell_tanh`, g.tanh(memory))), c: memory };
    };
    return recurrent(context, input, chosen, { gates: 4, hasMemory: true, addsBothBiases: true }, cell);
  },
});

export const gru = defineLayer({
  name: "gru",
  about: "gated recurrent unit: gates control how much of the previous state is read and kept",
  keys,
  takes: "one input",
  mask: { of: (_, [input], keys) => (keys.returnSequences ? input.mask : undefined) },
  build: (context, [input], chosen) => {
    const { layer } = context;
    const cell: Cell = (g, { inputs, product, h, recurrentBias, gate }) => {
      const past = g.named(`${layer}_past`, g.add(product, recurrentBias ?? 0));
      const sums = g.named(`${layer}_sum`, g.add(inputs, past));
      const resets = g.named(`${layer}_reset`, g.sigmoid(gate(sums, 0, "reset_sum")));
      const keeps = g.named(`${layer}_update`, g.sigmoid(gate(sums, 1, "update_sum")));
      const read = g.multiply(resets, gate(past, 2, "past_content"));
      const sum = g.named(`${layer}_new_sum`, g.add(gate(inputs, 2, "input_content"), read));
      const fresh = g.named(`${layer}_new`, g.tanh(sum));
      return { h: g.add(g.multiply(g.subtract(1, keeps), fresh), g.multiply(keeps, h)) };
    };
    return recurrent(context, input, chosen, { gates: 3, hasMemory: false, addsBothBiases: false }, cell);
  },
});
