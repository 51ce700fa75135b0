// Random series with random windows and splits. The naive forecast that `train` reports depends on the windows of
// each split, so it is compared with one from a direct implementation of the documentation; the run is refused
// exactly if a split has no window. Splits may be in files of their own. Run it separately with `npx tsx
// test/fuzz/random-series.ts --seed S --count N`; the last line counts the failures.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { runTapeless } from "../support/run-tapeless.ts";
import { randomOf } from "./random.ts";
import type { Random } from "./random.ts";

/** The outcome for one series. The program is right to refuse a series if a split has no window. */
export interface SeriesOutcome {
  readonly kind: "trained" | "refused" | "failed";
  readonly what: string;
}

interface Row {
  /** The time of the row, in hours since 1999-01-01. */
  readonly hour: number;
  readonly group: string;
  readonly value: number;
  readonly split: string;
}

const two = (value: number): string => String(value).padStart(2, "0");
const dateOf = (hour: number): Date => new Date(Date.UTC(1999, 0, 1) + hour * 3_600_000);

/** Formats of times. The function of a format writes an hour in this format. */
const formats: readonly (readonly [format: string | undefined, (hour: number) => string])[] = [
  [undefined, (hour) => dateOf(hour).toISOString().slice(0, 16)],
  [undefined, (hour) => `${dateOf(hour).toISOString().slice(0, 19)}+00:00`],
  ["unix", (hour) => String(dateOf(hour).getTime() / 1000)],
  ["number", String],
  [
    "DD.MM.YYYY HH:mm",
    (hour) => {
      const date = dateOf(hour);
      const day = [date.getUTCDate(), date.getUTCMonth() + 1].map(two).join(".");
      return `${day}.${date.getUTCFullYear()} ${two(date.getUTCHours())}:00`;
    },
  ],
];

function randomRows(r: Random): Row[] {
  const groups = ["a", "b", "c"].slice(0, r.whole(1, 3));
  const rows = groups.flatMap((group, g) => {
    let hour = r.whole(0, 5);
    let split = "train";
    return Array.from({ length: r.whole(20, 120) }, (): Row => {
      hour += r.pick([1, 1, 1, 2]);
      if (r.chance(0.05)) split = r.pick(["train", "train", "validation", "test"]);
      return { hour, group, split, value: Math.round(100 * (g * 5 + Math.sin(hour) + r.normal())) / 100 };
    });
  });
  return r.chance(0.5) ? rows : rows.sort((a, b) => a.hour - b.hour);
}

type Rule = Readonly<Record<string, string | number>>;

interface Rules {
  readonly test?: Rule;
  readonly validation?: Rule;
  /** The times at which the test and validation splits begin if they have the rule `after`. */
  readonly hours: number[];
}

function randomRules(r: Random, write: (hour: number) => string, name: string): Rules {
  const hours = [r.whole(40, 110), r.whole(10, 60)].sort((a, b) => b - a);
  const after = (hour: number) => ({ after: write(hour) });
  const kind = r.pick(["last", "after", "column", "mixed", "none", "file", "files"]);
  if (kind === "none") return { hours };
  if (kind === "column") return { test: { column: "split" }, validation: { column: "split" }, hours };
  if (kind === "last") return { test: { last: r.pick([0.1, 0.2, 0.3]) }, validation: { last: 0.25 }, hours };
  if (hours[0] === hours[1]) hours[0]++;
  if (kind === "after") return { test: after(hours[0]), validation: after(hours[1]), hours };
  if (kind === "mixed") return { test: after(hours[0]), validation: { last: 0.2 }, hours };
  const test = { file: `${name}-test.csv` };
  if (kind === "files") return { test, validation: { file: `${name}-validation.csv` }, hours };
  const validation = r.pick([undefined, { last: 0.2 }, after(hours[1])]);
  return { test, ...(validation && { validation }), hours };
}

/** The rows of a file, and the split of each row. */
interface Part {
  readonly file: string;
  readonly rows: readonly Row[];
  readonly splits: readonly string[];
}

