/** Checks encoded Parquet data before a library parses it: Thrift structs, and runs of encoded values. */

// Structs in Thrift's compact protocol, such as page headers and the footer of a file. They are checked
// because the parser allocates lists of any declared length.

/** The maximum depth of nesting. The structs that Parquet defines are nested less deeply. */
const maxStructDepth = 24;

/** Numbers have at most 64 bits, so they take at most 10 bytes of 7 bits each. */
const maxVarintBytes = 10;

/**
 * The end of the struct that begins at `start`.
 * @throws Error if it declares more bytes than remain
 */
export function thriftEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  const take = (count: number): number => {
    if (count > bytes.length - at) throw new Error("a length exceeds the remaining bytes");
    at += count;
    return bytes[at - count];
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < maxVarintBytes; i++) {
      const byte = take(1);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new Error("a number is longer than 64 bits");
  };
  const list = (depth: number): void => {
    const head = take(1);
    const [type, short] = [head & 15, head >> 4];
    const size = short === 15 ? varint() : short;
    if (size > bytes.length - at) throw new Error("a list is longer than the remaining bytes");
    for (let i = 0; i < size; i++) {
      // Booleans take one byte in lists, and none in structs.
      if (type <= 2) take(1);
      else value(type, depth);
    }
  };
  const value = (type: number, depth: number): void => {
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        return void take(1);
      case 4:
      case 5:
      case 6:
        return void varint();
      case 7:
        return void take(8);
      case 8:
        return void take(varint());
      case 9:
        return list(depth + 1);
      case 12:
        return struct(depth + 1);
      default:
        throw new Error(`the file is damaged: its metadata has the unknown type ${type}`);
    }
  };
  const struct = (depth: number): void => {
    if (depth > maxStructDepth) throw new Error(`structs are nested more than ${maxStructDepth} levels deep`);
    for (let head = take(1); (head & 15) !== 0; head = take(1)) {
      if (head >> 4 === 0) varint();
      value(head & 15, depth);
    }
  };
  struct(0);
  return at;
}

// Encoded values of a page. They are checked because the library trusts the lengths of runs: on a damaged
// file, it would exhaust the memory or not terminate.

/** The bytes of a page and the current offset. */
export interface PageReader {
  readonly view: DataView;
  offset: number;
}

function varint(reader: PageReader): number {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = reader.view.getUint8(reader.offset++);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value;
  }
  throw new Error("a number is longer than 64 bits");
}

/** Checks `count` values of `width` bits: runs of equal values, and packed groups of eight values. */
export function checkRuns(reader: PageReader, width: number, count: number): void {
  if (width > 32) throw new Error(`values have ${width} bits; at most 32 are supported`);
  for (let left = count; left > 0;) {
    const head = varint(reader);
    const isPacked = head % 2 === 1;
    const run = isPacked ? 4 * (head - 1) : head / 2;
    if (run > (isPacked ? 8 * Math.ceil(left / 8) : left))
      throw new Error(`a run has ${run} values, but only ${left} remain`);
    reader.offset += isPacked ? Math.max(1, (run * width) / 8) : Math.ceil(width / 8);
    if (reader.offset > reader.view.byteLength && run * width > 0)
      throw new Error("a run extends beyond its page");
    left -= run;
  }
}

/** Checks numbers that are stored as blocks of differences. Moves the offset past the last block. */
export function checkDeltas(reader: PageReader, count: number): void {
  const [block, parts] = [varint(reader), varint(reader)];
  const perPart = block / parts;
  if (!(parts > 0 && parts <= reader.view.byteLength && perPart > 0 && perPart % 32 === 0))
    throw new Error(`a block cannot contain ${block} differences in ${parts} parts`);
  for (let i = 0; i < 2; i++) varint(reader);
  for (let left = count - 1; left > 0; left -= block) {
    varint(reader);
    const widths = reader.offset;
    reader.offset += parts;
    for (let part = 0; part < parts && part * perPart < left; part++) {
      const width = reader.view.getUint8(widths + part);
      if (width > 64) throw new Error(`differences have ${width} bits; at most 64 are supported`);
      reader.offset += (perPart * width) / 8;
    }
  }
}
