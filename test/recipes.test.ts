// The recipes of CONTRIBUTING.md, followed step by step. If a test fails, a recipe omits a file or names a
// file that does not exist, or says that the compiler requires an entry in some table although the code
// compiles without the entry.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Project, ts } from "ts-morph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recipes, type Edit } from "./support/recipes.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Section {
  readonly title: string;
  readonly places: readonly string[];
  readonly isClosed: boolean;
}

/** The recipes of the page: for each, the paths at the start of its numbered lines. */
const sections: readonly Section[] = readFileSync(join(root, "CONTRIBUTING.md"), "utf8")
  .split(/^## /m)
  .filter((text) => /^Add an? /.test(text))
  .map((text) => ({
    title: text.split("\n")[0],
    places: Array.from(text.matchAll(/^\d+\. `([^`]+)`/gm), ([, path]) => path),
    isClosed: /Closed:$/m.test(text),
  }));

/**
 * Whether a path of the page covers a file of a trial: NAME is the name of the trial, and a folder covers its
 * files.
 */
const isAt = (place: string, file: string): boolean =>
  place.endsWith("/")
    ? file.startsWith(place)
    : new RegExp(`^${place.replace("NAME", "(trial|halve)")}$`).test(file);

/** The text of the edited file, given the text after the edits before it. */
function edited(before: string | undefined, { file, after, text }: Edit): string {
  if (after === undefined) return text;
  const parts = before?.split(after) ?? [];
  if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(after)} ${parts.length - 1} times`);
  return parts.join(`${after}${text}`);
}

/** The contents of the edited files, by path. */
function withEdits(edits: readonly Edit[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const path = join(root, edit.file);
    const before = texts.get(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : undefined);
    texts.set(path, edited(before, edit));
  }
  return texts;
}

const project = new Project({
  tsConfigFilePath: join(root, "tsconfig.json"),
  skipAddingFilesFromTsConfig: true,
});
project.addSourceFilesAtPaths(join(root, "src/**/*.ts"));

/** The compiler's errors in some files after these edits, which are then undone. */
function errorsIn(edits: readonly Edit[], files: readonly string[]): string[] {
  const changed = [...withEdits(edits)].map(([path, text]) => ({
    before: project.getSourceFile(path)?.getFullText(),
    source: project.createSourceFile(path, text, { overwrite: true }),
  }));
  const errors = files.flatMap((file) => {
    const source = project.getSourceFile(join(root, file));
    const found = source === undefined ? [] : project.getProgram().getSemanticDiagnostics(source);
    return found.map(
      ({ compilerObject: { messageText } }) =>
        `${file}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
  for (const { source, before } of changed)
    if (before === undefined) project.removeSourceFile(source);
    else source.replaceWithText(before);
  return errors;
}

it("the page and the trials have the same recipes", () => {
  expect(sections.map(({ title }) => title)).toEqual(recipes.map(({ title }) => title));
});

describe.each(recipes)("$title", ({ title, edits, closedBy = [] }) => {
  const { places, isClosed } = sections.find((section) => section.title === title) ?? { places: [] };
  const tables = [...new Set([...edits.map(({ file }) => file), ...closedBy])];

  it("touches the files that the page lists, and no other", () => {
    expect(new Set(edits.map(({ file }) => places.find((place) => isAt(place, file))))).toEqual(
      new Set(places),
    );
  });
  it("compiles", () => expect(errorsIn(edits, tables)).toEqual([]));
  it.runIf(isClosed).each(places)("does not compile without its part in %s", (place) => {
    const others = edits.filter(({ file }) => !isAt(place, file));
    expect(errorsIn(others, tables)).not.toEqual([]);
  });
});

describe("all recipes together", () => {
  const copy = mkdtempSync(join(tmpdir(), "tapeless-recipes-"));
  beforeAll(() => {
    for (const path of ["src", "package.json", "tsconfig.json"])
      cpSync(join(root, path), join(copy, path), { recursive: true });
    // Without the cache, which contains the runtime before the edits.
    mkdirSync(join(copy, "node_modules"));
    for (const name of readdirSync(join(root, "node_modules")).filter((name) => name !== ".cache"))
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
    for (const [path, text] of withEdits(recipes.flatMap(({ edits }) => edits))) {
      const place = join(copy, path.slice(root.length));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text);
    }
    cpSync(join(root, "test/support/try-recipes.ts"), join(copy, "try-recipes.ts"));
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it("work in one model and one command", () => {
    const tsx = join(copy, "node_modules/tsx/dist/cli.mjs");
    const reported = execFileSync(process.execPath, [tsx, "try-recipes.ts"], { cwd: copy, encoding: "utf8" });
    expect(JSON.parse(reported)).toEqual({
      kernels: ["asinh(", "0.5 *"],
      rows: 2,
      flag: true,
      stages: true,
      rule: true,
      target: true,
    });
  });
});
