/** The data set of `tapeless train --stream`: splits whose rows stay in a temporary file. */
import { InternalError } from "../../../compiler/diagnostics/errors.ts";
import { encodeRows } from "../../../runtime/data/dataset.ts";
import type { Dataset, DatasetContext, LocateErrors, Source } from "../../../runtime/data/dataset.ts";
import { columnOf, namedBy, wrongCell } from "../../../runtime/data/fields.ts";
import type { FittedField } from "../../../runtime/data/fields.ts";
import { momentReader } from "../../../runtime/data/series.ts";
import { splitLabels, startOf } from "../../../runtime/data/split-rules.ts";
import type { Table } from "../../../runtime/data/table.ts";
import { randomKey, randomUnit, splitSalt } from "../../../runtime/numbers/random.ts";
import { batchFields } from "../../../runtime/step/batch.ts";
import type { Batch } from "../../../runtime/step/batch.ts";
import { InputError, shown } from "../../../runtime/step/errors.ts";
import { withRowStream } from "../../../runtime/trainer/streamed-rows.ts";
import type { RowStream } from "../../../runtime/trainer/streamed-rows.ts";
import { readSource } from "../../files/read-source.ts";
import type { DataRequest } from "../../files/read-source.ts";
import { readBlocks } from "../../formats/tables/read-table.ts";
import { createSpool } from "./block-spool.ts";
import type { BlockSpool } from "./block-spool.ts";
import { fitBlocks, rowsOfSplit } from "./fit-blocks.ts";

/** The number of rows of a block, and the number of blocks whose rows are shuffled together in memory. */
export interface StreamSizes {
  readonly block: number;
  readonly buffer: number;
}

export interface StreamedDataset {
  readonly dataset: Dataset;
  /** The files, with tables that have no rows. */
  readonly source: Source;
  /** The number of rows in all files. */
  readonly rows: number;
  /** The size of the temporary files in bytes. */
  readonly bytes: number;
  /** Removes the temporary files. */
  close(): void;
}

export interface StreamRequest extends DataRequest {
  readonly context: DatasetContext;
  readonly seed: number;
  readonly sizes: StreamSizes;
  readonly locateErrors: LocateErrors;
  /** Reports how many rows of a file have been read. */
  progress(file: string, rows: number): void;
}

type SplitName = "validation" | "test";

/** The rows of a data file on disk. */
interface SpooledFile {
  readonly file: string;
  readonly spool: BlockSpool;
}

/** Reads the data files once, fits the encoding, and checks every row. @throws DiagnosticError */
export async function streamedDataset(request: StreamRequest): Promise<StreamedDataset> {
  const { context, sizes, locateErrors, progress } = request;
  const files = new Map<Table, SpooledFile>();
  const spools: BlockSpool[] = [];
  const close = () => spools.forEach((spool) => spool.close());
  let texts: ReadonlySet<string> | undefined;
  try {
    const source = await readSource(request, async (file, wanted) => {
      const spool = createSpool();
      const isFirst = spools.push(spool) === 1;
      const labelRows = locateErrors(file, () => labeller(context, request.seed));
      let rows = 0;
      const table = await readBlocks(file, wanted, sizes.block, (block) => {
        // Ranges refer to the columns of the first file, which contains the training rows.
        texts ??= new Set(namedBy([...block.columns.keys()], context.data.reads?.texts ?? []).flat());
        const labels = isFirst
          ? locateErrors(file, () => labelRows(block, rows))
          : new Uint8Array(block.rows);
        spool.add({ table: block, labels }, texts);
        rows += block.rows;
        progress(file, rows);
      });
      files.set(table, { file, spool });
      return table;
    });
    const dataset = datasetIn(request, source, files);
    const [rows, bytes] = [
      [...files.keys()].reduce((sum, table) => sum + table.rows, 0),
      spools.reduce((sum, spool) => sum + spool.bytes, 0),
    ];
    return { dataset, source, rows, bytes, close };
  } catch (error) {
    close();
    throw error;
  }
}

// Splits. The split of a row depends only on its number, the seed and its cells.

/** Returns the labels of the rows of a block. `start` is the number of its first row in the file. */
type LabelRows = (table: Table, start: number) => Uint8Array;

/** Creates a function that labels the blocks of a file. */
function labeller(context: DatasetContext, seed: number): LabelRows {
  const { splitRules = {}, timeColumn } = context.data;
  const { training } = context;
  const key = randomKey(seed, 0, splitSalt);
  const momentIn = timeColumn && momentReader(timeColumn);
  const startIn = (split: SplitName) => {
    const { after } = splitRules[split] ?? {};
    return after === undefined ? Infinity : startOf(context, split, after);
  };
  const starts = { validation: startIn("validation"), test: startIn("test") };
  const isTimed = Object.values(starts).some((start) => start < Infinity);
  const inColumn = (split: SplitName, table: Table, row: number) => {
    const { column, value = split } = splitRules[split] ?? {};
    return column !== undefined && columnOf(table, column).text(row).trim() === value;
  };
  const fractionOf = (split: SplitName) => splitRules[split]?.fraction ?? training[split] ?? 0;
  return (table, start) =>
    Uint8Array.from({ length: table.rows }, (_, row) => {
      checkSplitName(context, table, row);
      const drawn = randomUnit(key, start + row);
      const time = isTimed && momentIn ? momentIn(table, row) : -Infinity;
      const isIn = (split: SplitName, drawnUpTo: number) =>
        inColumn(split, table, row) || time >= starts[split] || drawn < drawnUpTo;
      const tested = fractionOf("test");
      if (isIn("test", tested)) return splitLabels.test;
      return isIn("validation", tested + fractionOf("validation"))
        ? splitLabels.validation
        : splitLabels.train;
    });
}

