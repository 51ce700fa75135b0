// Atomic writes of files. If a test fails, a full disk or a missing permission destroys the existing file.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkWritable, writeFile } from "../../../src/command/files/write-file.ts";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "write-file-"));
  file = join(folder, "model.ckpt");
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

/** Expects T1011 with this message, an unchanged file and no temporary file. */
async function expectFailure(work: Promise<void>, said: string): Promise<void> {
  const before = readdirSync(folder).filter((name) => !name.endsWith(".partial"));
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DiagnosticError);
  expect(error).toMatchObject({ diagnostics: [{ code: "T1011", message: expect.stringContaining(said) }] });
  expect(readdirSync(folder)).toEqual(before);
}

test("a file is replaced, and no temporary file remains", async () => {
  await writeFile(file, "old");
  await writeFile(file, Uint8Array.of(1, 2, 3));
  expect([...readFileSync(file)]).toEqual([1, 2, 3]);
  expect(readdirSync(folder)).toEqual(["model.ckpt"]);
});

test("a symbolic link is kept, and its target replaced", async () => {
  const link = join(folder, "latest.ckpt");
  writeFileSync(file, "old");
  symlinkSync("model.ckpt", link);
  await checkWritable(link);
  await writeFile(link, "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(readlinkSync(link)).toBe("model.ckpt");
});

test.skipIf(process.platform === "win32")(
  "a pipe is written to and not replaced, like /dev/null",
  async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = readFile(pipe, "utf8");
    await checkWritable(pipe);
    await writeFile(pipe, "through");
    expect(await reader).toBe("through");
    expect(statSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(["pipe"]);
  },
);

test("missing folders are created", async () => {
  const deep = join(folder, "a/b/model.ckpt");
  await writeFile(deep, "x");
  expect(readFileSync(deep, "utf8")).toBe("x");
});

test.skipIf(!existsSync("/dev/full"))("a full disk is an error with a message", async () => {
  const said = "cannot write /dev/full: the disk is full";
  await expect(writeFile("/dev/full", "new")).rejects.toMatchObject({ diagnostics: [{ message: said }] });
});

test("temporary files of killed runs are removed by the next check of the file", async () => {
  writeFileSync(join(folder, ".model.ckpt.0123abcd.partial"), "half");
  await checkWritable(file);
  expect(readdirSync(folder)).toEqual([]);
});

test("the mode of a file is kept, and a dangling link is followed", async () => {
  writeFileSync(file, "old");
  chmodSync(file, 0o600);
  symlinkSync("far/later.ckpt", join(folder, "link.ckpt"));
  await writeFile(file, "new");
  await writeFile(join(folder, "link.ckpt"), "x");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, "far/later.ckpt"), "utf8")).toBe("x");
});

test.skipIf(process.getuid?.() === 0)(
  "a read-only folder is reported before there is anything to write",
  async () => {
    await writeFile(file, "old");
    chmodSync(folder, 0o555);
    await expectFailure(writeFile(file, "new"), `cannot write ${file}: permission is denied`);
    await expectFailure(checkWritable(file), `cannot write ${file}: permission is denied`);
    expect(readFileSync(file, "utf8")).toBe("old");
  },
);

test("a folder in place of the file, or a file in place of a folder, is reported", async () => {
  writeFileSync(join(folder, "plain"), "");
  await expectFailure(writeFile(folder, "new"), `cannot write ${folder}: it is a folder`);
  await expectFailure(checkWritable(folder), "it is a folder");
  await expectFailure(
    writeFile(join(folder, "plain/model.ckpt"), "new"),
    "part of its path is a file, not a folder",
  );
});

test("checking that a file can be written changes nothing", async () => {
  await checkWritable(file);
  expect(readdirSync(folder)).toEqual([]);
  await writeFile(file, "old");
  await checkWritable(file);
  expect(readFileSync(file, "utf8")).toBe("old");
});
