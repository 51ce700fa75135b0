// Which columns of a file a model reads, and how; the others take no room.
import type { Preparing } from "../runtime/dataset.ts";
import { namedBy, type ColumnFacts } from "../runtime/fields.ts";
import { numberBuilder, textBuilder, type ColumnBuilder } from "./column-builder.ts";

/** What a reader has to know of the model. */
export type Wanted = Pick<Preparing, "model" | "data">;

/** A builder for each column that some input or target reads, in the file's order. Names that the file lacks are told where they are looked for. */
export function buildersFor(
  { model, data }: Wanted,
  names: readonly string[],
  most: number,
): ReadonlyMap<string, ColumnBuilder> {
  const fields = Object.entries({ ...data.inputs, ...data.targets });
  // Cells of texts are read as they stand, and so are classes, which may be names.
  const isText = ([name, { characters }]: [string, ColumnFacts]) =>
    characters !== undefined || model.targets[name]?.classes !== undefined;
  const columnsOf = ({ columns }: ColumnFacts) => columns.flatMap((entry) => namedBy(names, entry));
  const wanted = new Set(fields.flatMap(([, facts]) => columnsOf(facts)));
  const texts = new Set(fields.filter(isText).flatMap(([, facts]) => columnsOf(facts)));
  return new Map(
    names
      .filter((name) => wanted.has(name))
      .map((name) => [name, texts.has(name) ? textBuilder(most) : numberBuilder(most)]),
  );
}
