// Data files of every format, which must all give the same rows. If a test fails, a reader confuses byte
// order, axes or missing values, and a model silently trains on noise.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import { dump } from "npyjs";
import { afterAll, describe, expect, test } from "vitest";
import { readTable } from "../../../../src/command/formats/tables/read-table.ts";
import type { Wanted } from "../../../../src/command/formats/tables/column-builder.ts";
import { columnOf } from "../../../../src/runtime/data/fields.ts";
import type { Table } from "../../../../src/runtime/data/table.ts";
import { model } from "../../../runtime/linear-machine.ts";
import { numbersIn } from "../../../support/numbers-in.ts";

const folder = mkdtempSync(join(tmpdir(), "formats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file whose name does not show its format. */
function fileOf(content: string | Uint8Array): string {
  const file = join(folder, "rows");
  writeFileSync(file, content);
  return file;
}

const wanted = (columns: string[], more: object = {}): Wanted => ({
  model: { ...model, inputs: {}, targets: { kind: { shape: [], classes: 2 } } },
  data: { inputs: { x: { columns, ...more } }, targets: { kind: { columns: ["kind"] } } },
});
const ab = wanted(["a", "b"]);
const texts = (table: Table, name: string) =>
  Array.from({ length: table.rows }, (_, row) => columnOf(table, name).text(row));

const bytes = (buffer: ArrayBuffer) => new Uint8Array(buffer);
const rows = { a: [1, -2.5, 0.1], b: [7, 8, 16777217], kind: ["rose", "iris", "rose"] };
const csv = "a,b,kind\n1,7,rose\n-2.5,8,iris\n0.1,16777217,rose\n";
const jsonLines = rows.a
  .map((a, i) => JSON.stringify({ note: { by: "hand" }, a, b: rows.b[i], kind: rows.kind[i] }))
  .join("\n");
const parquet = (columnData: Parameters<typeof parquetWriteBuffer>[0]["columnData"]) =>
  bytes(parquetWriteBuffer({ columnData }));
const npz = (arrays: Record<string, ArrayBuffer>) =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, bytes(array)])));

describe.each<[string, string | Uint8Array]>([
  ["CSV", csv],
  ["JSON Lines", jsonLines],
  ["JSON Lines with a byte-order mark and an empty last line", `\ufeff${jsonLines}\r\n\n`],
  [
    "Parquet",
    parquet([
      { name: "a", data: rows.a, type: "DOUBLE" },
      { name: "b", data: rows.b, type: "INT32" },
      { name: "kind", data: rows.kind, type: "STRING" },
    ]),
  ],
  [
    ".npz",
    npz({
      a: dump(Float64Array.from(rows.a), [3]),
      b: dump(Int32Array.from(rows.b), [3]),
      kind: dump(rows.kind, [3]),
    }),
  ],
])("%s", (_, content) => {
  test.each(["plain", "packed by gzip"])("%s", async (how) => {
    const table = await readTable(fileOf(how === "as it is" ? content : gzipSync(content)), ab);
    expect(table.rows).toBe(3);
    expect(numbersIn(table, "a")).toEqual(rows.a);
    expect(numbersIn(table, "b")).toEqual(rows.b);
    expect(texts(table, "kind")).toEqual(rows.kind);
  });
});

