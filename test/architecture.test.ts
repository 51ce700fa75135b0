// The structure of src, as described in design.md: the imports that each folder may have, no cycles at any
// level, no default exports, and no `any`. If a test fails, code is not where a reader expects it. Change the
// tables only together with design.md.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url));

/** Includes type-only imports, because a reader of the file needs to know what the types mean. */
interface Import {
  readonly from: string;
  readonly to: string;
}

interface SourceText {
  /** The path relative to src, such as `compiler/ops/define.ts`. */
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

function importsOf({ path, tree }: SourceText): Import[] {
  const found: Import[] = [];
  const note = (specifier: ts.Node | undefined) => {
    if (specifier !== undefined && ts.isStringLiteral(specifier) && specifier.text.startsWith("."))
      found.push({ from: path, to: relative(root, join(root, dirname(path), specifier.text)) });
  };
  const walk = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) note(node.moduleSpecifier);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      note(node.arguments[0]);
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

const imports = files.flatMap(importsOf);

/** For each top-level folder of src, and for index.ts: the other folders that it may import. */
const roofs: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  compiler: ["runtime"],
  studio: ["runtime", "compiler"],
  command: ["runtime", "compiler", "studio"],
  "index.ts": ["runtime", "compiler", "command"],
};

const base = ["util", "diagnostics"];
const graph = [...base, "ir", "loop"];
const meaning = [...graph, "ops", "notation"];
const models = [...meaning, "library"];
const staged = [...meaning, "stages"];
const stages = [...models, "spec", "trainer", "passes", "lower", "reference", "stages", "schedule", "emit"];

/** For each folder and file of the compiler: the other folders and files that it may import. */
const compilerRooms: Readonly<Record<string, readonly string[]>> = {
  util: [],
  diagnostics: ["util"],
  ir: base,
  loop: [...base, "ir"],
  notation: [...base, "ir"],
  ops: [...graph, "notation"],
  library: meaning,
  spec: models,
  "runtime-references.ts": [],
  trainer: [...models, "spec", "runtime-references.ts"],
  stages: graph,
  passes: staged,
  lower: staged,
  reference: meaning,
  schedule: [...graph, "stages"],
  emit: [...graph, "runtime-references.ts"],
  "pipeline.ts": stages,
  "emission.ts": [...stages, "pipeline.ts"],
  "onnx-emission.ts": [...stages, "pipeline.ts"],
  "pytorch-emission.ts": [...stages, "pipeline.ts"],
  "differentiate-onnx.ts": [...stages, "pipeline.ts", "onnx-emission.ts"],
  "targets.ts": [...stages, "pipeline.ts", "emission.ts", "onnx-emission.ts", "pytorch-emission.ts"],
  "compile-target.ts": [...stages, "pipeline.ts", "emission.ts", "targets.ts"],
  "load-trainer.ts": base,
  "check-kernels.ts": [...stages, "pipeline.ts", "load-trainer.ts"],
  "stage-names.ts": ["util", "stages", "pipeline.ts"],
  "compile.ts": [
    ...stages,
    "pipeline.ts",
    "stage-names.ts",
    "targets.ts",
    "compile-target.ts",
    "check-kernels.ts",
    "load-trainer.ts",
  ],
};

/** The file or folder directly inside `folder` that contains the path. */
const roomIn = (folder: string, path: string): string | undefined =>
  path.startsWith(folder) ? path.slice(folder.length).split("/")[0] : undefined;

/** Imports between the entries of a folder that its table does not allow. */
function againstArrows(folder: string, arrows: Readonly<Record<string, readonly string[]>>): string[] {
  return imports.flatMap(({ from, to }) => {
    const [here, there] = [roomIn(folder, from), roomIn(folder, to)];
    if (here === undefined || there === undefined || here === there) return [];
    return arrows[here]?.includes(there) ? [] : [`${from} -> ${to}`];
  });
}

/** Cycles of imports among the entries of a folder. Each cycle is listed once, as the entries along it. */
function circlesIn(folder: string): string[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [here, there] = [roomIn(folder, from), roomIn(folder, to)];
    if (here === undefined || there === undefined || here === there) continue;
    next.set(here, (next.get(here) ?? new Set()).add(there));
  }
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (room: string, above: readonly string[]): void => {
    if (above.includes(room)) circles.push([...above.slice(above.indexOf(room)), room].join(" -> "));
    if (above.includes(room) || done.has(room)) return;
    for (const there of next.get(room) ?? []) walk(there, [...above, room]);
    done.add(room);
  };
  for (const room of next.keys()) walk(room, []);
  return circles.map((circle) => `${folder}: ${circle}`);
}

