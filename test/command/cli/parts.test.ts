// The helper functions of the command line. If a test fails, piped output contains colour codes, a size has a
// wrong unit, or a partial file remains.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hasColour } from "../../../src/command/terminal/progress-line.ts";
import { reportError } from "../../../src/command/terminal/report-error.ts";
import { sizeText } from "../../../src/compiler/util/number-text.ts";
import { writeFile } from "../../../src/command/files/write-file.ts";
import { DiagnosticError, InternalError } from "../../../src/compiler/diagnostics/errors.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("hasColour", () => {
  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{}, {}, false],
    [{ isTTY: true }, { NO_COLOR: "1" }, false],
    [{ isTTY: true }, { TERM: "dumb" }, false],
    [{ isTTY: false }, { FORCE_COLOR: "1" }, true],
    [{ isTTY: false }, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("%j with %j: %s", (stream, variables: Record<string, string>, expected) => {
    for (const name of ["NO_COLOR", "FORCE_COLOR", "TERM"]) vi.stubEnv(name, variables[name] ?? "");
    expect(hasColour(stream)).toBe(expected);
  });
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [14_236, "14.2 kB"],
  [999_960, "1.0 MB"],
  [3.21e9, "3.2 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

describe("writeFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-write-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("creates folders, replaces an existing file, and leaves no other file", async () => {
    await writeFile(join(folder, "a/b.txt"), "first, and longer");
    await writeFile(join(folder, "a/b.txt"), "second");
    expect(readFileSync(join(folder, "a/b.txt"), "utf8")).toBe("second");
    expect(readdirSync(join(folder, "a"))).toEqual(["b.txt"]);
  });

  it("reports a failure and leaves no file", async () => {
    mkdirSync(join(folder, "taken/inside"), { recursive: true });
    await expect(writeFile(join(folder, "taken"), "x")).rejects.toThrow(DiagnosticError);
    await expect(writeFile(join(folder, "taken"), "x")).rejects.toThrow("it is a folder");
    expect(readdirSync(folder)).toEqual(["taken"]);
  });
});

it("an internal error is reported as a bug, with exit code 1 and without a stack trace", () => {
  let said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  expect(reportError(new InternalError("a graph is malformed:\n  its \u001bnode"))).toBe(1);
  expect(reportError(new TypeError("x is undefined"))).toBe(1);
  expect(said).toMatch(
    /^internal: a graph is malformed:\n {2}its \\u001bnode\n.*report it.*\ninternal: x is undefined\n/,
  );
  expect(said).not.toMatch(/^\s+at /m);
});
