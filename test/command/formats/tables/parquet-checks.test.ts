// The checks before a Parquet file is decoded. If a test fails, the library decodes a damaged file in
// unbounded time or memory.
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { checkDeltas, checkRuns, thriftEnd } from "../../../../src/command/formats/tables/check-encodings.ts";
import { boundedCodecs } from "../../../../src/command/formats/tables/parquet-codecs.ts";

const reader = (...bytes: number[]) => ({ view: new DataView(Uint8Array.from(bytes).buffer), offset: 0 });

test("runs of equal and of packed values", () => {
  // five equal values, then eight packed values of one bit
  const found = reader(10, 1, 3, 0xff, 7);
  checkRuns(found, 1, 12);
  expect(found.offset).toBe(4);
});

test.each<[string, number[], string]>([
  ["more equal values than remain", [14, 1], "a run has 7 values, but only 5 remain"],
  ["2³⁰ of them", [0xfe, 0xff, 0xff, 0xff, 0x07, 1], "a run has 1073741823 values"],
  ["more packed values than remain", [5, 1, 1], "a run has 16 values"],
  ["packed values with a negative count in 32 bits", [0xff, 0xff, 0xff, 0xff, 0x0f, 1], "a run has"],
  ["a run beyond the page", [3], "a run extends beyond its page"],
])("runs: %s", (_, bytes, message) => {
  expect(() => checkRuns(reader(...bytes), 1, 5)).toThrow(message);
});

test.each([
  ["no part", [128, 1, 0, 5, 0]],
  ["more parts than bytes", [128, 1, 0xff, 0xff, 3, 5, 0]],
  ["a number without end", [128, 1, 4, ...Array<number>(64).fill(0xff)]],
])("differences in blocks with %s", (_, bytes) => {
  expect(() => checkDeltas(reader(...bytes), 5)).toThrow();
});

test("the end of a Thrift struct is found, and declared sizes are limited by the bytes", () => {
  // field 1: the number 4; field 2: a list of two booleans; field 3: a string of one byte
  expect(thriftEnd(Uint8Array.of(0x15, 8, 0x19, 0x21, 1, 2, 0x18, 1, 65, 0, 9), 0)).toBe(10);
  for (const bytes of [
    [0x19, 0xfc, 0xff, 0xff, 0xff, 0x0f, 0],
    [0x18, 0xff, 0xff, 0x03, 0],
    [0x16, ...Array<number>(40).fill(0xff)],
    Array<number>(1000).fill(0x1c),
    [0x1d, 0],
  ])
    expect(() => thriftEnd(Uint8Array.from(bytes), 0)).toThrow();
});

test("zstd, gzip and Brotli pages unpack to at most their declared size", () => {
  // blocks that repeat one byte 2^17 times
  const block = (isLast: number) => [(2 | isLast) & 255, 0, 16, 7];
  const frame = [
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0,
    0x38,
    ...Array.from({ length: 99 }, () => block(0)).flat(),
    ...block(1),
  ];
  expect(() => boundedCodecs.ZSTD?.(Uint8Array.from(frame), 1000)).toThrow("unpacks to more than 1000 bytes");
  expect(boundedCodecs.ZSTD?.(Uint8Array.from(frame), 100 * 2 ** 17)).toHaveLength(100 * 2 ** 17);
  expect(() => boundedCodecs.GZIP?.(gzipSync(new Uint8Array(9000)), 1000)).toThrow();
});
