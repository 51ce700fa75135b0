// Reads a data file for the command line, of whichever format: what it holds says which, not how it is called.
import { beginningOf } from "./open-bytes.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonLines } from "./read-json-lines.ts";
import { readNpy, readNpz } from "./read-numpy.ts";
import type { ReadTable } from "./table-builder.ts";
import type { Wanted } from "./column-builder.ts";

type Reader = (file: string, wanted: Wanted) => Promise<ReadTable>;

/** How a file of each format begins, each byte as a character; a CSV file begins in any other way. */
const readers: readonly (readonly [beginning: RegExp, Reader])[] = [
  [/^\x93NUMPY/, readNpy],
  [/^PK\x03\x04/, readNpz],
  // Loaded when a file asks for it: its library and codecs are large.
  [/^PAR1/, async (file, wanted) => (await import("./read-parquet.ts")).readParquet(file, wanted)],
  [/^(\xef\xbb\xbf)?\s*[{[]/, readJsonLines],
];

/** The table that the file holds. @throws DiagnosticError */
export async function readTable(file: string, wanted: Wanted): Promise<ReadTable> {
  const beginning = Buffer.from(await beginningOf(file, 64)).toString("latin1");
  const [, read = readCsv] = readers.find(([pattern]) => pattern.test(beginning)) ?? [];
  return read(file, wanted);
}
