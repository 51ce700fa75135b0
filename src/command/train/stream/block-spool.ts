/** Blocks of rows in a temporary file, from which training reads them in any order. */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { fileReason } from "../../../compiler/util/message-text.ts";
import { unreadColumn } from "../../formats/tables/table-builder.ts";
import { splitLabels } from "../../../runtime/data/split-rules.ts";
import type { Column, NumberArray, Table } from "../../../runtime/data/table.ts";

/** Rows of a data file, and the split of each row. */
export interface Block {
  readonly table: Table;
  readonly labels: Uint8Array;
}

export interface BlockSpool {
  /** The number of rows of each split, in each block. */
  readonly counts: readonly (readonly number[])[];
  /** The size of the file in bytes. */
  readonly bytes: number;
  /**
   * `texts` are the columns that are read as texts.
   * @throws DiagnosticError (T1011) if the file cannot be written
   */
  add(block: Block, texts: ReadonlySet<string>): void;
  read(index: number): Block;
  /** All blocks in the order of the data file. They can be read several times. */
  all(): Iterable<Block>;
  /** Removes the file. */
  close(): void;
}

/** Creates an empty spool. @throws DiagnosticError (T1011) */
export function createSpool(): BlockSpool {
  const file = join(tmpdir(), `tapeless-${randomUUID()}.rows`);
  const handle = attempt(file, () => openSync(file, "wx+", 0o600));
  // The system frees an open file without a name when the process ends, even if the process is killed.
  // Windows keeps the name until the file is closed.
  const remove = () => rmSync(file, { force: true });
  if (process.platform !== "win32") remove();
  const places: { readonly offset: number; readonly length: number }[] = [];
  const counts: number[][] = [];
  let bytes = 0;
  const read = (index: number): Block => {
    const { offset, length } = places[index];
    const packed = Buffer.alloc(length);
    for (let done = 0; done < length;) done += readSync(handle, packed, done, length - done, offset + done);
    const block: PackedBlock = deserialize(packed);
    return unpackedBlock(block);
  };
  return {
    counts,
    get bytes() {
      return bytes;
    },
    add(block, texts) {
      const packed = serialize(packedBlock(block, texts));
      attempt(file, () => {
        for (let done = 0; done < packed.length;)
          done += writeSync(handle, packed, done, packed.length - done);
      });
      places.push({ offset: bytes, length: packed.length });
      bytes += packed.length;
      const own = Object.values(splitLabels).map(() => 0);
      for (const label of block.labels) own[label]++;
      counts.push(own);
    },
    read,
    *all() {
      for (let index = 0; index < places.length; index++) yield read(index);
    },
    close() {
      closeSync(handle);
      remove();
    },
  };
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = `cannot write the temporary file ${file}: ${fileReason(error)}`;
    const hint = "--stream copies the columns of the model there; set TMPDIR to use another folder";
    throw new DiagnosticError([{ code: "T1011", severity: "error", message, hint }]);
  }
}

// A block as plain data.

/** A column of numbers, and the texts of cells that are not numbers, by row. */
interface PackedNumbers {
  readonly size: number;
  readonly numbers: NumberArray;
  readonly odd: ReadonlyMap<number, string>;
}

/** A column of texts: each distinct text, its number, and for each row the index of its text. */
interface PackedTexts {
  readonly texts: readonly string[];
  readonly values: Float64Array;
  readonly codes: Int32Array;
}

interface PackedBlock {
  readonly rows: number;
  readonly lines: readonly (number | string | undefined)[] | Float64Array;
  readonly header: number | string | undefined;
  readonly columns: readonly (readonly [name: string, PackedNumbers | PackedTexts | undefined])[];
  readonly labels: Uint8Array;
}

function packedBlock({ table, labels }: Block, texts: ReadonlySet<string>): PackedBlock {
  const { rows, columns, lineOf } = table;
  const lines = Array.from({ length: rows }, (_, row) => lineOf(row));
  const areNumbers = lines.every((line) => typeof line === "number");
  const packed = [...columns].map(([name, column]): PackedBlock["columns"][number] => {
    if (column === unreadColumn) return [name, undefined];
    return [name, texts.has(name) ? packedTexts(column, rows) : packedNumbers(column, rows)];
  });
  return {
    rows,
    lines: areNumbers ? Float64Array.from(lines) : lines,
    header: lineOf(-1),
    columns: packed,
    labels,
  };
}

function packedNumbers({ size, number, text }: Column, rows: number): PackedNumbers {
  const all = Float64Array.from({ length: rows * size }, (_, i) => number(i));
  const odd = new Map<number, string>();
  if (size === 1)
    all.forEach((number: number, row: number) => {
      if (Number.isNaN(number)) odd.set(row, text(row));
    });
  const single = Float32Array.from(all);
  return { size, numbers: all.every((value, i) => Object.is(value, single[i])) ? single : all, odd };
}

function packedTexts({ number, text }: Column, rows: number): PackedTexts {
  const codes = new Map<string, number>();
  const values: number[] = [];
  const found = Int32Array.from({ length: rows }, (_, row) => {
    const own = text(row);
    const code = codes.get(own) ?? codes.size;
    codes.set(own, code);
    values[code] = number(row);
    return code;
  });
  return { texts: [...codes.keys()], values: Float64Array.from(values), codes: found };
}

function unpackedBlock({ rows, lines, header, columns, labels }: PackedBlock): Block {
  const unpacked = columns.map(([name, packed]): [string, Column] => [name, unpackedColumn(packed)]);
  const lineOf = (row: number) => (row < 0 ? header : lines[row]);
  return { table: { rows, columns: new Map(unpacked), lineOf }, labels };
}

function unpackedColumn(packed: PackedNumbers | PackedTexts | undefined): Column {
  if (packed === undefined) return unreadColumn;
  if ("codes" in packed) {
    const { texts, values, codes } = packed;
    return {
      size: 1,
      number: (row) => values[codes[row]],
      text: (row) => texts[codes[row]],
    };
  }
  const { size, numbers, odd } = packed;
  return { size, number: (i) => numbers[i], text: (row) => odd.get(row) ?? `${numbers[row * size]}` };
}
