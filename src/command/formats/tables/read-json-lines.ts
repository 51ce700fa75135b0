// Reads JSON Lines: an object on each line, whose keys are the columns. The file is read twice: the names of
// the columns are known only after the last line, since writers of such files leave out keys.
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { showValue } from "../../../compiler/util/message-text.ts";
import { checkUnpacked, deepest, inFile } from "./open-bytes.ts";
import { linesOf } from "./read-lines.ts";
import type { Line } from "./read-lines.ts";
import { cellOf, checkColumns, tableBuilder } from "./table-builder.ts";
import type { ReadTable } from "./table-builder.ts";
import type { Wanted } from "./column-builder.ts";

type Row = Readonly<Record<string, unknown>>;

/** The table in a file of JSON Lines. Throws a {@link DiagnosticError} that says file and line. */
export async function readJsonLines(file: string, wanted: Wanted): Promise<ReadTable> {
  await checkUnpacked(file);
  const names = [...(await namesIn(file))];
  const table = tableBuilder(file, wanted);
  table.begin({ cells: names, line: 1 });
  for await (const line of linesOf(file)) {
    const values = objectOn(file, line);
    table.add(line.line, names.length, (place) => {
      const name = names[place];
      return Object.hasOwn(values, name) ? cellOf(values[name], name, line.line) : "";
    });
  }
  return table.end();
}

/** All keys, in the order in which they come first. */
async function namesIn(file: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const line of linesOf(file)) {
    const values = objectOn(file, line);
    checkShape(file, line, values);
    for (const name of Object.keys(values)) names.add(name);
    inFile(file, "T2003", () => checkColumns(names.size));
  }
  return names;
}

function objectOn(file: string, { text, line }: Line): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const isList = line === 1 && text.trimStart().startsWith("[");
    throw wrongLine(
      file,
      line,
      "the line is no JSON",
      isList ? "JSON Lines have one object on each line, and no list around them" : undefined,
    );
  }
  if (isRow(value)) return value;
  throw wrongLine(file, line, "the line holds no object", 'each line is a row: {"a": 1, "b": [2, 3]}');
}

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of equal keys, the parser would keep the last without a word. */
function checkShape(file: string, { text, line }: Line, values: Row): void {
  const { keys, depth } = jsonShape(text);
  if (depth > deepest)
    throw wrongLine(file, line, `lists are nested ${depth} deep, and ${deepest} is the most`);
  if (keys === Object.keys(values).length) return;
  const seen = new Set<string>();
  const twice = outerKeys(text).find((key) => seen.size === seen.add(key).size);
  throw wrongLine(file, line, `the key ${showValue(twice)} is on the line twice`);
}

function wrongLine(file: string, line: number, message: string, hint?: string): DiagnosticError {
  return new DiagnosticError([
    { code: "T2002", severity: "error", message, location: { file, line }, ...(hint && { hint }) },
  ]);
}

// What the text of a JSON object tells and the parsed value does not: how often keys are written, and,
// without recursion, how deep it is.

/**
 * How many keys the outermost object is written with, and how deep lists and objects are nested. The text
 * must be right JSON.
 */
function jsonShape(text: string): { keys: number; depth: number } {
  let [keys, deepest] = [0, 0];
  scan(text, (depth, isKey) => {
    deepest = Math.max(deepest, depth);
    if (isKey && depth === 1) keys++;
  });
  return { keys, depth: deepest };
}

/** Those keys, in their order. */
function outerKeys(text: string): string[] {
  const keys: string[] = [];
  scan(text, (depth, isKey, start, end) => {
    if (isKey && depth === 1) keys.push(JSON.parse(text.slice(start, end)));
  });
  return keys;
}

/** Visits each bracket that opens and each colon, at their depth; for a colon with the place of the key before it. */
function scan(
  text: string,
  visit: (depth: number, isKey: boolean, start: number, end: number) => void,
): void {
  let [depth, start, end] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        start = at;
        at = endOfText(text, at);
        end = at + 1;
        break;
      case "{":
      case "[":
        visit(++depth, false, 0, 0);
        break;
      case "}":
      case "]":
        depth--;
        break;
      case ":":
        visit(depth, true, start, end);
    }
  }
}

/** Where the quote is that ends the text that begins here. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0 || end < 0) return end < 0 ? text.length : end;
  }
}
