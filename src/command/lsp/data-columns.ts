/** The column names of a data file, from its first bytes: the header of a CSV file, or the first row of JSON Lines. */
import { parse } from "csv-parse/sync";
import type { FileAccess } from "./file-access.ts";

/** A header is much shorter. */
const headerBytes = 64 * 1024;

/** Empty for a file that cannot be read, and for other formats. */
export async function columnsOf(file: string, { start }: FileAccess): Promise<readonly string[]> {
  try {
    const text = new TextDecoder().decode(await start(file, headerBytes));
    const line = text.replace(/^\ufeff/, "").split(/[\r\n]/, 1)[0];
    const names: readonly unknown[] = line.startsWith("{") ? Object.keys(JSON.parse(line)) : cellsOf(line);
    return names
      .filter((name) => typeof name === "string" && name !== "" && !/\p{Cc}/u.test(name))
      .map(String);
  } catch {
    return [];
  }
}

function cellsOf(line: string): readonly unknown[] {
  const delimiter = /[,;\t|]/.exec(line)?.[0] ?? ",";
  const [cells = []]: (readonly unknown[])[] = parse(line, { delimiter });
  return cells;
}
