// Data files that once made the reader hang or use gigabytes of memory. If a test fails, the memory or time
// for reading is out of proportion to the size of the file.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { dump } from "npyjs";
import { afterAll, describe, expect, test } from "vitest";
import { bytesOf } from "../../../../src/command/formats/tables/open-bytes.ts";
import { readIdx } from "../../../../src/command/formats/tables/read-idx.ts";
import { readTable } from "../../../../src/command/formats/tables/read-table.ts";
import type { Wanted } from "../../../../src/command/formats/tables/column-builder.ts";
import { npz } from "../../../../src/command/formats/parameters/formats.ts";
import { columnOf } from "../../../../src/runtime/data/fields.ts";
import { mostUnpacked, unpacked } from "../../../../src/runtime/data/idx.ts";
import { isMissing } from "../../../../src/runtime/data/column-encoder.ts";
import { numberIn } from "../../../../src/runtime/data/table.ts";
import { idxBytes } from "../../../support/idx-bytes.ts";
import { model } from "../../../runtime/linear-machine.ts";
import { numbersIn } from "../../../support/numbers-in.ts";

const folder = mkdtempSync(join(tmpdir(), "limits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

async function messageOf(content: string | Uint8Array, of = ab): Promise<string> {
  const caught: unknown = await readTable(fileOf(content), of).catch((error: unknown) => error);
  return caught instanceof Error ? caught.message : "it was read";
}

/**
 * A gzip file of about 400 kB that unpacks to 320 MiB: `beginning`, then repetitions of `unit`. It consists
 * of several concatenated members.
 */
function bomb(beginning: string | Uint8Array, unit: string): Uint8Array {
  const member = gzipSync(Buffer.alloc(2 ** 24, unit));
  return Buffer.concat([gzipSync(beginning), ...Array.from({ length: 20 }, () => member)]);
}

function npy(descr: string, shape: string, values = new Uint8Array(0)): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
  const header = Buffer.from(`\x93NUMPY\x01\0${String.fromCharCode(118)}\0${text}\n`, "latin1");
  return Buffer.concat([header, values]);
}

const tooMuch = `the gzip data unpacks to more than ${2 ** 28} bytes: unpack the file first`;
const tooLong = "the line is longer than 16 MiB";

describe("gzip data that unpacks to much more than its size", () => {
  test.each<[string, Uint8Array, string]>([
    [".npz", bomb("PK\x03\x04", "\0"), tooMuch],
    ["Parquet", bomb("PAR1", "\0"), tooMuch],
    [".npy with more than its header says", bomb(npy("<f8", "2, 2"), "\0"), "has extra bytes"],
    [".npy with as much as its header says", bomb(npy("|u1", `${2 ** 24 * 20}, 1`), "\0"), tooMuch],
    ["CSV of rows", bomb("a,b,kind\n", "1,2,u\n"), tooMuch],
    ["CSV of empty lines", bomb("a,b,kind\n", "\n"), tooMuch],
    ["JSON Lines", bomb("", '{"a":1,"b":2,"kind":"u"}\n'), tooMuch],
  ])("%s", async (_, content, message) => {
    expect(await messageOf(content)).toContain(message);
  });

  test("IDX", async () => {
    const image = { ...model, inputs: { x: { shape: [4], dtype: "f32" as const } } };
    const read = (content: Uint8Array) => readIdx(image, { x: fileOf(content) });
    await expect(read(bomb(idxBytes(8, [10, 4], []), "\0"))).rejects.toThrow("has extra bytes");
    await expect(read(bomb(idxBytes(8, [2 ** 24 * 5, 4], []), "\0"))).rejects.toThrow(tooMuch);
  });

  test("in an emitted program", async () => {
    await expect(unpacked(bomb("", "\0"))).rejects.toThrow(tooMuch);
    expect(await unpacked(gzipSync("abc"))).toEqual(new TextEncoder().encode("abc"));
  });

  test("unpacking stops at the limit", async () => {
    const content = bomb("", "\0");
    let passed = 0;
    const count = async () => {
      for await (const piece of bytesOf(fileOf(content))) passed += piece.length;
    };
    await expect(count()).rejects.toThrow(tooMuch);
    expect(passed).toBeLessThanOrEqual(mostUnpacked(content.length));
  });
});

test.each(["1000000000000, 0", "0, 4294967290"])("an array of shape (%s) is empty", async (shape) => {
  const message = `the array is empty: its shape is [${shape}]`;
  expect(await messageOf(npy("<f8", shape))).toContain(message);
  expect(await messageOf(zipSync({ "a.npy": npy("<f8", shape) }))).toContain(message);
});

test("an array that declares more than the file has is rejected before it is read", async () => {
  expect(await messageOf(npy("<f8", "4294967290, 1"))).toContain(
    "the file is truncated: its header declares",
  );
  expect(await messageOf(npy("<f8", "1, 4294967290"))).toContain("a row of the array has 4294967290 values");
});

test("a member of an archive that unpacks to too much, and two with one name", async () => {
  const small = zipSync({
    "a.npy": npy("<f8", "1", new Uint8Array(8)),
    "b.npy": npy("<f8", "1", new Uint8Array(8)),
  });
  const twice = Buffer.from(Buffer.from(small).toString("latin1").replaceAll("b.npy", "a.npy"), "latin1");
  expect(await messageOf(twice)).toContain('two members have the name "a.npy"');
  expect(() => npz.decode(twice)).toThrow('two members have the name "a.npy"');
  // The directory at the end of the archive declares the unpacked size of the first member.
  const large = small.slice();
  new DataView(large.buffer).setUint32(Buffer.from(large).indexOf("PK\x01\x02") + 24, 2 ** 28 + 1, true);
  expect(await messageOf(large)).toContain(`"a.npy" would unpack to more than ${2 ** 28} bytes`);
  expect(() => npz.decode(large)).toThrow("would unpack to more than");
});

test("a damaged Parquet file with a run of two billion values is rejected", async () => {
  const hanging = readFileSync(new URL("hang.parquet", import.meta.url));
  expect(await messageOf(hanging, wanted(["a", "b", "c", "d"]))).toContain("cannot read the Parquet file: ");
});

test("a pipe and a device are rejected", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const file of [pipe, "/dev/zero"])
    await expect(readTable(file, ab)).rejects.toThrow("it is a device or a pipe, not a file");
});

