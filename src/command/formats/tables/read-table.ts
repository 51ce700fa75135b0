// Reads a data file of any format. The content selects the format, not the file name.
import { beginningOf } from "./open-bytes.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonLines } from "./read-json-lines.ts";
import { readNpy, readNpz } from "./read-numpy.ts";
import type { ReadTable } from "./table-builder.ts";
import type { Wanted } from "./column-builder.ts";

type Reader = (file: string, wanted: Wanted) => Promise<ReadTable>;

/** The first bytes of each format, as Latin-1 characters. All other files are CSV. */
const readers: readonly (readonly [beginning: RegExp, Reader])[] = [
  [/^\x93NUMPY/, readNpy],
  [/^PK\x03\x04/, readNpz],
  // Loaded on demand, because its library and codecs are large.
  [/^PAR1/, async (file, wanted) => (await import("./read-parquet.ts")).readParquet(file, wanted)],
  [/^(\xef\xbb\xbf)?\s*[{[]/, readJsonLines],
];

/** Reads a table. @throws DiagnosticError */
export async function readTable(file: string, wanted: Wanted): Promise<ReadTable> {
  const beginning = Buffer.from(await beginningOf(file, 64)).toString("latin1");
  const [, read = readCsv] = readers.find(([pattern]) => pattern.test(beginning)) ?? [];
  return read(file, wanted);
}
