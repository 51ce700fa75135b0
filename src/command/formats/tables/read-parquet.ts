// Reads Parquet files, one row group at a time.
import { isUtf8 } from "node:buffer";
import { parquetMetadataAsync, parquetScan, parquetSchema, type AsyncBuffer } from "hyparquet";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { shown } from "../../../runtime/step/errors.ts";
import { cellOf, tableBuilder } from "./table-builder.ts";
import type { ReadTable } from "./table-builder.ts";
import { checkPages } from "./check-pages.ts";
import { thriftEnd } from "./check-encodings.ts";
import { wholeOf } from "./open-bytes.ts";
import { boundedCodecs as compressors } from "./parquet-codecs.ts";
import { showValue } from "../../../compiler/util/message-text.ts";
import type { Wanted } from "./column-builder.ts";

/** Rows are numbered from 1; 0 is the header, which has no name. */
const rowName = (row: number): string | undefined => (row === 0 ? undefined : `row ${row}`);

/** Keeps strings that are not UTF-8 as bytes, so that `cellOf` reports them with their row. */
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes === undefined || !isUtf8(bytes) ? bytes : Buffer.from(bytes).toString(),
};

/** Nulls become empty cells. @throws DiagnosticError with file and row */
export async function readParquet(file: string, wanted: Wanted): Promise<ReadTable> {
  try {
    return await readRows(file, wanted);
  } catch (error) {
    if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
    const message = `cannot read the Parquet file: ${shown(error.message, 200)}`;
    throw new DiagnosticError([{ code: "T2002", severity: "error", message, location: { file } }]);
  }
}

/** The file ends with its metadata, the length of the metadata (4 bytes) and a signature (4 bytes). */
function checkFooter(bytes: Uint8Array): void {
  if (bytes.length < 12) throw new Error("it is too short");
  const end = bytes.length - 8;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  if (length <= end) thriftEnd(bytes.subarray(0, end), end - length);
}

async function readRows(file: string, wanted: Wanted): Promise<ReadTable> {
  const whole = await wholeOf(file);
  const { buffer, byteOffset, byteLength } = whole;
  const bytes: AsyncBuffer = {
    byteLength,
    slice: (start, end = byteLength) => buffer.slice(byteOffset + start, byteOffset + end) as ArrayBuffer,
  };
  checkFooter(whole);
  const metadata = await parquetMetadataAsync(bytes, { geoparquet: false });
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const table = tableBuilder(file, wanted, rowName);
  const read = table.begin({ cells: names, line: 0 });
  const columns = names.filter((name) => read.has(name));
  checkPages(whole, metadata, read);
  const scan = await parquetScan({
    file: bytes,
    metadata,
    columns,
    compressors,
    parsers,
    useOffsetIndex: false,
  });
  for (const { rowStart, rowEnd } of scan.ranges) {
    const values = new Map<string, ArrayLike<unknown>>();
    for (const column of columns) {
      const found = await scan.readColumn({ column, rowStart, rowEnd });
      if (found.length !== rowEnd - rowStart)
        throw new Error(`column ${showValue(column)} has ${found.length} of ${rowEnd - rowStart} rows`);
      values.set(column, found);
    }
    // If the model reads none of the columns, one row is enough to report that.
    const last = columns.length === 0 ? Math.min(rowEnd, rowStart + 1) : rowEnd;
    for (let row = rowStart; row < last; row++)
      table.add(row + 1, names.length, (position, fields) =>
        cellOf(values.get(names[position])?.[row - rowStart], names[position], rowName(row + 1), fields),
      );
  }
  return table.end();
}
