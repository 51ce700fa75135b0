// Emitted files in other projects: they must compile under every strictness option of TypeScript, with each
// standard library, and linters and formatters must ignore them. If a test fails, a user must exclude our
// files from their checks.
import { readdirSync, readFileSync } from "node:fs";
import { check } from "prettier";
import { Project, ts } from "ts-morph";
import type { CompilerOptions } from "ts-morph";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { CompileOptions } from "../../src/compiler/compile.ts";
import { faultsOf, strictest } from "../support/code-faults.ts";
import { specs } from "../support/specs.ts";

const folder = new URL("../../generated/", import.meta.url);
const emitted = readdirSync(folder).filter((file) => file.endsWith(".ts"));

const texts = new Map(emitted.map((file) => [file, readFileSync(new URL(file, folder), "utf8")]));

const everything = ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"];

/** The errors in these files in a project with the given options. */
function errorsIn(
  files: Iterable<readonly [file: string, text: string]>,
  options: CompilerOptions,
): string[] {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Preserve,
      ...strictest,
      ...options,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      noEmit: true,
    },
  });
  // The folder exists, so that types of Node are found above it.
  for (const [file, text] of files)
    project.createSourceFile(new URL(file, folder).pathname, text, { overwrite: true });
  return project
    .getPreEmitDiagnostics()
    .map(
      (error) => `${error.getSourceFile()?.getBaseName()}:${error.getLineNumber()} ${error.getMessageText()}`,
    );
}

describe("emitted files compile under every strictness option", () => {
  const trainers = [...texts].filter(([file]) => !file.endsWith(".check.ts"));
  it.each(trainers)("%s, without types of a host", (_, text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it("a check, which imports its trainer", () => {
    const both = [...texts].filter(([file]) => file.startsWith("iris."));
    expect(both.map(([file]) => file)).toEqual(["iris.check.ts", "iris.ts"]);
    expect(errorsIn(both, { lib: ["lib.es2022.d.ts"], types: [] })).toEqual([]);
  });

  it.each<CompileOptions>([
    { probe: true, pauses: true },
    { target: "wasm", dtype: "f64", checkKernels: false },
  ])("a trainer with the options %j", async (options) => {
    const { code } = await compile(specs.classifier, options);
    expect(faultsOf(code)).toEqual([]);
  });

  it("a trainer that checks and weighs several targets before the first step", async () => {
    const { code } = await compile({
      name: "checked",
      inputs: { x: { shape: [4] } },
      targets: { kind: { classes: 3 }, isPaid: { shape: [] } },
      network: [
        { type: "dense", name: "kinds", from: "x", units: 3 },
        { type: "dense", name: "paid", from: "x", units: 1 },
      ],
      losses: {
        kind: { loss: "cross-entropy", from: "kinds", classWeights: "balanced" },
        isPaid: { loss: "binary-cross-entropy", from: "paid" },
      },
      optimizer: "adam",
      training: { epochs: 2, batchSize: 6 },
    });
    expect(code).toMatch(/balance\(/);
    expect(code).toMatch(/checkTargets\(/);
    expect(faultsOf(code)).toEqual([]);
  });

  // A host declares names that our files declare too.
  const projects: Readonly<Record<string, CompilerOptions>> = {
    "in Node": { lib: ["lib.es2023.d.ts"], types: ["node"] },
    "in a page": { lib: everything, types: [] },
    "in a worker": { lib: ["lib.esnext.d.ts", "lib.webworker.d.ts"], types: [] },
    "in Node and a page": { lib: everything, types: ["node"] },
  };
  it.each(Object.entries(projects))("a trainer with WebAssembly, %s", (_, options) => {
    const text = texts.get("digits-wasm.ts") ?? "";
    expect(errorsIn([["digits-wasm.mts", text]], options)).toEqual([]);
  });
});

describe("tools leave emitted files alone", () => {
  it.each(["linear-regression.ts", "iris.check.ts"])("%s", async (file) => {
    const text = texts.get(file) ?? "";
    const head = text.slice(0, text.indexOf("// Notation"));
    // ESLint and oxlint; Biome; Deno; dprint. Each reads comments above the first statement.
    for (const comment of [
      "/* eslint-disable */",
      "// biome-ignore-all lint: generated",
      "// biome-ignore-all format: generated",
      "// biome-ignore-all assist: generated",
      "// deno-lint-ignore-file",
      "// deno-fmt-ignore-file",
      "// dprint-ignore-file",
    ])
      expect(head.split("\n")).toContain(comment);
    // Prettier as another project may configure it.
    const others = { parser: "typescript", printWidth: 60, semi: false, singleQuote: true };
    expect(await check(text, others)).toBe(false);
    expect(await check(text, { ...others, checkIgnorePragma: true })).toBe(true);
  });
});
