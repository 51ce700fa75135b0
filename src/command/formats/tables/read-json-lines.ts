// Reads JSON Lines: one object per line, whose keys are the columns. The file is read twice: lines may omit
// keys, so the columns are known only after the last line.
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { showValue } from "../../../compiler/util/message-text.ts";
import { checkUnpacked, maxDepth, inFile } from "./open-bytes.ts";
import { linesOf } from "./read-lines.ts";
import type { Line } from "./read-lines.ts";
import { cellOf, checkColumns, tableBuilder } from "./table-builder.ts";
import type { ReadTable, TableBuilder } from "./table-builder.ts";
import type { Wanted } from "./column-builder.ts";

type Row = Readonly<Record<string, unknown>>;

/** @throws DiagnosticError with file and line */
export async function readJsonLines(
  file: string,
  wanted: Wanted,
  table: TableBuilder = tableBuilder(file, wanted),
): Promise<ReadTable> {
  await checkUnpacked(file);
  const names = [...(await namesIn(file))];
  table.begin({ cells: names, line: 1 });
  for await (const line of linesOf(file)) {
    const values = objectOn(file, line);
    table.add(line.line, names.length, (position, fields) => {
      const name = names[position];
      return Object.hasOwn(values, name) ? cellOf(values[name], name, line.line, fields) : "";
    });
  }
  return table.end();
}

/** All keys, in order of first appearance. */
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
      "the line is not valid JSON",
      isList ? "a JSON Lines file must have one object per line, not a list of objects" : undefined,
    );
  }
  if (isRow(value)) return value;
  throw wrongLine(file, line, "the line is not an object", 'each line is a row: {"a": 1, "b": [2, 3]}');
}

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Rejects deep nesting and duplicate keys. The parser would silently keep only the last of several duplicate
 * keys.
 */
function checkShape(file: string, { text, line }: Line, values: Row): void {
  const { keys, depth } = jsonShape(text);
  if (depth > maxDepth)
    throw wrongLine(file, line, `values are nested ${depth} levels deep; at most ${maxDepth} are supported`);
  if (keys === Object.keys(values).length) return;
  const seen = new Set<string>();
  const twice = outerKeys(text).find((key) => seen.size === seen.add(key).size);
  throw wrongLine(file, line, `the key ${showValue(twice)} appears twice on the line`);
}

function wrongLine(file: string, line: number, message: string, hint?: string): DiagnosticError {
  return new DiagnosticError([
    { code: "T2002", severity: "error", message, location: { file, line }, ...(hint && { hint }) },
  ]);
}

// Scans the text for facts that the parsed value does not contain: duplicate keys, and the depth of nesting.
// The scan does not recurse, so deep nesting cannot overflow the stack.

/**
 * The number of keys in the text of the outermost object, including duplicates, and the depth of nesting. The
 * text must be valid JSON.
 */
function jsonShape(text: string): { keys: number; depth: number } {
  let [keys, deepest] = [0, 0];
  scan(text, (depth, isKey) => {
    deepest = Math.max(deepest, depth);
    if (isKey && depth === 1) keys++;
  });
  return { keys, depth: deepest };
}

/** The keys of the outermost object, duplicates included. */
function outerKeys(text: string): string[] {
  const keys: string[] = [];
  scan(text, (depth, isKey, start, end) => {
    if (isKey && depth === 1) keys.push(JSON.parse(text.slice(start, end)));
  });
  return keys;
}

/** Visits each opening bracket and each colon, with its depth and, for a colon, the range of its key. */
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

/** The index of the closing quote of the string that begins at `start`. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0 || end < 0) return end < 0 ? text.length : end;
  }
}
