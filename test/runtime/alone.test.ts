// The source files of the runtime, which emitted files contain and which must run anywhere. If a test fails,
// the runtime needs the types of Node or a browser, imports something outside its folder, or declares the
// same name in two files.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Project, ts } from "ts-morph";
import { expect, test } from "vitest";
import { loadRuntime, runtimeFiles } from "../../src/compiler/emit/typescript/load-runtime.ts";
import { withWindows } from "../../src/compiler/emit/typescript/runtime-parts.ts";
import { chapters, singlePrecisionFile, windowRowsFile } from "../../src/runtime/chapters.ts";

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  strict: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

function faultsOf(paths: string[], others: ts.CompilerOptions): string[] {
  const project = new Project({ compilerOptions: { ...options, ...others } });
  project.addSourceFilesAtPaths(paths);
  return project.getPreEmitDiagnostics().map(({ compilerObject: { file, messageText } }) => {
    return `${file?.fileName.split("/").at(-1)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

const folder = new URL("../../src/runtime/", import.meta.url);
const pathOf = (name: string) => new URL(name, folder).pathname;
/** The path of an imported file, relative to the folder of the runtime; the full URL if it is outside. */
const importedBy = (name: string, quoted: string) =>
  new URL(quoted.slice(1, -1), new URL(name, folder)).href.replace(folder.href, "");

/** The runtime files of modules in f32 and in f64. */
const sourcesOf = { Float32Array: runtimeFiles("f32"), Float64Array: runtimeFiles("f64") };
const kinds = ["Float32Array", "Float64Array"] as const;
/** The declarations of trainers of rows in f32, and of trainers of windows in f64. */
async function declarationsOf(numbers: (typeof kinds)[number]) {
  if (numbers === "Float64Array") return [...withWindows(await loadRuntime("f64")).values()];
  const isName = /^\w+$/;
  return [...(await loadRuntime("f32")).values()].filter(({ name }) => isName.test(name));
}

const bare = { lib: ["lib.es2022.d.ts"], types: [] };
const browser = { lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [] };
const node = { lib: ["lib.es2022.d.ts"], types: ["node"] };

test("the runtime compiles under --strict with only the standard library of the language", () => {
  const all = new Set([...sourcesOf.Float32Array, ...sourcesOf.Float64Array]);
  expect(faultsOf([...all].map(pathOf), { ...bare, noUnusedLocals: true })).toEqual([]);
});

test("the list of chapters has each file of the runtime once", () => {
  const listed = chapters.flatMap(({ files }): readonly string[] => files);
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && file !== "chapters.ts");
  expect([...listed].sort()).toEqual(found.sort());
  expect(runtimeFiles("f32")).toContain(singlePrecisionFile);
  expect(runtimeFiles("f64")).not.toContain(singlePrecisionFile);
});

test.each(kinds)(
  "as one file, the runtime of %s compiles with the types of any host, and runs",
  async (numbers) => {
    const scratch = mkdtempSync(join(tmpdir(), "alone-"));
    try {
      const whole = (await declarationsOf(numbers)).map(({ text: declaration }) =>
        declaration.replace(/^export /m, ""),
      );
      const start = "void runIfMain(import.meta, { ...noProgram, data: { inputs: {}, targets: {} } });\n";
      const facts =
        '{ name: "m", specHash: "", dtype: "f64", target: "ts", batchSize: 1, inputs: {}, targets: {}, parameters: [] }';
      const training = "{ epochs: 1, seed: 1, shuffle: true, metrics: [], stratify: true }";
      const program =
        `const noProgram = { model: ${facts} satisfies ModelFacts, training: ${training}, createTrainer: (): ` +
        `Trainer => { throw new InputError("none"); }, reader: csvFile(csv), encoders: { columns: columnEncoder ` +
        "} };\n";
      const text = [...whole, program, start, "export type { Trainer };\n"].join("\n");
      const file = join(scratch, "whole file.ts");
      writeFileSync(
        file,
        text.replace("type Numbers = Float32Array | Float64Array", `type Numbers = ${numbers}`),
      );
      for (const host of numbers === "Float32Array" ? [bare, browser, node] : [bare])
        expect(faultsOf([file], host)).toEqual([]);
      // The folder has no package.json, the file is opened through a link with another name, and the loader
      // treats such files as CommonJS.
      const link = join(scratch, "link.ts");
      symlinkSync(file, link);
      for (const started of [file, link]) {
        const tsx = new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url).pathname;
        const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, started, "--help"], {
          encoding: "utf8",
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toContain('Trains "m".');
        const refused = spawnSync(process.execPath, [tsx, started, "--nonsense"], { encoding: "utf8" });
        expect(refused.status).toBe(2);
        expect(refused.stderr).toBe("error: unknown argument --nonsense (see --help)\n");
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
);

test.each(kinds)(
  "the runtime of %s imports only its own files, has no casts, and declares every name once",
  (numbers) => {
    const seen = new Map<string, string>();
    for (const name of sourcesOf[numbers]) {
      const source = ts.createSourceFile(name, readFileSync(pathOf(name), "utf8"), ts.ScriptTarget.ES2022);
      const visit = (node: ts.Node): void => {
        if (ts.isImportDeclaration(node))
          expect(importedBy(name, node.moduleSpecifier.getText(source))).toMatch(/^[a-z0-9/-]+\.ts$/);
        const isCast = ts.isAsExpression(node) && node.type.getText(source) !== "const";
        // "!" is allowed: elements need it under noUncheckedIndexedAccess, and the linter rejects any other.
        if (isCast || node.kind === ts.SyntaxKind.AnyKeyword) {
          expect.fail(`${name} silences the type checker: ${node.getText(source)}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(source);
      for (const statement of source.statements) {
        const declared = ts.isVariableStatement(statement)
          ? statement.declarationList.declarations.map(({ name: binding }) => binding.getText(source))
          : "name" in statement
            ? [ts.getNameOfDeclaration(statement as ts.DeclarationStatement)?.getText(source) ?? ""]
            : [];
        for (const one of declared) {
          const isAllowed = !seen.has(one) || name === singlePrecisionFile || name === windowRowsFile;
          expect(isAllowed, `${one}, declared in ${name}, is declared in ${seen.get(one)}`).toBe(true);
          seen.set(one, name);
        }
      }
    }
  },
);
