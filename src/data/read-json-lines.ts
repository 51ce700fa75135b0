// Reads JSON Lines: an object on each line, of which the keys are the columns. The file is gone through twice: what the columns are called
// is known only when every line was seen, since whoever writes such files leaves out keys.
import { DiagnosticError } from "../diagnostics/errors.ts";
import { cellOf } from "./cell-of.ts";
import { linesOf, type Line } from "./read-lines.ts";
import { tableBuilder, type ReadTable } from "./table-builder.ts";
import type { Wanted } from "./wanted-columns.ts";

/** The table in a file of JSON Lines. Throws a {@link DiagnosticError} that says file and line. */
export async function readJsonLines(file: string, wanted: Wanted): Promise<ReadTable> {
  const names = new Set<string>();
  let most = 0;
  for await (const line of linesOf(file)) {
    for (const name in objectOn(file, line)) names.add(name);
    most++;
  }
  const table = tableBuilder(file, wanted, most);
  const read = table.begin({ cells: [...names], line: 1 });
  for await (const line of linesOf(file)) {
    const values = objectOn(file, line);
    table.add(line.line, () =>
      [...names].map((name) =>
        read.has(name) && Object.hasOwn(values, name) ? cellOf(values[name], name, line.line) : "",
      ),
    );
  }
  return table.end();
}

function objectOn(file: string, { text, line }: Line): Record<string, unknown> {
  const fail = (message: string, hint?: string): never => {
    throw new DiagnosticError([
      { code: "T2002", severity: "error", message, place: { file, line }, ...(hint && { hint }) },
    ]);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const isList = line === 1 && text.trimStart().startsWith("[");
    return fail(
      "the line is no JSON",
      isList ? "JSON Lines have one object on each line, and no list around them" : undefined,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail("the line holds no object", 'each line is a row: {"a": 1, "b": [2, 3]}');
  return value as Record<string, unknown>;
}
