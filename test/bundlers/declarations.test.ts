// The declaration files next to specs. If a test fails, TypeScript does not know the type of an imported spec, or a
// file is written although nothing changed.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileImport } from "../../packages/unplugin/src/compile-import.ts";
import { specImport } from "../../packages/unplugin/src/options.ts";
import type { Options } from "../../packages/unplugin/src/options.ts";
import { newWorkspace, specText } from "./workspace.ts";

const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const workspace = newWorkspace();
const at = (name: string): string => join(workspace.folder, name);
afterAll(() => workspace.remove());

async function imported(id: string, options: Options = {}) {
  const spec = specImport(at(id));
  if (spec === undefined) throw new Error(`${id} is not the import of a spec`);
  return compileImport(spec, options, { isDevelopment: true, buildsWorkers: true, onFile() {} });
}

beforeAll(async () => {
  workspace.write("other.tapeless.json", JSON.stringify(parse(specText)));
  await imported("model.tapeless.yaml", { target: "wasm" });
  await imported("other.tapeless.json");
});

const program = (spec: string): string => `
import { createTrainer, model } from "./${spec}";
import type { EpochReport, Trainer } from "./${spec}";
const trainer: Trainer = createTrainer({ seed: 1 });
for (const report of trainer.epochs({})) console.log(({ ...report } satisfies EpochReport).loss, model.name);
`;

/** The errors of TypeScript in a program that imports the spec. */
function errorsOf(text: string, ...flags: readonly string[]): string {
  workspace.write("program.ts", text);
  const common = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"];
  const resolution = ["--module", "esnext", "--moduleResolution", "bundler"];
  try {
    execFileSync(process.execPath, [tsc, ...common, ...resolution, ...flags, "program.ts"], {
      cwd: workspace.folder,
      encoding: "utf8",
    });
    return "";
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
  }
}

it("give a YAML spec its types without any setting, those of the target included", () => {
  const text = `${program("model.tapeless.yaml")}createTrainer({ threads: 2 });\ncreateTrainer({ thread: 2 });\n`;
  const errors = errorsOf(text);
  expect(errors).toContain("program.ts(7,17): error TS2561");
  expect(errors.trim().split("\n")).toHaveLength(1);
});

it("give a JSON spec its types with allowArbitraryExtensions, as the guide says", () => {
  const text = program("other.tapeless.json");
  expect(errorsOf(text, "--allowArbitraryExtensions")).toBe("");
});

it("are written only if their content changes, and not for an import with a query", async () => {
  const file = at("model.tapeless.yaml.d.ts");
  const text = readFileSync(file, "utf8");
  utimesSync(file, 1, 1);
  await imported("model.tapeless.yaml", { target: "wasm" });
  await imported("model.tapeless.yaml?target=ts", { target: "wasm" });
  expect(statSync(file).mtimeMs).toBe(1000);
  await imported("model.tapeless.yaml", { target: "ts", declarations: false });
  expect(readFileSync(file, "utf8")).toBe(text);
  await imported("model.tapeless.yaml", { target: "ts" });
  expect(readFileSync(file, "utf8")).not.toBe(text);
});

it("are a warning if they cannot be written", async () => {
  workspace.write("taken/model.tapeless.yaml", specText);
  // A folder of that name, because root may write to every file.
  workspace.write("taken/model.tapeless.yaml.d.ts/file", "");
  const { warnings } = await imported("taken/model.tapeless.yaml");
  expect(warnings.map(({ code }) => code)).toEqual(["T1011"]);
  expect(warnings[0].message).toMatch(/^cannot write the declaration file: /);
});
