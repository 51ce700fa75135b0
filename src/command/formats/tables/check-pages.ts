// Checks the pages of the columns that are read from a Parquet file, before the kept library decodes them:
// all that they declare is held against the bytes that are there and the rows of their group.
import type { ColumnMetaData, FileMetaData, PageHeader, SchemaTree } from "hyparquet";
import { parquetSchema } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from "hyparquet/src/schema.js";
import { mostUnpacked } from "../../../runtime/data/idx.ts";
import { checkDeltas, checkRuns, thriftEnd } from "./check-encodings.ts";
import type { PageReader } from "./check-encodings.ts";
import { deepest } from "./open-bytes.ts";
import { boundedCodecs } from "./parquet-codecs.ts";

/** The values of a column in one group of rows. */
const mostChunkValues = 2 ** 26;

/** How many values the columns of a file may have that takes this many bytes. */
const mostValues = (bytes: number): number => Math.max(2 ** 27, 20 * bytes);

/** What may still come in this file. */
interface Budget {
  values: number;
  bytes: number;
}

/** One column in one group of rows. */
interface Chunk {
  readonly path: SchemaTree[];
  readonly facts: ColumnMetaData;
  readonly budget: Budget;
  /** How many values its pages may still have. */
  left: number;
}

/** Throws an Error that says what is wrong with these columns of the file. */
export function checkPages(file: Uint8Array, metadata: FileMetaData, columns: ReadonlySet<string>): void {
  const tree = parquetSchema(metadata);
  const budget = { values: mostValues(file.length), bytes: mostUnpacked(file.length) };
  const rows = metadata.row_groups.reduce((sum, group) => sum + counted(group.num_rows), 0);
  if (rows !== counted(metadata.num_rows))
    throw new Error(`its groups have ${rows} rows, and the file should have ${metadata.num_rows}`);
  for (const { columns: chunks, num_rows } of metadata.row_groups)
    for (const { meta_data: facts } of chunks) {
      if (facts === undefined || !columns.has(facts.path_in_schema[0])) continue;
      const path = getTreePath(tree, facts.path_in_schema);
      if (path.length > deepest) throw new Error(`a column is nested ${path.length} deep`);
      const isFlat = getMaxRepetitionLevel(path) === 0;
      const left = isFlat ? counted(num_rows) : counted(facts.num_values);
      if (left > mostChunkValues)
        throw new Error(
          `a group of rows has ${left} values in a column, and ${mostChunkValues} are the most`,
        );
      checkChunk(file, { path, facts, budget, left });
    }
}

function counted(count: bigint | number): number {
  const number = Number(count);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`a count is ${count}`);
}

function checkChunk(file: Uint8Array, chunk: Chunk): void {
  const { facts } = chunk;
  const { element } = chunk.path[chunk.path.length - 1];
  const isDecimal = element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL";
  if (isDecimal && /BYTE/.test(facts.type) && !((element.type_length ?? Infinity) <= deepest))
    throw new Error("decimal numbers without a length, or with more than 32 bytes, are not read");
  const start = counted(facts.dictionary_page_offset || facts.data_page_offset);
  const end = start + counted(facts.total_compressed_size);
  if (end > file.length) throw new Error(`a column ends at byte ${end} of ${file.length}`);
  const bytes = file.subarray(start, end);
  for (let at = 0; at < bytes.length - 1;) {
    const bodyAt = thriftEnd(bytes, at);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bodyAt);
    const header = parquetHeader({ view, offset: at });
    const sizes = [header.compressed_page_size, header.uncompressed_page_size].map(counted);
    at = bodyAt + sizes[0];
    if (at > bytes.length) throw new Error("a page ends after its column");
    chunk.budget.bytes -= sizes[1];
    if (chunk.budget.bytes < 0) throw new Error("its pages unpack to too many bytes");
    checkPage(bytes.slice(bodyAt, at), header, chunk);
  }
}

