// The font of formulas. If a test fails, the committed font is not what the sources describe, a formula has a
// character that the font lacks, or the font makes pages too large.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";
import { explainNodes } from "../../../src/studio/explain/explain-nodes.ts";
import { makeMathFont, mathCharacters, mathFontPath } from "../../../src/studio/web/math-font.ts";

it("is current: `npm run generate:font` writes the same bytes", async () => {
  expect(Buffer.from(await makeMathFont()).equals(readFileSync(mathFontPath()))).toBe(true);
});

it("adds less than 50 kB to a page", () => {
  expect(readFileSync(mathFontPath()).toString("base64").length).toBeLessThan(50_000);
});

it.each(["names.json", "names-gru.json", "residual.ts"])(
  "has every character of the formulas of %s",
  async (file) => {
    const { model } = await readSpec(`graphs/${file}`);
    const compilation = compileFor(model, { dtype: "f32" });
    const nodes = explainNodes({ compilation, of: undefined, reports: [] });
    const formulas = [...JSON.stringify(nodes).matchAll(/"mathml":("(?:[^"\\]|\\.)*")/g)];
    const characters = new Set(formulas.flatMap(([, mathml]) => [...String(JSON.parse(mathml))]));
    expect(characters.size).toBeGreaterThan(30);
    const missing = [...characters].filter((character) => !mathCharacters.includes(character));
    expect(missing).toEqual([]);
  },
);
