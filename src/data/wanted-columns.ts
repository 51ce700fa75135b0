// Which columns of a file a model reads, and how; the others take no room.
import type { Preparing } from "../runtime/dataset.ts";
import { namedBy, textColumns } from "../runtime/fields.ts";
import { numberBuilder, textBuilder, type ColumnBuilder } from "./column-builder.ts";

/** What a reader has to know of the model. */
export type Wanted = Pick<Preparing, "model" | "data">;

/** A builder for each column that some input or target reads, in the file's order. Names that the file lacks are told where they are looked for. */
export function buildersFor(
  { model, data }: Wanted,
  names: readonly string[],
  most: number,
): ReadonlyMap<string, ColumnBuilder> {
  const entries = Object.values({ ...data.inputs, ...data.targets }).flatMap(({ columns }) => columns);
  const wanted = new Set(entries.flatMap((entry) => namedBy(names, entry)));
  const texts = new Set(textColumns(model, data, names));
  return new Map(
    names
      .filter((name) => wanted.has(name))
      .map((name) => [name, texts.has(name) ? textBuilder(most) : numberBuilder(most)]),
  );
}
