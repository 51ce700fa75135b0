// The shape of the house, as design.md has it: who may import whom, no cycles, no default exports, no `any`, budgets of files.
// If one fails, something stands where the next reader will not look for it. Change the table only together with design.md.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url));

interface Import {
  readonly from: string;
  readonly to: string;
  /** Types alone leave no trace at run time. */
  readonly isType: boolean;
}

interface SourceText {
  /** Relative to src, as `ops/add.ts`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

const files: readonly SourceText[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
  .map((path) => path.replaceAll("\\", "/"))
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
  });

/** The first folder of a path; files beside the folders stand for themselves. */
const folderOf = (path: string): string => path.split("/")[0];

const isTypeOnly = ({ importClause }: ts.ImportDeclaration): boolean => {
  if (importClause === undefined) return false;
  const named = importClause.namedBindings;
  const all =
    named !== undefined && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
  return importClause.isTypeOnly || (importClause.name === undefined && all);
};

function importsOf({ path, tree }: SourceText): Import[] {
  const found: Import[] = [];
  const note = (specifier: string, isType: boolean) => {
    if (specifier.startsWith("."))
      found.push({ from: path, to: relative(root, join(root, dirname(path), specifier)), isType });
  };
  const walk = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      note(node.moduleSpecifier.text, isTypeOnly(node));
    if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    )
      note(node.moduleSpecifier.text, node.isTypeOnly);
    // import("…") in a value, or in a type
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined && ts.isStringLiteral(specifier)) note(specifier.text, false);
    }
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

const imports = files.flatMap(importsOf);

const core = ["util", "diagnostics", "runtime"];
const graph = [...core, "ir", "loop"];
const meaning = [...graph, "ops"];
const models = [...meaning, "library"];
const stages = [...models, "spec", "passes", "lower", "reference", "schedule", "emit"];
const whole = [...stages, "graphs-of-step.ts", "pipeline.ts", "compile.ts"];

/** What each folder may import besides itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  util: [],
  runtime: [],
  diagnostics: ["util"],
  data: core,
  exchange: core,
  report: core,
  ir: core,
  loop: [...core, "ir"],
  ops: graph,
  library: meaning,
  spec: models,
  passes: meaning,
  lower: meaning,
  reference: meaning,
  schedule: graph,
  emit: graph,
  "graphs-of-step.ts": [...models, "spec", "passes"],
  "pipeline.ts": [...stages, "graphs-of-step.ts"],
  "check-kernels.ts": [...stages, "pipeline.ts", "load-trainer.ts"],
  "compile.ts": [...stages, "pipeline.ts", "check-kernels.ts", "load-trainer.ts"],
  "load-trainer.ts": core,
  "validate-model.ts": [...core, "load-trainer.ts"],
  web: [...core, "emit"],
  browser: [...whole, "inspect"],
  pages: [...core, "inspect", "report", "browser"],
  inspect: [...whole, "report", "web"],
  verify: [...whole, "inspect", "report", "load-trainer.ts"],
  search: [...whole, "report", "load-trainer.ts", "validate-model.ts"],
  cli: [
    ...whole,
    "inspect",
    "verify",
    "search",
    "report",
    "web",
    "load-trainer.ts",
    "check-kernels.ts",
    "data",
    "exchange",
    "index.ts",
  ],
  "index.ts": whole,
};

/** Single imports against the arrows, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {};

describe("imports", () => {
  it("every folder has its place in the table", () => {
    const folders = [...new Set(files.map(({ path }) => folderOf(path)))];
    expect(folders.filter((folder) => !Object.hasOwn(arrows, folder))).toEqual([]);
  });
  it("go along the arrows of design.md", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [here, there] = [folderOf(from), folderOf(to)];
      return (
        here !== there && !arrows[here]?.includes(there) && !Object.hasOwn(exceptions, `${from} -> ${to}`)
      );
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
  it("no exception outlives its need", () => {
    const needed = new Set(imports.map(({ from, to }) => `${from} -> ${to}`));
    expect(Object.keys(exceptions).filter((exception) => !needed.has(exception))).toEqual([]);
  });
  it("passes do not import passes; only the list of them and the engine do", () => {
    const isPass = (path: string) => /^passes\/[^/]+\.ts$/.test(path) && !/\/(define|run)\.ts$/.test(path);
    const wrong = imports.filter(({ from, to }) => isPass(from) && isPass(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
  it("ops do not import ops, the parts they share aside", () => {
    const table = files.find(({ path }) => path === "ops/index.ts");
    const inTable = new Set(table === undefined ? [] : importsOf(table).map(({ to }) => to));
    const isOp = (path: string) =>
      path.startsWith("ops/") && inTable.has(path) && !/\/(define|tensor)\.ts$/.test(path);
    const wrong = imports.filter(({ from, to }) => isOp(from) && isOp(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
  it("form no cycle", () => {
    const targets = new Map<string, string[]>();
    for (const { from, to, isType } of imports)
      if (!isType) targets.set(from, [...(targets.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (path: string, above: readonly string[]): void => {
      if (above.includes(path))
        return void cycles.push([...above.slice(above.indexOf(path)), path].join(" -> "));
      if (done.has(path)) return;
      for (const next of targets.get(path) ?? []) walk(next, [...above, path]);
      done.add(path);
    };
    for (const { path } of files) walk(path, []);
    expect(cycles).toEqual([]);
  });
  it("name files that are there, with their extension", () => {
    const known = new Set(files.map(({ path }) => path));
    const wrong = imports.filter(
      ({ to }) => !known.has(to) && !/\.(js|json|css)$/.test(to) && to !== "../package.json",
    );
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});

/** Where in each file something stands that `isWrong`. */
const places = (isWrong: (node: ts.Node, file: SourceText) => boolean): string[] =>
  files.flatMap((file) => {
    const found: string[] = [];
    const walk = (node: ts.Node): void => {
      if (isWrong(node, file)) {
        const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree));
        found.push(`${file.path}:${line + 1} ${node.getText(file.tree).split("\n")[0].slice(0, 80)}`);
      }
      ts.forEachChild(node, walk);
    };
    walk(file.tree);
    return found;
  });

