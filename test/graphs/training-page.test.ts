// docs/training.md: its specs compile without a warning, and it leaves out no key.
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

test("what it says of the rate is so", async () => {
  const { model } = await readSpec(join(folder, "spec.yaml"));
  expect(model.optimizer.learningRate.scale).toBe(16);
});

test("every key of the section is in the table", () => {
  const keys = Object.keys(modelSchema.shape.training.shape);
  expect(keys.filter((key) => !page.includes(`\n| \`${key}\` |`))).toEqual([]);
});
