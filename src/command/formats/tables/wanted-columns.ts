// Which columns of a file a model reads, and how; the others take no room.
import { droppingColumns } from "../../../runtime/program/readers.ts";
import type { Preparing } from "../../../runtime/data/dataset.ts";
import { namedBy, type ColumnFacts } from "../../../runtime/data/fields.ts";
import { numberBuilder, textBuilder, type ColumnBuilder } from "./column-builder.ts";

/** What a reader has to know of the model. */
export type Wanted = Pick<Preparing, "model" | "data">;

/** The names and ranges that the data section of the spec lists. */
export function listedColumns({ data }: Wanted): string[] {
  return Object.values({ ...data.inputs, ...data.targets }).flatMap(({ columns }) => columns);
}

/**
 * The same columns in another file, whatever their order there: ranges as they are written out in the one
 * with these names.
 */
export function writtenOut({ model, data }: Wanted, names: readonly string[]): Wanted {
  const side = (fields: Readonly<Record<string, ColumnFacts>>) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, { columns, ...others }]) => [
        name,
        { ...others, columns: namedBy(names, columns).flat() },
      ]),
    );
  return { model, data: { ...data, inputs: side(data.inputs), targets: side(data.targets) } };
}

/**
 * Where in a record a column stands that some input or target reads, how it is built, and whether a row may
 * miss its value.
 */
export interface WantedColumn {
  readonly name: string;
  readonly place: number;
  readonly builder: ColumnBuilder;
  readonly drops: boolean;
}

/** In the file's order. Names that the file lacks are told where they are looked for. */
export function wantedColumns(wanted: Wanted, names: readonly string[]): WantedColumn[] {
  const { model, data } = wanted;
  // Cells of texts and categories are read as they stand, and so are classes, which may be names.
  const isText = ([name, facts]: [string, ColumnFacts]) =>
    (["characters", "words", "categories"] as const).some((key) => facts[key] !== undefined) ||
    model.targets[name]?.classes !== undefined;
  const entries = Object.entries({ ...data.inputs, ...data.targets }).filter(isText);
  const texts = new Set(entries.flatMap(([, { columns }]) => namedBy(names, columns).flat()));
  const dropping = new Set(droppingColumns(data, names));
  const read = new Set(namedBy(names, listedColumns(wanted)).flat());
  return names.flatMap((name, place) => {
    if (!read.has(name)) return [];
    const builder = texts.has(name) ? textBuilder() : numberBuilder(name);
    return [{ name, place, builder, drops: dropping.has(name) }];
  });
}
