/**
 * `npm run docs:generate`: rewrites the generated blocks of the Markdown pages. A block is
 *
 *     <!-- generated: KIND ARGUMENT -->
 *     … generated text …
 *     <!-- /generated -->
 *
 * The text around the blocks is written by hand. With `--check`, the program writes no file. It lists
 * outdated pages and then exits with code 1.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf } from "./command-output.ts";
import { argumentsTable, commandList, examplesOf, optionsTable } from "./command-tables.ts";
import { diagnosticSections } from "./diagnostic-lists.ts";
import { emittedFunction } from "./emitted-code.ts";
import { membersTable } from "./interface-tables.ts";
import { choiceTable, commonTable, keysTable } from "./spec-tables.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The text of a block; `page`: the Markdown page that contains it. */
type BlockText = (argument: string, page: string) => string | Promise<string>;

const blockTexts: Readonly<Record<string, BlockText>> = {
  commands: () => commandList(),
  command: (name) =>
    [argumentsTable(name), optionsTable(name), examplesOf(name)].filter(Boolean).join("\n\n"),
  diagnostics: () => diagnosticSections(),
  keys: keysTable,
  choices: choiceTable,
  common: commonTable,
  members: membersTable,
  emitted: emittedFunction,
  output: outputOf,
};

const block = /<!-- generated: (\w+) ?(.*?) -->\n[^]*?<!-- \/generated -->/g;

async function regenerated(page: string): Promise<string> {
  let text = "";
  let end = 0;
  for (const match of page.matchAll(block)) {
    const [whole, kind, argument] = match;
    if (!Object.hasOwn(blockTexts, kind)) throw new Error(`unknown kind of generated block: ${kind}`);
    const made = await blockTexts[kind](argument, page);
    const start = `<!-- generated: ${`${kind} ${argument}`.trim()} -->`;
    text += `${page.slice(end, match.index)}${start}\n${made}\n<!-- /generated -->`;
    end = match.index + whole.length;
  }
  return text + page.slice(end);
}

const isCheck = process.argv.includes("--check");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
for (const page of pages) {
  const before = readFileSync(join(root, page), "utf8");
  const after = await regenerated(before);
  if (after === before) continue;
  if (isCheck) {
    process.stderr.write(`${page} is stale: run npm run docs:generate\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, page), after);
    process.stdout.write(`${page}\n`);
  }
}
