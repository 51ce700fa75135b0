// Reads event files like TensorBoard. The reader is based only on the documented format, not on the libraries
// that write the files: it computes checksums bit by bit, and identifies fields by their numbers in
// event.proto and summary.proto.

export interface ReadHistogram {
  min: number;
  max: number;
  num: number;
  sum: number;
  sumSquares: number;
  limits: number[];
  counts: number[];
}

export interface ReadSummary {
  readonly tag: string;
  readonly value: number | undefined;
  readonly histogram: ReadHistogram | undefined;
}

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion: string | undefined;
  readonly restarts: boolean;
  readonly summaries: readonly ReadSummary[];
}

/** CRC-32C, a bit at a time. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Returns all events of a file. @throws Error for a record that is truncated or has an incorrect checksum */
export function readEvents(file: Uint8Array): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length;) {
    const view = viewOf(file.subarray(at));
    const length = Number(view.getBigUint64(0, true));
    const data = file.subarray(at + 12, at + 12 + length);
    if (view.getUint32(8, true) !== masked(file.subarray(at, at + 8))) throw new Error("wrong length");
    if (data.length < length || view.getUint32(12 + length, true) !== masked(data))
      throw new Error("wrong data");
    events.push(eventIn(data));
    at += 16 + length;
  }
  return events;
}

interface Field {
  readonly number: number;
  /** The bytes of a field that has a fixed size or a length; empty for other fields. */
  readonly bytes: Uint8Array;
  readonly varint: number;
}

/** The number of bytes for the wire types of fixed size: 64 and 32 bits. */
const fixedLengths: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [5, 4],
]);

/** The fields of a message, each with its number and value. */
function fieldsIn(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message[at++];
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    const value = wire === 0 ? varint() : 0;
    const length = wire === 2 ? varint() : (fixedLengths.get(wire) ?? 0);
    fields.push({ number, bytes: message.subarray(at, at + length), varint: value });
    at += length;
  }
  return fields;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const doubles = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 8 }, (_, i) => viewOf(bytes).getFloat64(8 * i, true));

function eventIn(data: Uint8Array): ReadEvent {
  const fields = fieldsIn(data);
  const field = (number: number) => fields.find((found) => found.number === number);
  const version = field(3);
  return {
    wallTime: doubles(field(1)?.bytes ?? new Uint8Array(8))[0],
    step: field(2)?.varint ?? 0,
    fileVersion: version && text(version.bytes),
    // SessionLog.status = START
    restarts: fieldsIn(field(7)?.bytes ?? new Uint8Array(0)).some(
      ({ number, varint }) => number === 1 && varint === 1,
    ),
    summaries: fieldsIn(field(5)?.bytes ?? new Uint8Array(0)).map(({ bytes }) => summaryIn(bytes)),
  };
}

function summaryIn(bytes: Uint8Array): ReadSummary {
  const fields = fieldsIn(bytes);
  const field = (number: number) => fields.find((found) => found.number === number)?.bytes;
  const [tag, value, histogram] = [field(1), field(2), field(5)];
  return {
    tag: text(tag ?? new Uint8Array(0)),
    value: value && viewOf(value).getFloat32(0, true),
    histogram: histogram && histogramIn(histogram),
  };
}

function histogramIn(bytes: Uint8Array): ReadHistogram {
  const lists = new Map(fieldsIn(bytes).map((field) => [field.number, doubles(field.bytes)]));
  const [min, max, num, sum, sumSquares] = [1, 2, 3, 4, 5].map((number) => lists.get(number)?.[0] ?? 0);
  return { min, max, num, sum, sumSquares, limits: lists.get(6) ?? [], counts: lists.get(7) ?? [] };
}
