// Generates random tables with every kind of column for `tapeless init`. The spec that `init` writes must
// train without changes, and predict the rows of the same file. Some tables are then split into files and
// trained with `--stream` (table-splits.ts). To run the check separately, use `npx tsx
// test/fuzz/random-tables.ts --seed S --count N`; the last line of its output contains the number of
// failures.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { isMissing as isMissingCell } from "../../src/runtime/data/column-encoder.ts";
import { runTapeless } from "../support/run-tapeless.ts";
import { randomOf } from "./random.ts";
import type { Random } from "./random.ts";
import { trySplits } from "./table-splits.ts";
import type { TableText } from "./table-splits.ts";

/** The outcome for one table. A refusal is an error that names the table, and counts as correct. */
export interface TableOutcome {
  readonly kind: "trained" | "refused" | "failed";
  readonly what: string;
}

/** Names of columns that a spec, a layer or YAML could misinterpret. */
const names = (
  "a|b c|x|y|Id|constructor|__proto__|name|yes|p..q|größe|target|#1|time|day|class|label|A-B|1st|日本|null|numbers|" +
  'categories|dates|dense1|concat1|text|it\'s|say "q"|columns_vector||a: b|- c'
).split("|");

const words = "the a of house red blue green big small fast slow old new good bad left right up down".split(
  " ",
);
const two = (value: number): string => String(value).padStart(2, "0");

/** Returns the cell of a row. */
type Cells = (row: number) => string;

/** Kinds of columns, by name. */
const columns: Readonly<Record<string, (r: Random) => Cells>> = {
  reals: (r) => () => (r.unit() * 100).toFixed(3),
  tiny: (r) => () => String((r.unit() - 0.5) * 1e-9),
  huge: (r) => () => (r.unit() * 1e12).toExponential(3),
  "few integers": (r) => () => String(r.whole(0, 4)),
  "integers from 1": (r) => () => String(r.whole(1, 3)),
  bits: (r) => () => String(r.whole(0, 1)),
  "round integers": (r) => () => String(r.whole(0, 1e6) * 1000),
  counter: () => String,
  identifiers: () => (row) => `row${row}`,
  colours: (r) => () => r.pick(["red", "blue", "green"]),
  "rare values": (r) => () => (r.chance(0.02) ? `rare${r.whole(0, 2)}` : r.pick(["u", "v"])),
  "many categories": (r) => () => `K${r.whole(0, 45)}`,
  "too many categories": (r) => () => `M${r.whole(0, 300)}`,
  constant: () => () => "same",
  booleans: (r) => () => r.pick(["true", "false"]),
  text: (r) => () => Array.from({ length: r.whole(1, 12) }, () => r.pick(words)).join(" "),
  "awkward text": (r) => () => r.pick(["x, y", 'say "hi"', "line\nbreak", "a;b", "tab\there"]),
  "iso dates": (r) => () => `20${r.whole(10, 23)}-${two(r.whole(1, 12))}-${two(r.whole(1, 28))}`,
  "german times": (r) => () =>
    `${two(r.whole(1, 28))}.${two(r.whole(1, 12))}.20${r.whole(10, 23)} ${two(r.whole(0, 23))}:${two(r.whole(0, 59))}`,
  "american dates": (r) => () => `${r.whole(1, 12)}/${r.whole(1, 28)}/20${r.whole(10, 23)}`,
  hours: () => (row) => new Date(1.6e12 + row * 3.6e6).toISOString(),
  "seconds since 1970": (r) => () => String(1.6e9 + r.whole(0, 1e7)),
  "nearly numbers": (r) => () => (r.chance(0.03) ? "n.n." : String(r.whole(0, 1000))),
  empty: () => () => "",
  "nearly empty": (r) => () => (r.chance(0.97) ? "" : "1"),
  "decimal commas": (r) => () => `${r.whole(0, 9)},${r.whole(0, 9)}`,
  thousands: (r) => () => `${r.whole(1, 9)}.${two(r.whole(0, 99))}${r.whole(0, 9)},${r.whole(0, 9)}`,
};