const folders = [
  ...new Set(
    files.flatMap(({ path }) => path.split("/").map((_, depth, parts) => parts.slice(0, depth).join("/"))),
  ),
];

describe("imports", () => {
  it("of every folder have a row in the tables", () => {
    const rooms = (folder: string) => [...new Set(files.flatMap(({ path }) => roomIn(folder, path) ?? []))];
    expect(rooms("").sort()).toEqual(Object.keys(roofs).sort());
    expect(rooms("compiler/").sort()).toEqual(Object.keys(compilerRooms).sort());
  });
  it("go in the directions that design.md allows", () => {
    expect([...againstArrows("", roofs), ...againstArrows("compiler/", compilerRooms)]).toEqual([]);
  });
  it("form no cycle, neither between files nor between the folders of any level", () => {
    expect(folders.flatMap((folder) => circlesIn(folder === "" ? "" : `${folder}/`))).toEqual([]);
  });
  it("never connect two passes; only the list of passes and the engine import passes", () => {
    const isPass = (path: string) =>
      /^compiler\/passes\/[^/]+\.ts$/.test(path) && !/\/define\.ts$/.test(path);
    const wrong = imports.filter(({ from, to }) => isPass(from) && isPass(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
  it("never connect two ops, except for the files that ops share", () => {
    const table = files.find(({ path }) => path === "compiler/ops/index.ts");
    const inTable = new Set(table === undefined ? [] : importsOf(table).map(({ to }) => to));
    const isOp = (path: string) =>
      path.startsWith("compiler/ops/") && inTable.has(path) && !/\/(define|tensor)\.ts$/.test(path);
    const wrong = imports.filter(({ from, to }) => isOp(from) && isOp(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
  it("name existing files, with their extension", () => {
    const known = new Set(files.map(({ path }) => path));
    const wrong = imports.filter(
      ({ to }) => !known.has(to) && !/\.(js|json|css)$/.test(to) && to !== "../package.json",
    );
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});

/** The location of every node that `isWrong` accepts. */
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

describe("the source code", () => {
  it("has no default exports", () => {
    expect(places((node) => ts.isExportAssignment(node) || hasDefault(node))).toEqual([]);
  });
  it("has no any", () => {
    expect(places((node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
  });
  it("contains names of storage only in ir/storage.ts, and in the runtime for its own use", () => {
    const name = /^(average|flat|gradient|held|loss|optimizer|probe|random|result|totals|trained):(?! )/;
    const isFree = ({ path }: SourceText) => path === "compiler/ir/storage.ts" || path.startsWith("runtime/");
    const isLiteral = (node: ts.Node) => ts.isStringLiteralLike(node) || ts.isTemplateHead(node);
    expect(places((node, file) => !isFree(file) && isLiteral(node) && name.test(node.text))).toEqual([]);
  });
  it("has no disabled checks", () => {
    // The emitter has such a comment in a string, because emitted files begin with it.
    const disabling = /(^|[^"])\/[/*] *(@ts-(ignore|nocheck|expect-error)|eslint-disable)/m;
    const wrong = files.filter(({ text }) => disabling.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("has no state at module level: no let, and no collection that could be written", () => {
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
    // An empty collection at module level is only useful if it is filled later, as a cache; a cache must have
    // weak keys.
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

describe("files", () => {
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
  it("contain no to-do notes, no absolute paths and no dates", () => {
    const wrong = files.filter(({ text }) =>
      /\b(TODO|FIXME|XXX)\b|\/(home|root|Users|work)\/|\b20[2-9]\d-\d\d-\d\d\b/.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("are named after their op or stage if they contain one", () => {
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
    const defines =
      /export const \w+ = define(Op|Pass|Stage|Required|LoopStage|KernelStage|RequiredKernelStage)\b/g;
    const missing = files
      .filter(({ text }) => Array.from(text.matchAll(defines)).length === 1)
      .filter((file) => !exported(file).some((name) => file.path.endsWith(`/${kebab(name)}.ts`)));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});
