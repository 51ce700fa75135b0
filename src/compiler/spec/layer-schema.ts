// The schema of a layer or block: its keys, with defaults and a description for editors. The library's table
// defines the keys of each type of layer.
import * as z from "zod";
import { layers, recurrentLayers } from "../library/layers/index.ts";
import { choice } from "../util/choice.ts";
import type { Choice, ChoiceInput } from "../util/choice.ts";

/**
 * The pattern of the names of specs, inputs, targets and layers. check-names.ts checks the other rules for
 * names.
 */
export const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** This pattern is only for editors; the compiler's own checks have better messages. */
export const named = { pattern: namePattern.source };

/** The keys that every layer and block has. */
const layerKeys = {
  name: z
    .string()
    .optional()
    .meta({
      ...named,
      description:
        "The name of the layer, which is also the prefix of its parameters; by default, its type and a number.",
    }),
  from: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe(
      "The input or earlier layer that the layer reads, or a list of them; by default, the previous layer.",
    ),
  trainable: z
    .boolean()
    .default(true)
    .describe("If false, the layer is frozen: training does not change its parameters."),
  mask: z
    .boolean()
    .optional()
    .describe("If false, this layer and the layers that read it treat padding like any other position."),
};

/** Returns the row without `reverse`, because a bidirectional block runs its layer in both directions. */
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
 * One layer or block as users write it. A block contains layers, so the type is recursive. This type and the
 * following ones are exported so that declarations derived from them can refer to them by name. Without these
 * names, such declarations would exceed TypeScript's limit on length.
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

/** A layer or block with short forms expanded and defaults filled in. */
export type FullLayer = PlainLayer | Block;

export type PlainLayer = Choice<typeof layers, Keys>;

export type Block =
  | (Common & { type: "residual"; layers: FullLayer[]; shortcut?: FullLayer[] | undefined })
  | (Common & { type: "repeat"; times: number; layers: FullLayer[] })
  | (Common & { type: "bidirectional"; layer: Choice<typeof recurrent> });

const inner: z.ZodType<FullLayer[], LayerSpec[]> = z.array(z.lazy(() => layerSchema)).min(1);

/**
 * Layers that consist of other layers. `written-network.ts` expands them, so later stages do not see them.
 */
const blocks = {
  residual: {
    about: "a block of layers whose output is added to its input",
    keys: {
      layers: inner.describe("The layers of the block; the first one reads the block's input."),
      shortcut: inner.optional().describe("Layers that change the shape of the input before the addition."),
    },
  },
  repeat: {
    about: "a block of layers, stacked several times, with separate parameters for each copy",
    keys: {
      times: z.int().positive().describe("The number of copies."),
      layers: inner.describe("The layers of the block; the first one reads the output of the previous copy."),
    },
  },
  bidirectional: {
    about:
      "two recurrent layers that read a sequence forwards and backwards, with their outputs concatenated",
    keys: {
      layer: choice(recurrent).describe("The recurrent layer that runs in each direction."),
    },
  },
};

/** The schema of a layer or a block. Blocks refer to it by its id in the JSON Schema. */
export const layerSchema: z.ZodType<FullLayer, LayerSpec> = choice({ ...layers, ...blocks }, layerKeys).meta({
  id: "layer",
});
