// Small valid data files of every format, in most of its encodings. The fuzzer damages copies of these files.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { zipSync, type Zippable } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import { dump } from "npyjs";
import { npz, safetensors } from "../../src/command/formats/parameters/formats.ts";
import { idxBytes } from "../support/idx-bytes.ts";

export interface SampleFile {
  readonly format: string;
  readonly bytes: Uint8Array;
  readonly kind: "table" | "idx" | "tensors";
  /** The columns of the samples: four columns of numbers and one of labels. */
  readonly columns: readonly string[];
}

const names = ["a", "b", "c", "d", "y"];
const rows = Array.from({ length: 30 }, (_, i) => [i / 2, 29 - i, (i * 7) % 5, i % 2, "uvw"[i % 3]] as const);
const column = (place: number) => rows.map((row) => row[place]);
const numbers = (place: number) => column(place).map(Number);
const text = (value: string) => new TextEncoder().encode(value);
const bytes = (buffer: ArrayBuffer) => new Uint8Array(buffer);

const csv = text([names, ...rows].map((row) => `${row.join(",")}\n`).join(""));
const quoted = text([names, ...rows].map((row) => row.map((cell) => `"${cell}"`).join(",")).join("\r\n"));
const jsonLines = text(
  rows
    .map(([a, b, c, d, y]) => `${JSON.stringify({ a, b, c, d, y, note: { list: [1, [2, "x"]] } })}\n`)
    .join(""),
);

function zippedArrays(level: 0 | 6): Uint8Array {
  const arrays: Zippable = Object.fromEntries(
    names.map((name, i) => [
      `${name}.npy`,
      bytes(i < 4 ? dump(Float64Array.from(numbers(i)), [30]) : dump(column(i), [30])),
    ]),
  );
  return zipSync(arrays, { level });
}

/** The same archive, with sizes and directory in 64 bits, as in large archives. */
function zip64(): Uint8Array {
  const small = zippedArrays(0);
  const view = new DataView(small.buffer, small.byteOffset, small.byteLength);
  const end = small.length - 22;
  const [count, size, start] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  const record = new DataView(new ArrayBuffer(56 + 20 + 22));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  for (const at of [24, 32]) record.setBigUint64(at, BigInt(count), true);
  record.setBigUint64(40, BigInt(size), true);
  record.setBigUint64(48, BigInt(start), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(end), true);
  record.setUint32(72, 1, true);
  record.setUint32(76, 0x06054b50, true);
  for (const at of [84, 86]) record.setUint16(at, 0xffff, true);
  for (const at of [88, 92]) record.setUint32(at, 0xffffffff, true);
  return Buffer.concat([small.subarray(0, end), new Uint8Array(record.buffer)]);
}

type ParquetOptions = Partial<Parameters<typeof parquetWriteBuffer>[0]>;

const parquet = (options: ParquetOptions): Uint8Array =>
  bytes(
    parquetWriteBuffer({
      columnData: [
        { name: "a", data: column(0), type: "DOUBLE" },
        { name: "b", data: column(1), type: "INT32" },
        { name: "c", data: numbers(2).map((value, i) => (i % 4 === 3 ? null : value)), type: "DOUBLE" },
        { name: "d", data: numbers(3).map(Boolean), type: "BOOLEAN" },
        { name: "y", data: column(4), type: "STRING" },
      ],
      ...options,
    }),
  );

const encoded = (): Uint8Array =>
  parquet({
    columnData: [
      { name: "a", data: column(0), type: "DOUBLE", encoding: "BYTE_STREAM_SPLIT" },
      { name: "b", data: column(1), type: "INT32", encoding: "DELTA_BINARY_PACKED" },
      { name: "c", data: numbers(2).map(BigInt), type: "INT64", encoding: "DELTA_BINARY_PACKED" },
      { name: "d", data: column(4), type: "STRING", encoding: "DELTA_LENGTH_BYTE_ARRAY" },
      { name: "y", data: column(4), type: "STRING", encoding: "DELTA_BYTE_ARRAY" },
    ],
  });

const lists = (): Uint8Array =>
  parquet({
    columnData: [
      { name: "a", data: numbers(0).map((value) => [value, value + 1, value + 2, value + 3]) },
      { name: "y", data: column(4), type: "STRING" },
    ],
  });

const tensors = [{ name: "dense.weight", shape: [2, 3], numbers: Float32Array.of(1, 2, 3, 4, 5, 6) }];

/** All samples. They are the same in every run. */
export function sampleFiles(): SampleFile[] {
  const table = (format: string, content: Uint8Array, columns: readonly string[] = names): SampleFile => ({
    format,
    bytes: content,
    kind: "table",
    columns,
  });
  const places = ["c0", "c1", "c2", "c3", "c4"];
  const values = Float64Array.from(rows.flatMap((_, i) => [0, 1, 2, 3, 2].map((place) => numbers(place)[i])));
  const npy = bytes(dump(values, [30, 5]));
  const fortran = Buffer.from(Buffer.from(npy).toString("latin1").replace("False", "True "), "latin1");
  const idx = idxBytes(
    8,
    [30, 2, 2],
    Array.from({ length: 120 }, (_, i) => i % 256),
  );
  return [
    table("csv", csv),
    table("quoted csv", quoted),
    table("csv.gz", gzipSync(csv)),
    table("jsonl", jsonLines),
    table("jsonl.gz", gzipSync(jsonLines)),
    table("npy", npy, places),
    table("npy of Fortran", fortran, places),
    table("npy.gz", gzipSync(npy), places),
    table("npz", zippedArrays(0)),
    table("npz packed", zippedArrays(6)),
    table("zip64", zip64()),
    table("parquet", parquet({})),
    table("parquet unpacked", parquet({ codec: "UNCOMPRESSED" })),
    table("parquet gzip", parquet({ codec: "GZIP", compressors: { GZIP: (page) => gzipSync(page) } })),
    table(
      "parquet brotli",
      parquet({ codec: "BROTLI", compressors: { BROTLI: (page) => brotliCompressSync(page) } }),
    ),
    table("parquet encodings", encoded()),
    table("parquet lists", lists(), ["a", "y"]),
    table("parquet.gz", gzipSync(parquet({}))),
    { format: "idx", bytes: idx, kind: "idx", columns: ["x"] },
    { format: "idx.gz", bytes: gzipSync(idx), kind: "idx", columns: ["x"] },
    { format: "safetensors", bytes: safetensors.encode(tensors, {}), kind: "tensors", columns: [] },
    { format: "npz of tensors", bytes: npz.encode(tensors, {}), kind: "tensors", columns: [] },
  ];
}
