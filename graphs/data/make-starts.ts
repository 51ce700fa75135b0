// Derives a table from names.csv. For each name with five letters or more, a row has the first four letters,
// the fifth letter and the number of letters. Writes name-starts.csv to this folder. The same program always
// writes the same bytes: npx tsx graphs/data/make-starts.ts
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A line for each name, in the order of names.csv. */
export function startsOf(names: string): string {
  const rows = names
    .trim()
    .split("\n")
    .slice(1)
    .filter((name) => name.length >= 5)
    .map((name) => [name.slice(0, 4), name[4], name.length].join());
  return ["start,next,length", ...rows, ""].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(
    new URL("name-starts.csv", import.meta.url),
    startsOf(readFileSync(new URL("names.csv", import.meta.url), "utf8")),
  );