const hasDefault = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);

describe("language", () => {
  it("no default exports", () => {
    expect(places((node) => ts.isExportAssignment(node) || hasDefault(node))).toEqual([]);
  });
  it("no any", () => {
    expect(places((node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
  });
  it("no switched-off checks", () => {
    const wrong = files.filter(({ text }) => /@ts-(ignore|nocheck|expect-error)|eslint-disable/.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("no state at module level: no let, and no collection that could be written", () => {
    const isTopLevel = (node: ts.Node) => ts.isSourceFile(node.parent);
    expect(
      places((node) => {
        if (!ts.isVariableStatement(node) || !isTopLevel(node)) return false;
        const isLet = (node.declarationList.flags & ts.NodeFlags.Const) === 0;
        const isDeclared = (ts.getModifiers(node) ?? []).some(
          ({ kind }) => kind === ts.SyntaxKind.DeclareKeyword,
        );
        return isLet && !isDeclared;
      }),
    ).toEqual([]);
    // An empty collection at module level can only be there to be filled: a cache, which must be keyed weakly.
    expect(
      places(
        (node) =>
          ts.isNewExpression(node) &&
          (node.arguments ?? []).length === 0 &&
          /^(Map|Set)$/.test(node.expression.getText()) &&
          ts.isVariableDeclaration(node.parent) &&
          !node.parent.type?.getText().startsWith("Readonly") &&
          isTopLevel(node.parent.parent.parent),
      ),
    ).toEqual([]);
  });
});

/** Lines of code and comments; longer ones are tables, each with its reason. */
const budget = 300;
const longer: Readonly<Record<string, string>> = {};

describe("files", () => {
  it(`have at most ${budget} lines`, () => {
    const wrong = files.filter(
      ({ path, text }) => text.split("\n").length - 1 > budget && !Object.hasOwn(longer, path),
    );
    expect(wrong.map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`)).toEqual([]);
  });
  it("have a median near a hundred lines", () => {
    const lengths = files.map(({ text }) => text.split("\n").length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(120);
  });
  it("start with a comment that says what they are for", () => {
    const wrong = files.filter(({ text }) => !/^(#![^\n]*\n)?(\/\*\*|\/\/) ?\S?/.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("are named in kebab-case", () => {
    const wrong = files.filter(
      ({ path }) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("hold no unfinished business, no path of a machine and no date", () => {
    const wrong = files.filter(({ text }) =>
      /\b(TODO|FIXME|XXX)\b|\/(home|root|Users|work)\/|\b20[2-9]\d-\d\d-\d\d\b/.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("an op's or a pass's file exports the one thing it is named for", () => {
    const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const exported = ({ tree }: SourceText) =>
      tree.statements.flatMap((statement) => {
        const isExported =
          ts.canHaveModifiers(statement) &&
          (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
        if (!isExported) return [];
        if (ts.isVariableStatement(statement))
          return statement.declarationList.declarations.map(({ name }) => name.getText());
        return ts.isFunctionDeclaration(statement) && statement.name !== undefined
          ? [statement.name.text]
          : [];
      });
    const missing = files
      .filter(({ text }) => /= (defineOp|definePass)\(/.test(text))
      .filter((file) => !exported(file).some((name) => file.path.endsWith(`/${kebab(name)}.ts`)));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});
