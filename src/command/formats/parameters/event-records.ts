/**
 * Encodes the event files of TensorBoard. Each record is an `Event` of tensorflow/core/util/event.proto,
 * framed as a TFRecord:
 *
 *     length (u64) · masked CRC32C of the length (u32) · the event · masked CRC32C of the event (u32)
 *     masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8
 *
 * All numbers are little-endian (tensorflow/core/lib/io/record_writer.h, crc32c.h). Field numbers are those
 * of event.proto and summary.proto.
 */
import type { Distribution } from "../../../runtime/trainer/probe.ts";

/** A scalar or a histogram, with its tag in TensorBoard, such as `train/loss`. */
export type Summary =
  | { readonly tag: string; readonly value: number }
  | { readonly tag: string; readonly distribution: Distribution };

/** `wallTime`: seconds since 1970; `step`: the position on TensorBoard's axis. */
export type EventRecord = { readonly wallTime: number; readonly step?: number } & (
  | { readonly fileVersion: string }
  /** Tells readers to discard this step and all later steps in the folder. */
  | { readonly restarts: true }
  | { readonly summaries: readonly Summary[] }
);

/** The first record of every file. Readers have supported `restarts` since this version. */
export const fileVersion = "brain.Event:2";

/**
 * The table of CRC32C: for each byte, the remainder of x⁸ · byte divided by Castagnoli's polynomial,
 * reflected.
 */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest;
});

const crc32c = (bytes: Uint8Array): number =>
  ~bytes.reduce((crc, byte) => remainders[(crc ^ byte) & 0xff] ^ (crc >>> 8), ~0) >>> 0;

const masked = (bytes: Uint8Array): number => {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
};

/** The encoded records, concatenated. */
export function encodeRecords(events: readonly EventRecord[]): Uint8Array {
  const framed = events.map((event) => {
    const data = encodeEvent(event);
    const record = new Uint8Array(data.length + 16);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, BigInt(data.length), true);
    view.setUint32(8, masked(record.subarray(0, 8)), true);
    record.set(data, 12);
    view.setUint32(12 + data.length, masked(data), true);
    return record;
  });
  return Buffer.concat(framed);
}

/** A field of a protocol buffer: its number and wire type, then the value. */
const field = (id: number, kind: 0 | 1 | 2 | 5, value: Uint8Array): Uint8Array =>
  Buffer.concat([varint(id * 8 + kind), value]);

const integer = (id: number, value: number): Uint8Array => field(id, 0, varint(value));
const double = (id: number, value: number): Uint8Array => field(id, 1, doubles([value]));
const float = (id: number, value: number): Uint8Array =>
  field(id, 5, new Uint8Array(Float32Array.of(value).buffer));

/** A field with a length: a string, packed numbers or a message. */
const bytes = (id: number, value: Uint8Array): Uint8Array =>
  field(id, 2, Buffer.concat([varint(value.length), value]));

const message = (id: number, ...fields: readonly Uint8Array[]): Uint8Array =>
  bytes(id, Buffer.concat(fields));
const text = (id: number, value: string): Uint8Array => bytes(id, Buffer.from(value));

/**
 * Encodes an integer below 2⁵³: seven bits per byte, lowest first; the highest bit is set if more bytes
 * follow.
 */
function varint(value: number): Uint8Array {
  const found: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) found.push((rest % 128) + 128);
  return Uint8Array.from([...found, rest]);
}

function doubles(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  return new Uint8Array(view.buffer);
}

function encodeEvent(event: EventRecord): Uint8Array {
  return Buffer.concat([
    double(1, event.wallTime),
    ...(event.step === undefined ? [] : [integer(2, event.step)]),
    ...("fileVersion" in event ? [text(3, event.fileVersion)] : []),
    ...("summaries" in event ? [message(5, ...event.summaries.map(encodeSummary))] : []),
    // SessionLog { status: START }
    ...("restarts" in event ? [message(7, integer(1, 1))] : []),
  ]);
}

const encodeSummary = (summary: Summary): Uint8Array =>
  message(
    1,
    text(1, summary.tag),
    "value" in summary ? float(2, summary.value) : message(5, ...histogramFields(summary.distribution)),
  );

/**
 * The fields of `HistogramProto`. Each bucket ends at its limit and begins at the limit of the previous one.
 */
function histogramFields(found: Distribution): Uint8Array[] {
  const { count, min, max, mean, norm, histogram } = found;
  const isSpread = max > min;
  const counts = isSpread ? histogram : [count];
  const limits = counts.map((_, i) =>
    i === counts.length - 1 ? max : min + ((max - min) * (i + 1)) / counts.length,
  );
  const figures = [min, max, count, mean * count, norm * norm];
  return [
    ...figures.map((figure, i) => double(i + 1, figure)),
    bytes(6, doubles(limits)),
    bytes(7, doubles(Array.from(counts))),
  ];
}
