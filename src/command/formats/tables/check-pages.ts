// Checks the pages of the requested columns of a Parquet file before hyparquet decodes them: all declared
// sizes and counts must agree with the bytes of the file and with the rows of the row group.
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
import { maxDepth } from "./open-bytes.ts";
import { boundedCodecs } from "./parquet-codecs.ts";

/** The maximum number of values of a column in one row group. */
const maxChunkValues = 2 ** 26;

/** The maximum number of values in all columns of a file with this many bytes. */
const maxValues = (bytes: number): number => Math.max(2 ** 27, 20 * bytes);

/** The numbers of values and unpacked bytes that the rest of the file may contain. */
interface Budget {
  values: number;
  bytes: number;
}

/** One column in one row group. */
interface Chunk {
  readonly path: SchemaTree[];
  readonly facts: ColumnMetaData;
  readonly budget: Budget;
  /** The number of values that the remaining pages may contain. */
  left: number;
}

/** @throws Error if these columns of the file are invalid */
export function checkPages(file: Uint8Array, metadata: FileMetaData, columns: ReadonlySet<string>): void {
  const tree = parquetSchema(metadata);
  const budget = { values: maxValues(file.length), bytes: mostUnpacked(file.length) };
  const rows = metadata.row_groups.reduce((sum, group) => sum + counted(group.num_rows), 0);
  if (rows !== counted(metadata.num_rows))
    throw new Error(`its row groups have ${rows} rows, but its header declares ${metadata.num_rows}`);
  for (const { columns: chunks, num_rows } of metadata.row_groups)
    for (const { meta_data: facts } of chunks) {
      if (facts === undefined || !columns.has(facts.path_in_schema[0])) continue;
      const path = getTreePath(tree, facts.path_in_schema);
      if (path.length > maxDepth)
        throw new Error(`a column is nested ${path.length} levels deep; at most ${maxDepth} are supported`);
      const isFlat = getMaxRepetitionLevel(path) === 0;
      const left = isFlat ? counted(num_rows) : counted(facts.num_values);
      if (left > maxChunkValues)
        throw new Error(
          `a row group has ${left} values in a column; at most ${maxChunkValues} are supported`,
        );
      checkChunk(file, { path, facts, budget, left });
    }
}

function counted(count: bigint | number): number {
  const number = Number(count);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`it contains an invalid size or position: ${count}`);
}

function checkChunk(file: Uint8Array, chunk: Chunk): void {
  const { facts } = chunk;
  const { element } = chunk.path[chunk.path.length - 1];
  const isDecimal = element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL";
  if (isDecimal && /BYTE/.test(facts.type) && !((element.type_length ?? Infinity) <= maxDepth))
    throw new Error("decimals of variable length or of more than 32 bytes are not supported");
  const start = counted(facts.dictionary_page_offset || facts.data_page_offset);
  const end = start + counted(facts.total_compressed_size);
  if (end > file.length)
    throw new Error(`a column ends at byte ${end}, but the file has ${file.length} bytes`);
  const bytes = file.subarray(start, end);
  for (let at = 0; at < bytes.length - 1;) {
    const bodyAt = thriftEnd(bytes, at);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bodyAt);
    const header = parquetHeader({ view, offset: at });
    const sizes = [header.compressed_page_size, header.uncompressed_page_size].map(counted);
    at = bodyAt + sizes[0];
    if (at > bytes.length) throw new Error("a page extends beyond its column");
    chunk.budget.bytes -= sizes[1];
    if (chunk.budget.bytes < 0) throw new Error("its pages unpack to too many bytes");
    checkPage(bytes.slice(bodyAt, at), header, chunk);
  }
}

function checkPage(body: Uint8Array, header: PageHeader, chunk: Chunk): void {
  const { data_page_header: page, data_page_header_v2: page2, dictionary_page_header: dictionary } = header;
  const size = header.uncompressed_page_size;
  if (header.type === "DICTIONARY_PAGE" && dictionary !== undefined) {
    // The smallest value is a boolean, with one bit.
    if (counted(dictionary.num_values) > 8 * size)
      throw new Error(`a dictionary declares ${dictionary.num_values} values in ${size} bytes`);
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
    if (start > Math.min(size, body.length)) throw new Error("the levels extend beyond their page");
    if (counted(page2.num_nulls) > values)
      throw new Error(`a page declares ${page2.num_nulls} nulls among ${values} values`);
    const reader = readerOf(body);
    checkLevels(reader, getMaxRepetitionLevel(chunk.path), values);
    reader.offset = repeated;
    checkLevels(reader, getMaxDefinitionLevel(chunk.path), values);
    const packed = body.subarray(start);
    const isPacked = page2.is_compressed !== false;
    const plain = isPacked ? decompressPage(packed, size - start, chunk.facts.codec, boundedCodecs) : packed;
    checkValues(readerOf(plain), page2.encoding, values - page2.num_nulls, chunk, true);
  } else throw new Error(`a page has the unknown type ${header.type}`);
}

function takeValues(chunk: Chunk, declared: number): number {
  const values = counted(declared);
  if (values > chunk.left) throw new Error(`a page has ${values} values, but only ${chunk.left} remain`);
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

/** Reads the levels of a page of version 1, which follow their length; undefined if the column has none. */
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
      // In version 1, width 0 means that all values are zero and no runs follow.
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
 * Checks strings with shared prefixes. A prefix must fit into the previous string, and all strings must fit
 * into the budget.
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
    if (prefix < 0 || suffixes[i] < 0 || prefix > before)
      throw new Error("the prefix of a string is longer than the string before it");
    before = prefix + suffixes[i];
    budget.bytes -= before;
    if (budget.bytes < 0) throw new Error("its strings have too many bytes");
  });
}