test("lists of numbers, nested or not, are cells with several numbers; missing ones are empty", async () => {
  const block = '{"kind":0,"p":[[1,2],[3,4]]}\n{"p":[5,6,7,null],"kind":1}\n';
  const table = await readTable(fileOf(block), wanted(["p"]));
  expect(columnOf(table, "p").size).toBe(4);
  expect(numbersIn(table, "p")).toEqual([1, 2, 3, 4, 5, 6, 7, NaN]);
  const pixels = npz({
    p: dump(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2]),
    kind: dump(Int8Array.of(0, 1), [2]),
  });
  expect(numbersIn(await readTable(fileOf(pixels), wanted(["p"])), "p")).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

describe("the shape of a cell", () => {
  /** An input of this shape, which reads the column p, and a target that reads it, too. */
  const shaped = (shape: number[], more: object = {}): Wanted => ({
    model: { ...model, inputs: { x: { shape, dtype: "f32" } }, targets: { y: { shape: [6] } } },
    data: { inputs: { x: { columns: ["p"] } }, targets: { y: { columns: ["p"] } }, ...more },
  });
  const rowsOf = (...cells: unknown[]) => cells.map((p) => `${JSON.stringify({ p })}\n`).join("");
  const [wide, high] = [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ];
  const numbersOf = async (content: string | Uint8Array, of: Wanted) =>
    numbersIn(await readTable(fileOf(content), of), "p");

  test.each([
    ["equal", [2, 3], wide],
    ["equal except for axes of size 1", [1, 2, 3, 1], wide],
    ["equal except for axes of size 1", [2, 3], wide.map((row) => row.map((value) => [value]))],
    ["flat", [2, 3], wide.flat()],
    ["joined to one axis", [6], high],
    ["joined in part", [2, 3], wide.map((row) => [row])],
  ])("may be %s: the input has %j", async (_, shape, cell) => {
    expect(await numbersOf(rowsOf(cell), shaped(shape))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("that differs is an error with its row and both shapes", async () => {
    await expect(numbersOf(rowsOf(wide, high), shaped([2, 3]))).rejects.toThrow(
      'rows:2 error T2003: column "p": the cell has the shape [3, 2], but inputs.x has the shape [2, 3]',
    );
    const image = npz({ p: dump(Uint8Array.from({ length: 12 }), [2, 3, 2]) });
    await expect(numbersOf(image, shaped([2, 3]))).rejects.toThrow(
      'row 1: column "p": the cell has the shape [3, 2], but inputs.x has the shape [2, 3]',
    );
    const lists = parquet([{ name: "p", data: [high] }]);
    await expect(numbersOf(lists, shaped([2, 3]))).rejects.toThrow("the cell has the shape [3, 2]");
  });

  test("of an image with the channels first is an error if the input has them last", async () => {
    const planes = Array.from({ length: 3 }, () => Array.from({ length: 6 }, () => Array(6).fill(1)));
    await expect(numbersOf(rowsOf(planes), shaped([6, 6, 3]))).rejects.toThrow(
      "the cell has the shape [3, 6, 6], but inputs.x has the shape [6, 6, 3]",
    );
  });

  test("that is not regular is an error", async () => {
    const message = 'column "p": the lists in the cell differ in length or depth';
    await expect(numbersOf(rowsOf([[1, 2], [3]]), shaped([3]))).rejects.toThrow(message);
    await expect(numbersOf(rowsOf([1, [2, 3]]), shaped([3]))).rejects.toThrow(message);
  });

  test("in a window has no axis of time", async () => {
    const windowRule = { length: 4, horizon: 6, stride: 1 };
    expect(await numbersOf(rowsOf(wide), shaped([4, 2, 3], { windowRule }))).toHaveLength(6);
    await expect(numbersOf(rowsOf(high), shaped([4, 2, 3], { windowRule }))).rejects.toThrow(
      "the cell has the shape [3, 2], but inputs.x has the shape [2, 3]",
    );
  });

  test("that several columns form together is not checked", async () => {
    const both = wanted(["p", "q"]);
    const line = JSON.stringify({ p: wide, q: high, kind: 0 });
    expect(await numbersOf(`${line}\n`, both)).toHaveLength(6);
  });
});

test("missing keys, JSON null and Parquet null are missing values; booleans are 0 and 1", async () => {
  const lines = '{"a":1,"kind":"x"}\n{"a":null,"b":true,"kind":"y"}\n';
  const table = await readTable(fileOf(lines), ab);
  expect([numbersIn(table, "a"), numbersIn(table, "b")]).toEqual([
    [1, NaN],
    [NaN, 1],
  ]);
  const nulls = parquet([
    { name: "a", data: [1, null], type: "DOUBLE" },
    { name: "b", data: [true, false], type: "BOOLEAN" },
    { name: "kind", data: ["x", "y"], type: "STRING" },
  ]);
  const other = await readTable(fileOf(nulls), ab);
  expect([numbersIn(other, "a"), numbersIn(other, "b")]).toEqual([
    [1, NaN],
    [1, 0],
  ]);
  const kept = await readTable(fileOf(nulls), wanted(["a", "b"], { drop: true }));
  expect([kept.rows, kept.notice, kept.lineOf(0)]).toEqual([
    1,
    "1 of 2 rows have a missing value and are dropped",
    "row 1",
  ]);
});

/** An array in the format of NumPy's .npy files. */
function npy(descr: string, shape: string, values: Uint8Array, fortran = false): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${shape}), }`;
  const header = `${text.padEnd(128 - 11)}\n`;
  const start = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length & 255, header.length >> 8];
  return Uint8Array.from([...start, ...new TextEncoder().encode(header), ...values]);
}
const little = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);
const big = (array: { buffer: ArrayBufferLike; BYTES_PER_ELEMENT: number }) => {
  const copy = new Uint8Array(array.buffer.slice(0));
  for (let at = 0; at < copy.length; at += array.BYTES_PER_ELEMENT)
    copy.subarray(at, at + array.BYTES_PER_ELEMENT).reverse();
  return copy;
};
const columns = wanted(["c0..c1"]);

test.each<[string, ArrayBufferView & { BYTES_PER_ELEMENT: number }]>([
  ["f4", Float32Array.of(1, -2.5, 3, 100)],
  ["f8", Float64Array.of(1, -2.5, 0.1, 1e300)],
  ["i1", Int8Array.of(1, -2, 3, 127)],
  ["i2", Int16Array.of(1, -2, 3, 32767)],
  ["i4", Int32Array.of(1, -2, 3, 2147483647)],
  ["i8", BigInt64Array.of(1n, -2n, 3n, 9007199254740991n)],
  ["u1", Uint8Array.of(1, 2, 3, 255)],
  ["u2", Uint16Array.of(1, 2, 3, 65535)],
  ["u4", Uint32Array.of(1, 2, 3, 4294967295)],
  ["u8", BigUint64Array.of(1n, 2n, 3n, 9007199254740991n)],
  ["b1", Uint8Array.of(1, 0, 0, 1)],
])("NumPy arrays of %s, in both byte orders and both axis orders", async (type, array) => {
  const values = Array.from(array as unknown as ArrayLike<number>, Number);
  const read = async (descr: string, of: Uint8Array, isFortran = false) => {
    const table = await readTable(fileOf(npy(descr, "2, 2", of, isFortran)), columns);
    return [numbersIn(table, "c0"), numbersIn(table, "c1")];
  };
  const order = array.BYTES_PER_ELEMENT === 1 ? "|" : "<";
  const [p, q, r, s] = values;
  expect(await read(order + type, little(array))).toEqual([
    [p, r],
    [q, s],
  ]);
  expect(await read(order + type, little(array), true)).toEqual([
    [p, q],
    [r, s],
  ]);
  if (order === "<")
    expect(await read(`>${type}`, big(array))).toEqual([
      [p, r],
      [q, s],
    ]);
});

test("column-major order with three axes", async () => {
  const values = Float64Array.from({ length: 12 }, (_, i) => i);
  const table = await readTable(fileOf(npy("<f8", "2, 3, 2", little(values), true)), wanted(["c0..c5"]));
  // NumPy: np.arange(12).reshape((2, 3, 2), order="F").reshape(2, 6)[0] is 0 6 2 8 4 10
  expect(["c0", "c1", "c2", "c3", "c4", "c5"].map((name) => numbersIn(table, name)[0])).toEqual([
    0, 6, 2, 8, 4, 10,
  ]);
});

test.each<[string, string | Uint8Array, string]>([
  [
    "Latin-1 in CSV, which would make two labels one",
    Buffer.from("a,b,kind\r\n1,1,fur\r\n1,2,f\xfcr\r\n1,2,f\xe1r\r\n", "latin1"),
    "rows:3 error T2002: the text is not UTF-8",
  ],
  [
    "Latin-1 in JSON Lines",
    Buffer.from('{"a":1,"b":1,"kind":"fur"}\n{"a":1,"b":1,"kind":"f\xfcr"}\n', "latin1"),
    "rows:2 error T2002: the text is not UTF-8",
  ],
  ["UTF-16", Buffer.from("\ufeffa,b,kind\n1,2,x\n", "utf16le"), "rows:1 error T2002: the text is not UTF-8"],
  ["half a character", Buffer.from("a,b\n1,\xe4", "latin1"), "rows:2 error T2002: the text is not UTF-8"],
  [
    "Latin-1 in Parquet",
    parquet([
      { name: "a", data: [1, 2] },
      { name: "b", data: [1, 2] },
      { name: "kind", data: [Buffer.from("fur"), Buffer.from("f\xfcr", "latin1")], type: "BYTE_ARRAY" },
    ]),
    'rows error T2003: row 2: column "kind": the text is not UTF-8',
  ],
  ["no JSON", `${jsonLines}\n{"a":1,}`, "rows:4 error T2002: the line is not valid JSON"],
  ["a number instead of a row", "{}\n7\n", "rows:2 error T2002: the line is not an object"],
  ["a list around the rows", '[\n{"a":1}\n]\n', "rows:1 error T2002: the line is not valid JSON"],
  [
    "an object as a value",
    '{"a":1}\n{"a":{"b":2}}\n',
    'rows:2 error T2003: column "a": a value must not be an object',
  ],
  [
    "a text in a list",
    '{"a":[1]}\n{"a":["x"]}\n',
    'rows:2 error T2003: column "a": "x" is not a number, but it is in a list of numbers',
  ],
  [
    "a list too short",
    '{"a":[1,2]}\n{"a":[1]}\n',
    'rows:2 error T2003: column "a": the cell has 1 numbers, but earlier rows have 2',
  ],
  [
    "half a Parquet file",
    parquet([{ name: "a", data: [1] }]).subarray(0, 30),
    "rows error T2002: cannot read the Parquet file: ",
  ],
  [
    "half an archive",
    npz({ a: dump(Int8Array.of(1), [1]) }).subarray(0, 60),
    "rows error T2003: the archive is damaged or truncated: ",
  ],
  [
    "an archive without NumPy arrays",
    zipSync({ "a.txt": Uint8Array.of(1) }),
    "rows error T2003: the archive contains no NumPy array",
  ],
  [
    "arrays of unequal length",
    npz({ a: dump(Int8Array.of(1), [1]), b: dump(Int8Array.of(1, 2), [2]) }),
    "rows error T2003: the arrays have different numbers of rows: a has [1], b has [2]",
  ],
  [
    "an invalid NumPy string",
    zipSync({ "kind.npy": npy("<U1", "2,", little(Uint32Array.of(97, 0xd800))) }),
    "rows error T2003: row 2: the string contains the code 55296, which is not a valid character",
  ],
  [
    "complex numbers",
    npy("<c8", "1,", new Uint8Array(8)),
    "rows error T2003: the type '<c8' is not supported: values must be numbers, booleans or strings",
  ],
  [
    "an array cut short",
    npy("<f4", "2, 2", new Uint8Array(12)),
    "rows error T2003: the file is truncated: its header declares 144 bytes, but it has 140",
  ],
  [
    "half a header",
    npy("<f4", "2, 2", new Uint8Array(0)).subarray(0, 9),
    "rows error T2003: the array is truncated: it has 9 bytes",
  ],
])("%s is reported with its location", async (_, content, message) => {
  const file = fileOf(content);
  const caught: unknown = await readTable(file, ab).catch((error: unknown) => error);
  expect(String(caught)).toContain(message);
});
