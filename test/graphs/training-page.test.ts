// The page docs/training.md. If a test fails, a spec of the page does not compile without warnings, a
// learning rate is wrong, or the table lacks a key.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compileModel } from "../../src/compiler/pipeline.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { modelSchema } from "../../src/compiler/spec/schema.ts";

const page = readFileSync(new URL("../../docs/training.md", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tapeless-page-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["yaml", "json"])("the spec in %s compiles, without a warning", async (language) => {
  const [, text] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page) ?? [];
  const file = join(folder, `spec.${language}`);
  writeFileSync(file, text ?? "");
  const { model, warnings } = await readSpec(file);
  const compilation = compileModel(model, { dtype: "f32" });
  expect([...warnings, ...compilation.built.warnings]).toEqual([]);
});

test("the learning rates are those that the page states", async () => {
  const { model } = await readSpec(join(folder, "spec.yaml"));
  expect(model.optimizer.learningRate.scale).toBe(16);
});

test("the table has every key of the section", () => {
  const keys = Object.keys(modelSchema.shape.training.shape);
  expect(keys.filter((key) => !page.includes(`\n| \`${key}\` |`))).toEqual([]);
});