/** Distributes the rows to the files of the splits. The column of splits selects the rows of a file. */
function partsOf(file: string, rows: readonly Row[], rules: Rules): Part[] {
  const ownFiles = (["test", "validation"] as const).flatMap((split): Part[] => {
    const name = rules[split]?.["file"];
    if (name === undefined) return [];
    const own = rows.filter((row) => row.split === split);
    return [{ file: String(name), rows: own, splits: own.map(() => split) }];
  });
  const others = rows.filter((row) => !ownFiles.some((part) => part.rows.includes(row)));
  const { test, validation, hours } = rules;
  const inFile = {
    ...(test && !("file" in test) && { test }),
    ...(validation && !("file" in validation) && { validation }),
    hours,
  };
  return [{ file, rows: others, splits: splitsOf(others, inFile) }, ...ownFiles];
}

// The direct implementation.

/** The split of each row. */
function splitsOf(rows: readonly Row[], rules: Rules): string[] {
  const splits = rows.map(() => "train");
  for (const [split, hour] of [["test", rules.hours[0]] as const, ["validation", rules.hours[1]] as const]) {
    const { [split]: rule } = rules;
    const open = [...rows.keys()].filter((row) => splits[row] === "train");
    const count = Math.max(1, Math.round(Number(rule?.["last"]) * rows.length));
    const sorted = open.map((row) => rows[row].hour).sort((a, b) => a - b);
    for (const row of open) {
      const isChosen =
        rule !== undefined &&
        ("column" in rule
          ? rows[row].split === split
          : rows[row].hour >= ("last" in rule ? sorted[sorted.length - count] : hour));
      if (isChosen) splits[row] = split;
    }
  }
  return splits;
}

interface Windows {
  readonly length: number;
  readonly horizon: number;
  readonly stride: number;
  readonly season: number;
  readonly gaps?: "cut" | "keep";
}

/**
 * The rows of a group that come after a gap: the time since the previous row is more than 1.5 times the usual
 * distance.
 */
function rowsAfterGaps(rows: readonly Row[]): ReadonlySet<Row> {
  const latest = new Map<string, number>();
  const passed = rows.flatMap((row) => {
    const before = latest.get(row.group);
    latest.set(row.group, row.hour);
    return before === undefined ? [] : [{ row, hours: row.hour - before }];
  });
  const usual = passed.map(({ hours }) => hours).sort((a, b) => a - b)[Math.floor(passed.length / 2)];
  return new Set(passed.filter(({ hours }) => hours > 1.5 * usual).map(({ row }) => row));
}

/**
 * The absolute errors of the naive forecast on each split, for each window that fits into consecutive rows of
 * the split.
 */
function naiveErrors(rows: readonly Row[], splits: readonly string[], rule: Windows): Map<string, number[]> {
  const errors = new Map<string, number[]>();
  const cuts = rule.gaps === "cut" ? rowsAfterGaps(rows) : new Set();
  for (const group of new Set(rows.map((row) => row.group))) {
    const own = [...rows.keys()].filter((row) => rows[row].group === group);
    for (let start = 0; start < own.length;) {
      const split = splits[own[start]];
      const begins = (row: number) => splits[row] !== split || cuts.has(rows[row]);
      const window = own.slice(start, start + rule.length + rule.horizon);
      const isWhole = window.length === rule.length + rule.horizon && !window.slice(1).some(begins);
      const list = errors.get(split) ?? [];
      errors.set(split, list);
      if (isWhole)
        for (let step = 0; step < rule.horizon; step++) {
          let from = rule.length + step;
          while (from >= rule.length) from -= rule.season;
          list.push(Math.abs(rows[window[from]].value - rows[window[rule.length + step]].value));
        }
      // The next window begins one stride later, or at the first row after a gap if that row comes earlier.
      const next = own.findIndex((row, i) => i > start && begins(row));
      start = next >= 0 && next < start + rule.stride ? next : start + rule.stride;
    }
  }
  return errors;
}

