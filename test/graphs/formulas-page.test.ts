// The page docs/formulas.md. If a test fails, a spec of the page does not compile, its table lacks a
// function, or its error message is not the compiler's.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compileModel } from "../../src/compiler/pipeline.ts";
import { functions } from "../../src/compiler/library/formula/functions.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";

const page = readFileSync(new URL("../../docs/formulas.md", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tapeless-page-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["yaml", "ts"])("the spec in %s compiles, without a warning", async (language) => {
  const [, text] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page) ?? [];
  const file = join(folder, `spec.${language}`);
  writeFileSync(file, text ?? "");
  const { model, warnings } = await readSpec(file);
  const compilation = compileModel(model, { dtype: "f32" });
  expect([...warnings, ...compilation.built.warnings]).toEqual([]);
  expect(compilation.built.parameters.length).toBeGreaterThan(0);
});

test("the page names every function", () => {
  const language = page.slice(page.indexOf("## The language"), page.indexOf("## Functions in"));
  expect(Object.keys(functions).filter((name) => !new RegExp(`\\b${name}\\b`).test(language))).toEqual([]);
});

test("the error message is that of the compiler, word for word", async () => {
  const graph = readFileSync(new URL("../../graphs/two-moons.yaml", import.meta.url), "utf8");
  const file = join(folder, "two-moons.yaml");
  writeFileSync(file, graph.replace("sigmoid", "sigmod"));
  const said = await readSpec(file).then(
    () => "nothing",
    (error: Error) => error.message.replace(folder, "graphs"),
  );
  const [, shown] = /```\n([^]*?)```/.exec(page) ?? [];
  const lines = (shown ?? "").trim().split("\n");
  expect(said.split("\n").filter((line) => lines.includes(line))).toEqual(lines);
});
