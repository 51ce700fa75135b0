// The output file of an emitted program. If a test fails, a killed process, a concurrent run or a symbolic
// link destroys a checkpoint, or partial files accumulate.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openOutput, replaceFile } from "../../../src/runtime/program/files.ts";
import type { HostFiles } from "../../../src/runtime/program/files.ts";
import { InputError } from "../../../src/runtime/step/errors.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "output-"));
  file = join(folder, "model.ckpt");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const one = Uint8Array.of(1, 2, 3);

test("the file is replaced, its folder is created, and no temporary file remains", async () => {
  const deep = join(folder, "a/b/model.ckpt");
  const write = await openOutput(deep);
  expect(readdirSync(join(folder, "a/b"))).toEqual([]);
  await write(Uint8Array.of(9));
  await write(one);
  expect([...readFileSync(deep)]).toEqual([1, 2, 3]);
  expect(readdirSync(join(folder, "a/b"))).toEqual(["model.ckpt"]);
});

test("the mode of a file is kept, whatever the umask", async () => {
  for (const mode of [0o600, 0o666]) {
    writeFileSync(file, "old");
    chmodSync(file, mode);
    await (
      await openOutput(file)
    )(one);
    expect(statSync(file).mode & 0o777).toBe(mode);
  }
});

test.skipIf(process.getuid?.() === 0)("a read-only file is rejected", async () => {
  writeFileSync(file, "old");
  chmodSync(file, 0o444);
  await expect(openOutput(file)).rejects.toThrow(InputError);
  expect(readFileSync(file, "utf8")).toBe("old");
});

test("a link is followed, even if its target does not exist yet; a link to itself is replaced", async () => {
  mkdirSync(join(folder, "far"));
  symlinkSync("far/b.ckpt", join(folder, "a.ckpt"));
  const link = join(folder, "link.ckpt");
  symlinkSync(join(folder, "a.ckpt"), link);
  await (
    await openOutput(link)
  )(one);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect([...readFileSync(join(folder, "far/b.ckpt"))]).toEqual([1, 2, 3]);
  symlinkSync("round.ckpt", join(folder, "round.ckpt"));
  await (
    await openOutput(join(folder, "round.ckpt"))
  )(one);
  expect([...readFileSync(join(folder, "round.ckpt"))]).toEqual([1, 2, 3]);
});

test("a folder is rejected before there is anything to write", async () => {
  for (const path of [folder, `${folder}/`, join(folder, "none/")])
    await expect(openOutput(path)).rejects.toThrow(InputError);
  expect(readdirSync(folder)).toEqual([]);
});

test("a name of the maximum length is accepted", async () => {
  for (const name of ["m".repeat(255), "é".repeat(127)]) {
    await (
      await openOutput(join(folder, name))
    )(one);
    expect([...readFileSync(join(folder, name))]).toEqual([1, 2, 3]);
  }
});

test("temporary files of killed runs are removed, but no other files", async () => {
  const others = [
    ".model.ckpt.notes.partial",
    "other.partial",
    ".other.ckpt.0123abcd.partial",
    "model.ckpt.bak",
  ];
  for (const name of [".model.ckpt.0123abcd.partial", ".model.ckpt.ffffffff.partial", ...others])
    writeFileSync(join(folder, name), "half");
  await openOutput(file);
  expect(readdirSync(folder).sort()).toEqual(others.sort());
});

test("concurrent runs all write the whole file, although each removes the temporary files of the others", async () => {
  const contents = Array.from({ length: 6 }, (_, i) => new Uint8Array(200_000).fill(i));
  const runs = contents.map(async (bytes) => {
    for (let epoch = 0; epoch < 3; epoch++) await (await openOutput(file))(bytes);
  });
  await Promise.all(runs);
  const found = readFileSync(file);
  expect(found.length).toBe(200_000);
  expect(new Set(found).size).toBe(1);
  expect(readdirSync(folder)).toEqual(["model.ckpt"]);
});

test("a full disk leaves the old file unchanged and creates no new one", async () => {
  writeFileSync(file, "old");
  const full: HostFiles = {
    ...files,
    writeFile: async (path, bytes, options) => {
      await files.writeFile(path, bytes.subarray(0, 1), options);
      throw new Error("ENOSPC");
    },
  };
  await expect(replaceFile(full, file, one)).rejects.toThrow("ENOSPC");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["model.ckpt"]);
});

test.skipIf(!existsSync("/dev/null"))("a device is written to", async () => {
  await (
    await openOutput("/dev/null")
  )(one);
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});
