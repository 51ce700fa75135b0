// The table of diagnostic codes: every row must have a code that the sources report. (TypeScript checks that
// every code has a row.) If a test fails, the documentation lists a code that no longer exists.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { codeGroups, diagnosticCodes } from "../../../src/compiler/diagnostics/codes.ts";

const src = fileURLToPath(new URL("../../../src/", import.meta.url));
const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith("diagnostics/codes.ts"))
  .map((file) => readFileSync(join(src, file), "utf8"))
  .join("\n");

it("contains only codes that are reported", () => {
  expect(Object.keys(diagnosticCodes).filter((code) => !sources.includes(`"${code}"`))).toEqual([]);
});

it("is in order, and every code belongs to a group", () => {
  const codes = Object.keys(diagnosticCodes);
  expect(codes).toEqual(codes.toSorted());
  expect(codes.filter((code) => !Object.hasOwn(codeGroups, code.slice(0, 3)))).toEqual([]);
});

it("has titles without a full stop, and sentences for cause and fix", () => {
  for (const [code, { title, cause, fix }] of Object.entries(diagnosticCodes)) {
    expect(title, code).not.toMatch(/\.$/);
    for (const text of [cause, fix]) expect(text, code).toMatch(/^[A-Z`].*\.$/);
  }
});
