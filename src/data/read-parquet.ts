// Reads Parquet files, one row group after the other.
import { isUtf8 } from "node:buffer";
import { parquetMetadataAsync, parquetScan, parquetSchema, type AsyncBuffer } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { DiagnosticError } from "../diagnostics/errors.ts";
import { cellOf } from "./cell-of.ts";
import { wholeOf } from "./open-bytes.ts";
import { tableBuilder, type ReadTable } from "./table-builder.ts";
import type { Wanted } from "./wanted-columns.ts";

/** Rows are counted from 1; there is no header that could be one. */
const rowName = (row: number): string | undefined => (row === 0 ? undefined : `row ${row}`);

/** What is not UTF-8 stays bytes, of which `cellOf` tells the row. */
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes === undefined || !isUtf8(bytes) ? bytes : Buffer.from(bytes).toString(),
};

/** The table in a Parquet file; nulls are empty cells. Throws a {@link DiagnosticError} that says file and row, the first of them 1. */
export async function readParquet(file: string, wanted: Wanted): Promise<ReadTable> {
  try {
    return await readRows(file, wanted);
  } catch (error) {
    if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
    const message = `the Parquet file cannot be read: ${error.message}`;
    throw new DiagnosticError([{ code: "T2002", severity: "error", message, place: { file } }]);
  }
}

async function readRows(file: string, wanted: Wanted): Promise<ReadTable> {
  const { buffer, byteOffset, byteLength } = await wholeOf(file);
  const bytes: AsyncBuffer = {
    byteLength,
    slice: (start, end = byteLength) => buffer.slice(byteOffset + start, byteOffset + end) as ArrayBuffer,
  };
  const metadata = await parquetMetadataAsync(bytes);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const table = tableBuilder(file, wanted, Number(metadata.num_rows), rowName);
  const read = table.begin({ cells: names, line: 0 });
  const columns = names.filter((name) => read.has(name));
  const scan = await parquetScan({ file: bytes, metadata, columns, compressors, parsers });
  for (const { rowStart, rowEnd } of scan.ranges) {
    const values = new Map<string, ArrayLike<unknown>>();
    for (const column of columns) values.set(column, await scan.readColumn({ column, rowStart, rowEnd }));
    for (let row = rowStart; row < rowEnd; row++)
      table.add(row + 1, () =>
        names.map((name) => cellOf(values.get(name)?.[row - rowStart], name, rowName(row + 1))),
      );
  }
  return table.end();
}
