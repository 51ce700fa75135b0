// The schema of one layer, blocks of layers included: what may be written, with defaults and a line for
// editors on every key. What a layer's own keys are comes from the library's table.
import * as z from "zod";
import { layers, recurrentLayers } from "../library/layers/index.ts";
import { choice } from "../util/choice.ts";
import type { Choice, ChoiceInput } from "../util/choice.ts";

/** Names of specs, inputs, targets and layers; checked with what depends on other names in check-names.ts. */
export const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What only editors are told here: the compiler's own checks of names say more than a pattern can. */
export const named = { pattern: namePattern.source };

/** Keys of every layer and block, whatever its type. */
const layerKeys = {
  name: z
    .string()
    .optional()
    .meta({
      ...named,
      description: "How the layer and its parameters are called; by default its type and an ordinal.",
    }),
  from: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe("The input or earlier layer that it reads, or a list of them; by default the layer before it."),
  trainable: z
    .boolean()
    .default(true)
    .describe("false freezes the layer: its gradients are not computed at all."),
};

/** A row without `reverse`, for a bidirectional block runs its layer both ways. */
function bothWays<Keys extends z.ZodRawShape>(row: { about: string; keys: Keys & { reverse: z.ZodType } }) {
  const { reverse: _, ...keys } = row.keys;
  return { about: row.about, keys };
}

const { rnn, lstm, gru } = recurrentLayers;
const recurrent = { rnn: bothWays(rnn), lstm: bothWays(lstm), gru: bothWays(gru) };

type Keys = typeof layerKeys;
type Common = z.output<z.ZodObject<Keys>>;
type CommonInput = z.input<z.ZodObject<Keys>>;

/**
 * One layer or block as people write it. A block holds layers, so the type speaks of itself. These types are
 * exported so that the declarations of what is made of them can refer to them by name: written out, they
 * would be longer than TypeScript writes.
 */
export type LayerSpec =
  | ChoiceInput<typeof layers, Keys>
  | Block["type"]
  | (CommonInput & {
      type: "residual";
      layers: LayerSpec[];
      shortcut?: LayerSpec[] | undefined;
    })
  | (CommonInput & { type: "repeat"; times: number; layers: LayerSpec[] })
  | (CommonInput & { type: "bidirectional"; layer: ChoiceInput<typeof recurrent> });

/** The same with short forms written out and defaults filled in. */
export type FullLayer = PlainLayer | Block;

export type PlainLayer = Choice<typeof layers, Keys>;

export type Block =
  | (Common & { type: "residual"; layers: FullLayer[]; shortcut?: FullLayer[] | undefined })
  | (Common & { type: "repeat"; times: number; layers: FullLayer[] })
  | (Common & { type: "bidirectional"; layer: Choice<typeof recurrent> });

const inner: z.ZodType<FullLayer[], LayerSpec[]> = z.array(z.lazy(() => layerSchema)).min(1);

/** Layers made of layers; `written-network.ts` expands them, so later stages do not know blocks. */
const blocks = {
  residual: {
    about: "a block of layers whose output is added to its input",
    keys: {
      layers: inner.describe("The layers of the block; the first reads the block's input."),
      shortcut: inner
        .optional()
        .describe("Layers that the input goes through before it is added, where its shape must change."),
    },
  },
  repeat: {
    about: "a block of layers that is stacked several times, each time with parameters of its own",
    keys: {
      times: z.int().positive().describe("How often the block is stacked."),
      layers: inner.describe("The layers of the block; the first reads the output of the block before."),
    },
  },
  bidirectional: {
    about: "a recurrent layer over time and a second one against it, their outputs side by side",
    keys: {
      layer: choice(recurrent).describe("The layer that runs both ways."),
    },
  },
};

/** A layer or a block of them. Its name in the JSON Schema lets blocks refer to it. */
export const layerSchema: z.ZodType<FullLayer, LayerSpec> = choice({ ...layers, ...blocks }, layerKeys).meta({
  id: "layer",
});
