// The location of an error in a formula, which must be inside the formula, however the spec file quotes the
// string. If a test fails, a diagnostic marks the wrong column.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";
import { spanWithin } from "../../../src/compiler/spec/read/locations.ts";
import { baseSpec } from "./base-spec.ts";

const folder = mkdtempSync(join(tmpdir(), "tapeless-formulas-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = JSON.stringify(baseSpec(), undefined, 2);

/** Line and column of the first error, and the marked line with its mark. */
async function placeOf(file: string, text: string): Promise<string> {
  writeFileSync(join(folder, file), text);
  try {
    await readSpec(join(folder, file));
    return "no fault";
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const [{ location, frame = "", code }] = error.diagnostics;
    const lines = frame.split("\n");
    const at = lines.findIndex((line) => line.startsWith(">"));
    const [line, mark] = [lines[at].split(" | ")[1], lines[at + 1].split(" | ")[1]];
    return `${code} ${location?.line}:${location?.column} ${line.slice(mark.indexOf("^"), mark.length)}`;
  }
}

describe("in JSON, the error is located in", () => {
  it("a plain string", async () => {
    const text = json.replace('"relu"', '{ "formula": "x * tnh(x)" }');
    expect(await placeOf("plain.json", text)).toBe("T1602 19:39 tnh");
  });
  it("a string with escapes of white space and of letters", async () => {
    const text = json.replace('"relu"', '{ "formula": "x\\n\\t* \\u0074nh(x)" }');
    expect(await placeOf("escapes.json", text)).toBe("T1602 19:42 \\u0074nh");
  });
});

describe("in YAML, the error is located in", () => {
  const yaml = (formula: string) => `name: small
inputs: { x: { shape: [4] } }
targets: { y: { classes: 3 } }
network:
  - type: dense
    units: 5
    activation:
      formula: ${formula}
  - { type: dense, units: 3 }
loss: cross-entropy
optimizer: sgd
training: { epochs: 2, batchSize: 6 }
`;
  it.each([
    ["a plain scalar", "x * tnh(x)", "8:20 tnh"],
    ["single quotes", "'x * tnh(x)'", "8:21 tnh"],
    ["double quotes", '"x * tnh(x)"', "8:21 tnh"],
    ["a literal block", "|\n        x *\n          tnh(x)", "10:11 tnh"],
    ["a folded block", ">-\n        x *\n        tnh(x)", "10:9 tnh"],
    ["a plain scalar over two lines", "x *\n        tnh(x)", "9:9 tnh"],
  ])("%s", async (intent, formula, expected) => {
    expect(await placeOf(`${intent.replaceAll(" ", "-")}.yaml`, yaml(formula))).toBe(`T1602 ${expected}`);
  });
});

describe("in TypeScript, the error is located in", () => {
  it.each([
    ["a string", '"x * tnh(x)"', "1:"],
    ["a template", "`x * tnh(x)`", "1:"],
  ])("%s", async (intent, formula, line) => {
    const text = `export default ${JSON.stringify(baseSpec()).replace('"relu"', `{ formula: ${formula} }`)};`;
    const column = text.indexOf("tnh") + 1;
    expect(await placeOf(`${intent.replace(" ", "-")}.ts`, text)).toBe(`T1602 ${line}${column} tnh`);
  });
});

it("the correct line of an optimizer", async () => {
  const lines = '{ "formula": ["parameter = parameter - rate * gradient", "m = gradent"] }';
  const text = json.replace(/\{\s*"type": "sgd"[^}]*\}/, lines);
  expect(await placeOf("lines.json", text)).toMatch(/^T1602 \d+:\d+ gradent$/);
});

it("a string that cannot be found in its literal is shown itself, because it has no location there", () => {
  const part = { text: "a + b", start: 4, end: 5 };
  expect(spanWithin('"a \\x2b b"', { start: 0, end: 10 }, part)).toBeUndefined();
  expect(spanWithin("lines.join()", { start: 0, end: 12 }, part)).toBeUndefined();
});