function randomTable(r: Random): TableText {
  const rows = r.pick([2, 5, 9, 12, 30, 60, 120, 300]);
  const separator = r.pick([",", ",", ";", "\t"]);
  const used = new Set<string>();
  while (used.size < r.whole(2, 7)) used.add(r.pick(names));
  const chosen = [...used].map(() => {
    const cells = columns[r.pick(Object.keys(columns))](r);
    const missing = r.pick([0, 0, 0, 0.1, 0.5]);
    return (row: number) => (r.chance(missing) ? r.pick(["", "NA", "?"]) : cells(row));
  });
  const quoted = (cell: string) =>
    cell.includes(separator) || /["\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const lines = [[...used], ...Array.from({ length: rows }, (_, row) => chosen.map((cellOf) => cellOf(row)))];
  const textOf: TableText["textOf"] = (some) =>
    `${some.map((cells) => cells.map(quoted).join(separator)).join("\n")}\n`;
  return { lines, textOf };
}

/** The header, and the rows that have a target. */
function rowsWithTarget({ lines }: TableText, spec: string): TableText["lines"] {
  const { data } = parse(readFileSync(spec, "utf8"));
  const [target]: { columns: string[] }[] = Object.values(data.targets);
  const place = lines[0].indexOf(target.columns[0]);
  return lines.filter((cells, row) => row === 0 || !isMissingCell(cells[place]));
}

/** Runs init, train and predict on table number `index` of a seed. */
export async function tryTable(folder: string, seed: number, index: number): Promise<TableOutcome> {
  const r = randomOf(seed, index);
  const name = `table${index}`;
  const table = randomTable(r);
  writeFileSync(join(folder, `${name}.csv`), table.textOf(table.lines));
  const target = r.chance(0.4) ? ["--target", r.pick(table.lines[0])] : [];
  const init = await runTapeless(folder, ["init", `${name}.csv`, "--force", ...target]);
  const failed = (command: string, text: string): TableOutcome => ({
    kind: "failed",
    what: `${command} of ${name}.csv ${target.join(" ")}\n${init.stdout}${text}`,
  });
  if (init.code === 2 && /error T1010/.test(init.stderr)) return { kind: "refused", what: init.stderr };
  if (init.code !== 0) return failed("init", init.stderr);
  const spec = `${name}.yaml`;
  const train = await runTapeless(folder, [
    "train",
    spec,
    "--epochs",
    "1",
    "--out",
    `${name}.ckpt`,
    "--json",
  ]);
  if (train.code !== 0) return failed("train", train.stderr);
  const predict = await runTapeless(folder, ["predict", spec, `${name}.ckpt`, `${name}.csv`]);
  // `predict` rightly rejects a row whose text is missing, and a wrong cell in a row without a target, which
  // training omits.
  const isMissing = /the cell is empty/.test(predict.stderr);
  if (predict.code !== 0 && !isMissing) {
    writeFileSync(join(folder, "trained.csv"), table.textOf(rowsWithTarget(table, join(folder, spec))));
    const again = await runTapeless(folder, ["predict", spec, `${name}.ckpt`, "trained.csv"]);
    if (again.code !== 0) return failed("predict", again.stderr);
  }
  // The smallest tables cannot be split into rows for each split and still be trained.
  const isSplit = table.lines.length > 9 && r.chance(0.4);
  const wrong = isSplit ? await trySplits(folder, r, spec, table) : undefined;
  return wrong === undefined ? { kind: "trained", what: init.stdout } : failed("train", wrong);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seed: { type: "string" }, count: { type: "string" } } });
  const [seed, count] = [Number(values.seed ?? 1), Number(values.count ?? 100)];
  const folder = mkdtempSync(join(tmpdir(), "tables-"));
  const counts = { trained: 0, refused: 0, failed: 0 };
  for (let index = 0; index < count; index++) {
    const { kind, what } = await tryTable(folder, seed, index);
    counts[kind]++;
    if (kind !== "trained") console.log(`${index} ${kind}: ${what.trim()}`);
  }
  if (counts.failed === 0) rmSync(folder, { recursive: true, force: true });
  console.log(
    `${count} tables of seed ${seed}: ${counts.trained} trained, ${counts.refused} refused, ${counts.failed} failed` +
      (counts.failed === 0 ? "" : ` (${folder})`),
  );
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) void main();
