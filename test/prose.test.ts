// The prose of comments, messages, pages and documentation. It must not contain the idioms below, which
// docs/style.md replaces with plain technical English. If a test fails, readers would have to read a sentence
// twice.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The rejected idioms, and what to write instead. */
const idioms: readonly (readonly [idiom: RegExp, instead: string])[] = [
  [/\b(is|are|be|been|was|were) told\b/i, "is reported, is passed, knows"],
  [
    /(?<!\bthere )\b(is|are) no (?!longer\b|more than\b|less than\b|later than\b|better\b|worse\b)/i,
    "is not a",
  ],
  [/\bstand(s|ing)?\b(?! for\b)/i, "is, is stored in, is in"],
  [/\bwhoever\b|\bnobody\b/i, "name the subject"],
  [/\bbeside\b/i, "next to, besides"],
  [/\bcannot be had\b/i, "is not available, cannot be combined"],
  [/\bcomes? apart\b/i, "diverges"],
  [/\bheld against\b/i, "compared with"],
  [/\bgo(es)? on\b/i, "continues"],
  [/\bat hand\b/i, "current"],
  [/\bdealt out\b/i, "assigned"],
  [/\b(is|are) to (be(?! expected)|have|hold|take|get|go|become)\b/i, "must, will"],
  [/\blies? in\b/i, "is in"],
  [/\bwhat is (no|not|there|said|asked|kept|left)\b/i, "name the subject"],
  [/\bof all that\b/i, "name the subject"],
  [/\bas it stands\b/i, "unchanged"],
  [/\bright (and|or) wrong answers?\b/i, "correct and wrong predictions"],
  [/\bcost(s)? next to nothing\b/i, "is cheap"],
];

interface Passage {
  readonly line: number;
  readonly text: string;
}

const filesUnder = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => ending.test(path) && !path.includes("node_modules"))
    .sort();

/** The comments, strings and templates of a source file. */
function passagesOfCode(text: string): Passage[] {
  const tree = ts.createSourceFile("file.ts", text, ts.ScriptTarget.ES2022, true);
  const passages: Passage[] = [];
  const add = (start: number, end: number): void => {
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    // Comment marks at the starts of lines would interrupt phrases.
    passages.push({ line, text: text.slice(start, end).replace(/\s*\n\s*(\*|\/\/)?\s*/g, " ") });
  };
  const seen = new Set<number>();
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ]) {
      if (!seen.has(pos)) add(pos, end);
      seen.add(pos);
    }
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node))
      add(node.getStart(tree), node.getEnd());
    node.getChildren(tree).forEach(visit);
  };
  visit(tree);
  return passages;
}

/** The paragraphs of a page, without code blocks and inline code. */
function passagesOfMarkdown(text: string): Passage[] {
  const blank = (block: string): string => block.replace(/[^\n]/g, " ");
  const prose = text.replace(/^```[^]*?^```/gm, blank).replace(/`[^`\n]*`/g, "``");
  let line = 1;
  return prose.split(/\n(?=\s*\n|\s*[-|#>])/).map((paragraph) => {
    const passage = { line, text: paragraph.replace(/\s+/g, " ") };
    line += paragraph.split("\n").length;
    return passage;
  });
}

function faultsIn(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  const passages = path.endsWith(".md") ? passagesOfMarkdown(text) : passagesOfCode(text);
  return passages.flatMap((passage) =>
    idioms.flatMap(([idiom, instead]) => {
      const found = idiom.exec(passage.text);
      if (found === null) return [];
      const around = passage.text.slice(Math.max(0, found.index - 40), found.index + 50);
      return [`${path}:${passage.line} "…${around}…": write "${instead}"`];
    }),
  );
}

const folders = ["runtime", "compiler", "studio", "command"].flatMap((roof) =>
  readdirSync(join(root, "src", roof), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `src/${roof}/${entry.name}`),
);
/** All pages except docs/style.md, which lists the idioms themselves. */
const pages = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter((path) => existsSync(join(root, path))),
  // The documentation site is built from copies of the pages.
  ...filesUnder("docs", /\.md$/).filter(
    (path) => path !== "docs/style.md" && !path.startsWith("docs/site/pages/"),
  ),
];
const code = filesUnder("src", /\.(ts|md)$/);

describe("is plain technical English", () => {
  it.each(folders)("in the folder %s", (folder) => {
    expect(code.filter((path) => path.startsWith(`${folder}/`)).flatMap(faultsIn)).toEqual([]);
  });

  it("in files outside of these folders", () => {
    const others = code.filter((path) => !folders.some((folder) => path.startsWith(`${folder}/`)));
    expect(others.flatMap(faultsIn)).toEqual([]);
  });

  it.each(pages)("in the page %s", (page) => {
    expect(faultsIn(page)).toEqual([]);
  });
});
