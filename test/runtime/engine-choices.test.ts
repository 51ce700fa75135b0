// The check that no trainer uses features that differ between engines, such as Math.exp, the power operator,
// the clock and the locale. If a test fails, the same training produces different bits in another engine, or
// in the next version of this one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runtimeFiles } from "../../src/compiler/emit/typescript/load-runtime.ts";
import { engineChoicesIn } from "../support/code-faults.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const runtime = [...new Set([...runtimeFiles("f32"), ...runtimeFiles("f64")])];
const generated = readdirSync(join(root, "generated")).filter((name) => name.endsWith(".ts"));

describe.each([
  ["src/runtime", runtime],
  ["generated", generated],
])("%s", (folder, names) => {
  it.each(names)("%s does not depend on the engine", (name) => {
    expect(engineChoicesIn(readFileSync(join(root, folder, name), "utf8"))).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each([
    "const y = Math.exp(x);",
    "const y = Math.random();",
    "const y = Math.LN2 * x;",
    "const y = x ** 2;",
    "x **= 2;",
    'const y = Math["exp"](x);',
    "const { exp } = Math;",
    "const m = Math; m.exp(x);",
    "const y = globalThis.Math.exp(x);",
    "names.sort((a, b) => a.localeCompare(b));",
    "const seed = Date.now();",
    "const now = new Date();",
    "const date = new Date(text);",
    "const hour = new Date(0).getHours();",
  ])("finds %s", (code) => {
    expect(engineChoicesIn(code)).toHaveLength(1);
  });
  it("finds nothing in operations that the standard defines exactly, in comments and in strings", () => {
    expect(engineChoicesIn("new Date(Math.round(moment)).getUTCHours();")).toEqual([]);
    const code =
      'const y = Math.sqrt(x * Math.fround(2)); // Math.exp(x), x ** 2\nconst text = "Math.exp(x) ** 2";';
    expect(engineChoicesIn(code)).toEqual([]);
  });
});