describe("a line or record of more than 16 MiB", () => {
  const long = 17 * 2 ** 20;
  test.each<[string, string, number]>([
    ["one cell of CSV", `a,b,kind\n1,2,${"x".repeat(long)}\n`, 2],
    ["a quoted cell over many lines", `a,b,kind\n1,2,"${"x\n".repeat(long / 2)}"\n`, 2],
    ["empty cells", `a,b,kind\n${",".repeat(long)}\n`, 2],
    ["a line of JSON", `{"a":1}\n{"a":"${"x".repeat(long)}"}\n`, 2],
    ["an endless list", `[${"1,".repeat(long / 2)}`, 1],
  ])("%s", async (_, content, line) => {
    expect(await messageOf(content)).toContain(`rows:${line} error T2002: ${tooLong}`);
  });
});

test("many empty lines are skipped and counted", async () => {
  const table = await readTable(
    fileOf(`a,b,kind\n${"\n".repeat(2 ** 21)}1,2,u\n${"\r\n".repeat(99)}1,2,v\n`),
    ab,
  );
  expect([table.rows, table.lineOf(0), table.lineOf(1)]).toEqual([2, 2 ** 21 + 2, 2 ** 21 + 102]);
  expect(await messageOf('a,b,kind\n\n\n1,"x"y,2\n')).toContain("rows:4 error T2002: invalid quote");
});

