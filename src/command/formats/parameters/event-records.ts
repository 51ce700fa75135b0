/**
 * Records of the event files that TensorBoard reads. Each is an `Event` of tensorflow/core/util/event.proto,
 * framed as a TFRecord:
 *
 *     length (u64) · masked CRC32C of the length (u32) · the event · masked CRC32C of the event (u32), all little-endian
 *     masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8
 *
 * (tensorflow/core/lib/io/record_writer.h, crc32c.h.) The numbers of fields are those of event.proto and summary.proto.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { createCRC32 } from "hash-wasm";
import type { Distribution } from "../../../runtime/core/distribution.ts";

/** A figure, or how many figures are distributed, under its name in TensorBoard: `train/loss`. */
export type Summary =
  | { readonly tag: string; readonly value: number }
  | { readonly tag: string; readonly distribution: Distribution };

/** `wallTime` in seconds since 1970; `step` is where on the axis it stands. */
export type EventRecord = { readonly wallTime: number; readonly step?: number } & (
  | { readonly fileVersion: string }
  /** What a reader has of this step and later ones, from this folder, is void. */
  | { readonly restarts: true }
  | { readonly summaries: readonly Summary[] }
);

/** What begins every file: readers believe in `restarts` from this version on. */
export const fileVersion = "brain.Event:2";

/** The Castagnoli polynomial, reflected. */
const castagnoli = 0x82f63b78;

/** The bytes of records, one after the other. */
export async function encodeRecords(events: readonly EventRecord[]): Promise<Uint8Array> {
  const crc = await createCRC32(castagnoli);
  const masked = (bytes: Uint8Array): number => {
    const sum = parseInt(crc.init().update(bytes).digest("hex"), 16);
    return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
  };
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

function encodeEvent(event: EventRecord): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(event.wallTime);
  if (event.step !== undefined) writer.tag(2, WireType.Varint).int64(event.step);
  if ("fileVersion" in event) writer.tag(3, WireType.LengthDelimited).string(event.fileVersion);
  if ("summaries" in event)
    message(writer, 5, () => event.summaries.forEach((summary) => writeSummary(writer, summary)));
  // SessionLog { status: START }
  if ("restarts" in event) message(writer, 7, () => writer.tag(1, WireType.Varint).int32(1));
  return writer.finish();
}

/** A message as a field of the one around it. */
function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeSummary(writer: BinaryWriter, summary: Summary): void {
  message(writer, 1, () => {
    writer.tag(1, WireType.LengthDelimited).string(summary.tag);
    if ("value" in summary) writer.tag(2, WireType.Bit32).float(summary.value);
    else message(writer, 5, () => writeHistogram(writer, summary.distribution));
  });
}

/** `HistogramProto`: a bucket ends at its limit, and begins where the one before ends. */
function writeHistogram(writer: BinaryWriter, found: Distribution): void {
  const { count, min, max, mean, norm, histogram } = found;
  const isSpread = max > min;
  const counts = isSpread ? histogram : [count];
  const limits = counts.map((_, i) =>
    i === counts.length - 1 ? max : min + ((max - min) * (i + 1)) / counts.length,
  );
  const figures = [min, max, count, mean * count, norm * norm];
  figures.forEach((figure, i) => writer.tag(i + 1, WireType.Bit64).double(figure));
  [limits, counts].forEach((numbers, i) =>
    message(writer, i + 6, () => numbers.forEach((number) => writer.double(number))),
  );
}