/** Generates series number `index` of a seed and trains a model on it. */
export async function trySeries(folder: string, seed: number, index: number): Promise<SeriesOutcome> {
  const r = randomOf(seed, index);
  const name = `series${index}`;
  const [format, write] = r.pick(formats);
  const isNumber = format === "number";
  const rows = randomRows(r);
  const timeOf = (hour: number) =>
    isNumber ? String(hour) : dateOf(hour).toISOString().slice(0, 16) + (format === "unix" ? "Z" : "");
  const rules = randomRules(r, timeOf, name);
  const { hours: _, ...splitRules } = rules;
  const parts = partsOf(`${name}.csv`, rows, rules);
  const length = r.whole(1, 12);
  const size = { length, horizon: r.whole(1, 6), stride: r.whole(1, 4), season: r.whole(1, length) };
  const gaps = r.pick([undefined, undefined, "cut", "keep"] as const);
  const windows: Windows = { ...size, ...(gaps && { gaps }) };
  for (const part of parts) {
    const lines = part.rows.map((row) => [write(row.hour), row.group, row.value, row.split].join());
    writeFileSync(join(folder, part.file), ["time,group,value,split", ...lines, ""].join("\n"));
  }
  const spec = {
    name,
    inputs: { past: { shape: [length, 1] } },
    targets: { value: { shape: [windows.horizon] } },
    network: [{ type: "flatten" }, { type: "dense", units: windows.horizon }],
    loss: "mae",
    metrics: ["mae"],
    optimizer: "adam",
    training: { epochs: 1, batchSize: 8, seed: 1, ...splitRules },
    data: {
      file: `${name}.csv`,
      time: format === undefined ? "time" : { column: "time", format },
      windows: { ...windows, group: "group" },
      inputs: { past: { columns: ["value"] } },
      targets: { value: { columns: ["value"] } },
    },
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(spec));
  const { code, stdout, stderr } = await runTapeless(folder, ["train", `${name}.json`, "--json"]);
  const errors = new Map(parts.flatMap((part) => [...naiveErrors(part.rows, part.splits, windows)]));
  const about = `${JSON.stringify(windows)} ${JSON.stringify(splitRules)} ${format}\n`;
  const needed = ["train", ...Object.keys(splitRules)];
  const isEmpty = needed.some((split) => (errors.get(split) ?? []).length === 0);
  if (code === 2 && isEmpty && /T200[34]: .*(no window|no row|none of|none is left|has no)/.test(stderr))
    return { kind: "refused", what: about + stderr };
  if (code !== 0 || isEmpty) return { kind: "failed", what: about + stderr };
  const isWarned = gaps === undefined && parts.some((part) => rowsAfterGaps(part.rows).size > 0);
  if (stderr.includes("the usual distance") !== isWarned)
    return { kind: "failed", what: `${about}a warning about gaps: ${!isWarned}` };
  const { naive = {} } = JSON.parse(stdout);
  for (const split of Object.keys(splitRules)) {
    const list = errors.get(split) ?? [];
    const expected = list.reduce((sum, error) => sum + error, 0) / list.length;
    const { [split]: { mae = NaN } = {} } = naive;
    if (!(Math.abs(mae - expected) <= 1e-5 * (1 + expected)))
      return { kind: "failed", what: `${about}${split}: mae ${mae}, expected ${expected}` };
  }
  return { kind: "trained", what: about };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seed: { type: "string" }, count: { type: "string" } } });
  const [seed, count] = [Number(values.seed ?? 1), Number(values.count ?? 100)];
  const folder = mkdtempSync(join(tmpdir(), "series-"));
  const counts = { trained: 0, refused: 0, failed: 0 };
  for (let index = 0; index < count; index++) {
    const { kind, what } = await trySeries(folder, seed, index);
    counts[kind]++;
    if (kind === "failed") console.log(`${index} ${kind}: ${what.trim()}`);
  }
  if (counts.failed === 0) rmSync(folder, { recursive: true, force: true });
  console.log(
    `${count} series of seed ${seed}: ${counts.trained} trained, ${counts.refused} refused, ${counts.failed} failed` +
      (counts.failed === 0 ? "" : ` (${folder})`),
  );
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) void main();