/** Throws if the cell does not name a split. Only rules without a value require such names. */
function checkSplitName({ data: { splitRules = {} } }: DatasetContext, table: Table, row: number): void {
  const rules = [splitRules.test, splitRules.validation].filter((rule) => rule?.column !== undefined);
  const [{ column } = {}] = rules;
  if (column === undefined || rules.some((rule) => rule?.value !== undefined || rule?.column !== column))
    return;
  const names = ["train", ...(["validation", "test"] as const).filter((split) => splitRules[split]?.column)];
  const own = columnOf(table, column).text(row).trim();
  if (names.includes(own)) return;
  throw wrongCell(
    table,
    column,
    row,
    `"${shown(own)}" is not a split of the spec: write ${names.join(" or ")}`,
  );
}

// The data set: a stream for each split.

function datasetIn(request: StreamRequest, source: Source, files: ReadonlyMap<Table, SpooledFile>): Dataset {
  const { context, locateErrors } = request;
  const main = fileOf(files, source.table);
  const fields = locateErrors(main.file, () => {
    if (!main.spool.counts.some((counts) => counts[splitLabels.train] > 0))
      throw new InputError(`the other splits need all ${source.table.rows} rows; none is left for training`);
    return fitBlocks(context, () => main.spool.all());
  });
  const all = [...files.values()];
  for (const { file, spool } of all)
    for (const { table } of spool.all())
      locateErrors(file, () =>
        encodeRows(
          context,
          fields,
          table,
          Int32Array.from({ length: table.rows }, (_, i) => i),
        ),
      );
  const part = (split: SplitName, own: Source["testFile"]) => {
    const inMain = main.spool.counts.some((counts) => counts[splitLabels[split]] > 0);
    if (own !== undefined)
      return { [split]: splitIn(request, fields, fileOf(files, own.table), splitLabels.train) };
    if (inMain) return { [split]: splitIn(request, fields, main, splitLabels[split]) };
    if ((context.data.splitRules?.[split] ?? context.training[split]) === undefined) return {};
    throw new InputError(`the ${split} split has no row${reasonOfNone(context, split)}`);
  };
  return {
    train: splitIn(request, fields, main, splitLabels.train),
    // Training in memory selects the test rows first, so the first error is the same.
    ...locateErrors(main.file, () => part("test", source.testFile)),
    ...locateErrors(main.file, () => part("validation", source.validationFile)),
    fields,
  };
}

/** The reason why a split by a rule has no row. */
function reasonOfNone({ data: { splitRules = {} } }: DatasetContext, split: SplitName): string {
  const { column, value = split, after } = splitRules[split] ?? {};
  if (column !== undefined) return `: no cell of the column "${shown(column)}" is "${shown(value)}"`;
  return after === undefined ? "" : `: it begins at ${after}, but all other rows are earlier`;
}

function fileOf(files: ReadonlyMap<Table, SpooledFile>, table: Table): SpooledFile {
  const file = files.get(table);
  if (file === undefined) throw new InternalError("a table was not read in blocks");
  return file;
}

/** Returns the rows of a file with this label. */
function splitIn(
  { context, sizes, locateErrors }: StreamRequest,
  fields: readonly FittedField[],
  { file, spool }: SpooledFile,
  label: number,
): Batch {
  const blocks = [...spool.counts.keys()].filter((block) => spool.counts[block][label] > 0);
  const counts = blocks.map((block) => spool.counts[block][label]);
  const stream: RowStream = {
    rows: counts.reduce((sum, count) => sum + count, 0),
    blocks: blocks.length,
    buffer: sizes.buffer,
    read: (block) =>
      locateErrors(file, () => {
        const { table, labels } = spool.read(blocks[block]);
        return encodeRows(context, fields, table, rowsOfSplit(labels, label));
      }),
  };
  const pages = pagesOf(stream, counts);
  const arrays = batchFields(context.model).map(({ name, size }) => [
    name,
    numbersIn(stream, pages, name, size),
  ]);
  return withRowStream(Object.fromEntries(arrays), stream);
}

// Each input and target as an array whose numbers are read when they are used, a block at a time. Training
// reads whole blocks; these arrays are for code that reads only a few rows.

/** Finds a row: its block, and its number within the block. The last block stays in memory. */
type Pages = (row: number) => { readonly batch: Batch; readonly row: number };

function pagesOf(stream: RowStream, counts: readonly number[]): Pages {
  const starts: number[] = [];
  counts.reduce((start, count) => {
    starts.push(start);
    return start + count;
  }, 0);
  let [last, batch]: [number, Batch] = [-1, {}];
  return (row) => {
    const block = starts.findLastIndex((start) => start <= row);
    if (block !== last) [last, batch] = [block, stream.read(block)];
    return { batch, row: row - starts[block] };
  };
}

function numbersIn(stream: RowStream, pages: Pages, name: string, size: number): ArrayLike<number> {
  const length = stream.rows * size;
  const numberAt = (index: number) => {
    const { batch, row } = pages(Math.floor(index / size));
    return batch[name][row * size + (index % size)];
  };
  const target: ArrayLike<number> = { length };
  return new Proxy(target, {
    get(own, key): unknown {
      const index = typeof key === "string" && /^\d+$/.test(key) ? Number(key) : -1;
      if (index < 0) return Reflect.get(own, key);
      return index < length ? numberAt(index) : undefined;
    },
  });
}
