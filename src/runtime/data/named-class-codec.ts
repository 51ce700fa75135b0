// Classes that the spec itself calls by name: those of the data must be the same, or weights would go to
// others than were meant.
import { columnCodec } from "./column-codec.ts";
import type { Codec } from "./dataset.ts";
import { columnFactsOf, shorten } from "./fields.ts";
import { InputError } from "../core/input-error.ts";

/** Names in a column of text, numbered in their order. */
export const namedClassCodec: Codec = {
  fit(preparing, name, table, train) {
    const field = columnCodec.fit(preparing, name, table, train);
    const { classNames: named = [] } = columnFactsOf(preparing.data, name);
    const { classNames: found = [] } = field;
    if (found.length === 0)
      throw new InputError(
        `the spec weighs the classes of ${name} by name, but their columns hold numbers: give classWeights as a list`,
      );
    if (named.every((text, number) => text === found[number])) return field;
    throw new InputError(
      `the spec weighs the classes ${shorten(named)}, but those of ${name} are ${shorten(found)}`,
    );
  },
  encode: columnCodec.encode,
};
