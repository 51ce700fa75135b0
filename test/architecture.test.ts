// The shape of the house, as design.md has it: who may import whom, no circles at any level, no default
// exports, no `any`. If one fails, something stands where the next reader will not look for it. Change the
// table only together with design.md.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url));

/** Types alone count too: whoever reads a file has to know what they mean. */
interface Import {
  readonly from: string;
  readonly to: string;
}

interface SourceText {
  /** Relative to src, as `compiler/ops/define.ts`. */
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

/** The four roofs, and the file of public names over them: what each may import besides itself. */
const roofs: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  compiler: ["runtime"],
  studio: ["runtime", "compiler"],
  command: ["runtime", "compiler", "studio", "index.ts"],
  "index.ts": ["compiler"],
};

const base = ["util", "diagnostics"];
const graph = [...base, "ir", "loop"];
const meaning = [...graph, "ops", "notation"];
const models = [...meaning, "library"];
const staged = [...meaning, "stages"];
const stages = [...models, "spec", "trainer", "passes", "lower", "reference", "stages", "schedule", "emit"];

/** The rooms of the compiler, likewise. */
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
  "targets.ts": [...stages, "pipeline.ts", "emission.ts"],
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

/** What of a folder a path belongs to: a file or a folder in it. */
const roomIn = (folder: string, path: string): string | undefined =>
  path.startsWith(folder) ? path.slice(folder.length).split("/")[0] : undefined;

/** Imports between the rooms of a folder that its table does not allow. */
function againstArrows(folder: string, arrows: Readonly<Record<string, readonly string[]>>): string[] {
  return imports.flatMap(({ from, to }) => {
    const [here, there] = [roomIn(folder, from), roomIn(folder, to)];
    if (here === undefined || there === undefined || here === there) return [];
    return arrows[here]?.includes(there) ? [] : [`${from} -> ${to}`];
  });
}

/** Circles among the rooms of a folder, each once, as the rooms on the way. */
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
  it("every folder has its row in the tables", () => {
    const rooms = (folder: string) => [...new Set(files.flatMap(({ path }) => roomIn(folder, path) ?? []))];
    expect(rooms("").sort()).toEqual(Object.keys(roofs).sort());
    expect(rooms("compiler/").sort()).toEqual(Object.keys(compilerRooms).sort());
  });
  it("go along the arrows of design.md", () => {
    expect([...againstArrows("", roofs), ...againstArrows("compiler/", compilerRooms)]).toEqual([]);
  });
  it("form no circle, neither between files nor between the folders of any level", () => {
    expect(folders.flatMap((folder) => circlesIn(folder === "" ? "" : `${folder}/`))).toEqual([]);
  });
  it("passes do not import passes; only the list of them and the engine do", () => {
    const isPass = (path: string) =>
      /^compiler\/passes\/[^/]+\.ts$/.test(path) && !/\/define\.ts$/.test(path);
    const wrong = imports.filter(({ from, to }) => isPass(from) && isPass(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
  it("ops do not import ops, the parts they share aside", () => {
    const table = files.find(({ path }) => path === "compiler/ops/index.ts");
    const inTable = new Set(table === undefined ? [] : importsOf(table).map(({ to }) => to));
    const isOp = (path: string) =>
      path.startsWith("compiler/ops/") && inTable.has(path) && !/\/(define|tensor)\.ts$/.test(path);
    const wrong = imports.filter(({ from, to }) => isOp(from) && isOp(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
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
  it("no names of storage but those of ir/storage.ts; the runtime reads its own", () => {
    const name = /^(average|flat|gradient|held|loss|optimizer|probe|random|result|totals|trained):(?! )/;
    const isFree = ({ path }: SourceText) => path === "compiler/ir/storage.ts" || path.startsWith("runtime/");
    const isLiteral = (node: ts.Node) => ts.isStringLiteralLike(node) || ts.isTemplateHead(node);
    expect(places((node, file) => !isFree(file) && isLiteral(node) && name.test(node.text))).toEqual([]);
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
  it("hold no unfinished business, no path of a machine and no date", () => {
    const wrong = files.filter(({ text }) =>
      /\b(TODO|FIXME|XXX)\b|\/(home|root|Users|work)\/|\b20[2-9]\d-\d\d-\d\d\b/.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
  it("a file of one op or one stage is named for it", () => {
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