test("deeply nested lists and duplicate keys are errors", async () => {
  const deep = (depth: number) => `{"a":${"[".repeat(depth)}1${"]".repeat(depth)},"b":1,"kind":"u"}\n`;
  expect(await messageOf(deep(100_000))).toContain(
    "rows:1 error T2002: values are nested 100001 levels deep",
  );
  expect(await messageOf(deep(31))).toBe("it was read");
  const twice = '{"a":1,"b":2,"kind":"u"}\n{"a":1,"b":{"a":"\\"a\\":"},"\\u0061":2}\n';
  expect(await messageOf(twice)).toContain('rows:2 error T2002: the key "a" appears twice on the line');
  expect(await messageOf('{"a":1,"b":2,"kind":"}\\\\\\":{[\\\\","note":{"a":1,"b":[{"a":2}]}}\n')).toBe(
    "it was read",
  );
});

test("reading takes linear time in columns, keys and spaces", async () => {
  const names = Array.from({ length: 300_000 }, (_, i) => `n${i}`);
  const csv = (more: string) => `a,b,kind,${names.join()}${more}\n1,2,u${",0".repeat(names.length)}\n`;
  expect((await readTable(fileOf(csv("")), ab)).rows).toBe(1);
  expect(await messageOf(csv(",n7"))).toContain('two columns are named "n7"');
  const keys = names.map((name) => `"${name}":1`).join();
  expect((await readTable(fileOf(`{"a":1,"b":1,"kind":"u",${keys}}\n`), ab)).rows).toBe(1);
  const growing = names.slice(0, 20_000).map((name) => `{"a":1,"b":1,"kind":"u","${name}":1}\n`);
  expect((await readTable(fileOf(growing.join("")), ab)).rows).toBe(20_000);
  expect(isMissing(`${" ".repeat(1_000_000)}x`)).toBe(false);
  expect(isMissing(`${" ".repeat(1_000_000)}NA `)).toBe(true);
});

test("a table has at most a million columns", async () => {
  const names = Array.from({ length: 1_000_001 }, (_, i) => i.toString(36)).join();
  expect(await messageOf(`${names}\n`)).toContain(
    "the file has 1000001 columns; at most 1000000 are supported",
  );
});

test("messages show a short, printable part of a file", async () => {
  const long = "L".repeat(1_000_000);
  const many = await messageOf(`${long},${long}\n1,2\n`);
  expect(many).toContain(`two columns are named "${"L".repeat(60)}…"`);
  expect(many.length).toBeLessThan(300);
  const table = await readTable(fileOf("a\x1b[2J\u202e,b,kind\n1,2,u\n"), wanted(["b"]));
  expect(() => columnOf(table, "a\x1b[2J")).toThrow('unknown column "a\\u001b[2J"');
  expect(await messageOf('{"a":["\x9b"],"b":1}\n')).not.toContain("\x9b");
});

test("numbers are decimal: 010 is ten, and 0x10, 0o7 and 0b1 are not numbers", () => {
  expect(["010", " 7 ", "-1e-3", "+.5"].map(numberIn)).toEqual([10, 7, -1e-3, 0.5]);
  for (const cell of ["0x10", "0X1f", "0o7", "0b1", "Infinity", ""]) expect(numberIn(cell)).toBeNaN();
});

test("an empty list in the first row does not allow longer ones", async () => {
  expect(await messageOf('{"p":[],"kind":"u"}\n{"p":[1,2],"kind":"v"}\n', wanted(["p"]))).toContain(
    'rows:2 error T2003: column "p": the cell has 2 numbers, but earlier rows have 0',
  );
});

test("NumPy strings that are not numbers become NaN and not 0", async () => {
  const texts = zipSync({
    "p.npy": new Uint8Array(dump(["", "0x1", "7", "8"], [2, 2])),
    "kind.npy": new Uint8Array(dump(Int8Array.of(0, 1), [2])),
  });
  const table = await readTable(fileOf(texts), wanted(["p"]));
  expect(numbersIn(table, "p")).toEqual([NaN, NaN, 7, 8]);
});
