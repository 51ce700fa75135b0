// Checks the encoded values of a Parquet page against its size. The kept library believes how long runs are,
// and would fill memory, or never end, for those of a damaged file.

/** A page that is being checked: its bytes, and how far the check is. */
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

/**
 * So many values of this width, as runs of equal ones and groups of eight packed ones. None may be longer
 * than what is left.
 */
export function checkRuns(reader: PageReader, width: number, count: number): void {
  if (width > 32) throw new Error(`values of ${width} bits`);
  for (let left = count; left > 0;) {
    const head = varint(reader);
    const isPacked = head % 2 === 1;
    const run = isPacked ? 4 * (head - 1) : head / 2;
    if (run > (isPacked ? 8 * Math.ceil(left / 8) : left))
      throw new Error(`a run of ${run} values, where ${left} are left`);
    reader.offset += isPacked ? Math.max(1, (run * width) / 8) : Math.ceil(width / 8);
    if (reader.offset > reader.view.byteLength && run * width > 0)
      throw new Error("a run is longer than its page");
    left -= run;
  }
}

/** Numbers by their differences, in blocks; none of its sizes may be greater than the page. Stops after the last. */
export function checkDeltas(reader: PageReader, count: number): void {
  const [block, parts] = [varint(reader), varint(reader)];
  const perPart = block / parts;
  if (!(parts > 0 && parts <= reader.view.byteLength && perPart > 0 && perPart % 32 === 0))
    throw new Error(`blocks of ${block} differences in ${parts} parts`);
  for (let i = 0; i < 2; i++) varint(reader);
  for (let left = count - 1; left > 0; left -= block) {
    varint(reader);
    const widths = reader.offset;
    reader.offset += parts;
    for (let part = 0; part < parts && part * perPart < left; part++) {
      const width = reader.view.getUint8(widths + part);
      if (width > 64) throw new Error(`differences of ${width} bits`);
      reader.offset += (perPart * width) / 8;
    }
  }
}