function checkPage(body: Uint8Array, header: PageHeader, chunk: Chunk): void {
  const { data_page_header: page, data_page_header_v2: page2, dictionary_page_header: dictionary } = header;
  const size = header.uncompressed_page_size;
  if (header.type === "DICTIONARY_PAGE" && dictionary !== undefined) {
    // A truth value takes a bit.
    if (counted(dictionary.num_values) > 8 * size)
      throw new Error(`a dictionary of ${dictionary.num_values} values in ${size} bytes`);
  } else if (header.type === "DATA_PAGE" && page !== undefined) {
    const reader = readerOf(decompressPage(body, size, chunk.facts.codec, boundedCodecs));
    const values = takeValues(chunk, page.num_values);
    skipLevels(reader, getMaxRepetitionLevel(chunk.path), values);
    const most = getMaxDefinitionLevel(chunk.path);
    const levels = skipLevels(reader, most, values);
    const present = levels === undefined ? values : levels.filter((level) => level === most).length;
    checkValues(reader, page.encoding, present, chunk, false);
  } else if (header.type === "DATA_PAGE_V2" && page2 !== undefined) {
    const values = takeValues(chunk, page2.num_values);
    const [repeated, defined] = [
      page2.repetition_levels_byte_length,
      page2.definition_levels_byte_length,
    ].map(counted);
    const start = repeated + defined;
    if (start > Math.min(size, body.length)) throw new Error("the levels are longer than their page");
    if (counted(page2.num_nulls) > values) throw new Error(`${page2.num_nulls} of ${values} values are null`);
    const reader = readerOf(body);
    checkLevels(reader, getMaxRepetitionLevel(chunk.path), values);
    reader.offset = repeated;
    checkLevels(reader, getMaxDefinitionLevel(chunk.path), values);
    const packed = body.subarray(start);
    const isPacked = page2.is_compressed !== false;
    const plain = isPacked ? decompressPage(packed, size - start, chunk.facts.codec, boundedCodecs) : packed;
    checkValues(readerOf(plain), page2.encoding, values - page2.num_nulls, chunk, true);
  } else throw new Error(`a page of the unknown type ${header.type}`);
}

function takeValues(chunk: Chunk, declared: number): number {
  const values = counted(declared);
  if (values > chunk.left) throw new Error(`a page of ${values} values, where ${chunk.left} are left`);
  chunk.left -= values;
  chunk.budget.values -= values;
  if (chunk.budget.values < 0) throw new Error("its columns have too many values");
  return values;
}

const readerOf = ({ buffer, byteOffset, byteLength }: Uint8Array): PageReader => ({
  view: new DataView(buffer, byteOffset, byteLength),
  offset: 0,
});

const bitsFor = (level: number): number => 32 - Math.clz32(level);

function checkLevels(reader: PageReader, most: number, values: number): void {
  if (most > 0) checkRuns(reader, bitsFor(most), values);
}

/** Of the first version: the levels after their length; undefined if there are none. */
function skipLevels(reader: PageReader, most: number, values: number): number[] | undefined {
  if (most === 0) return undefined;
  const start = reader.offset;
  reader.offset += 4;
  checkLevels(reader, most, values);
  reader.offset = start;
  const levels = new Array<number>(values).fill(0);
  readRleBitPackedHybrid(reader, bitsFor(most), levels);
  return levels;
}

function checkValues(reader: PageReader, encoding: string, count: number, chunk: Chunk, isV2: boolean): void {
  const isTruth = chunk.facts.type === "BOOLEAN";
  switch (encoding) {
    case "RLE":
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      const isLong = isV2 ? encoding === "RLE" : isTruth;
      if (isLong) reader.offset += 4;
      const width = isLong ? 1 : reader.view.getUint8(reader.offset++);
      // The first version takes a width of 0 for zeros alone, without runs.
      if (width > 0 || isV2) checkRuns(reader, width, count);
      return;
    }
    case "DELTA_BINARY_PACKED":
    case "DELTA_LENGTH_BYTE_ARRAY":
      return checkDeltas(reader, count);
    case "DELTA_BYTE_ARRAY":
      return checkPrefixes(reader, count, chunk.budget);
  }
}

/**
 * Texts by what they share with the one before: no more than that has, and all together no more than may
 * still come.
 */
function checkPrefixes(reader: PageReader, count: number, budget: Budget): void {
  const [prefixes, suffixes] = [0, 1].map(() => {
    const start = reader.offset;
    checkDeltas(reader, count);
    reader.offset = start;
    const lengths = new Int32Array(count);
    deltaBinaryUnpack(reader, count, lengths);
    return lengths;
  });
  let before = 0;
  prefixes.forEach((prefix, i) => {
    if (prefix < 0 || suffixes[i] < 0 || prefix > before) throw new Error("a text is longer than its parts");
    before = prefix + suffixes[i];
    budget.bytes -= before;
    if (budget.bytes < 0) throw new Error("its texts have too many bytes");
  });
}
