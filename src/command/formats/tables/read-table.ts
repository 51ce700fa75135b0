// Reads a data file of any format. The format is detected from the content, not from the file name.
import { beginningOf } from "./open-bytes.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonLines } from "./read-json-lines.ts";
import { readNpy, readNpz } from "./read-numpy.ts";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import type { Table } from "../../../runtime/data/table.ts";
import { blocksBuilder } from "./table-builder.ts";
import type { ReadTable } from "./table-builder.ts";
import type { Wanted } from "./column-builder.ts";

export type TableReader = (file: string, wanted: Wanted) => Promise<ReadTable>;

/** The first bytes of each format, as Latin-1 characters. All other files are CSV. */
const readers: readonly (readonly [beginning: RegExp, TableReader])[] = [
  [/^\x93NUMPY/, readNpy],
  [/^PK\x03\x04/, readNpz],
  // Loaded on demand, because its library and codecs are large.
  [/^PAR1/, async (file, wanted) => (await import("./read-parquet.ts")).readParquet(file, wanted)],
  [/^(\xef\xbb\xbf)?\s*[{[]/, readJsonLines],
];

/**
 * Reads CSV or JSON Lines in blocks of `size` rows, and passes each block to `take`. The result contains the
 * number of rows, but not the rows themselves.
 * @throws DiagnosticError
 */
export async function readBlocks(
  file: string,
  wanted: Wanted,
  size: number,
  take: (block: Table) => void,
): Promise<ReadTable> {
  const found = await readerOf(file);
  const read = [readCsv, readJsonLines].find((reader) => reader === found);
  if (read !== undefined) return read(file, wanted, blocksBuilder(file, wanted, size, take));
  const message = `${file}: only CSV and JSON Lines can be read in blocks`;
  const hint = "convert the file, or train without --stream";
  throw new DiagnosticError([{ code: "T2002", severity: "error", message, hint, location: { file } }]);
}

/** Reads a table. @throws DiagnosticError */
export async function readTable(file: string, wanted: Wanted): Promise<ReadTable> {
  return (await readerOf(file))(file, wanted);
}

async function readerOf(file: string): Promise<TableReader> {
  const beginning = Buffer.from(await beginningOf(file, 64)).toString("latin1");
  return readers.find(([pattern]) => pattern.test(beginning))?.[1] ?? readCsv;
}
