// Assigns rows to splits by time, by a column, by groups, or at random, and to folds by time or by groups.
import type { DatasetContext, Splitter } from "./dataset.ts";
import { columnOf, wrongCell } from "./fields.ts";
import type { FoldRule } from "./fields.ts";
import { cutAt, rowsByGroup, sequencesOf, timeReader, timesOf } from "./series.ts";
import { drawnRows } from "./split.ts";
import type { Table } from "./table.ts";
import { InputError, shown } from "../step/errors.ts";
import { randomKey, randomStream, shuffle, splitSalt } from "../numbers/random.ts";

/** The labels of rows and windows. Those with the label `leftOut` are not used. */
export const splitLabels = { train: 0, validation: 1, test: 2, leftOut: 3 };

/**
 * Returns the split of each row. Selects the test rows first, then the validation rows from the remaining
 * rows. All fractions are fractions of all rows.
 */
export function labelSplits(context: DatasetContext, table: Table, seed: number): Uint8Array {
  const { data, splitters = {} } = context;
  const labels = new Uint8Array(table.rows);
  for (const split of ["test", "validation"] as const) {
    const rule = data.splitRules?.[split] ?? {};
    const key = Object.keys(splitters).find((name) => name in rule);
    if (key === undefined) continue;
    const open = rowsWith(labels, splitLabels.train);
    for (const row of splitters[key]!({ context, table, split, rule, open, seed }))
      labels[row] = splitLabels[split];
  }
  if (labels.includes(splitLabels.train)) return labels;
  throw new InputError(`the other splits need all ${table.rows} rows; none is left for training`);
}

/** The rows or windows with this label, ascending. */
export function rowsWith(labels: Uint8Array, label: number): Int32Array {
  let count = 0;
  for (const other of labels) if (other === label) count++;
  const found = new Int32Array(count);
  labels.reduce((next, other, row) => {
    if (other !== label) return next;
    found[next] = row;
    return next + 1;
  }, 0);
  return found;
}

/** The fraction of `count` as a number of rows, at least one. */
const fractionOf = (fraction: number, count: number): number => Math.max(1, Math.round(fraction * count));

// Splitters.

/** Selects the last rows in the order of time. Rows with the same time are in the same split. */
export const lastRows: Splitter = ({ context, table, rule: { last = 0 }, open }) => {
  const rows = sequencesOf(context, table, open).map((sequence) => {
    const { length } = sequence.rows;
    // The product comes before the quotient, so that a single sequence has exactly the fraction of all rows.
    const count = Math.max(1, Math.round((last * table.rows * length) / open.length));
    return sequence.rows.subarray(cutAt(sequence, Math.max(0, length - count)));
  });
  return joined(rows);
};

/** Selects the rows at or after a given time. */
export const rowsAfter: Splitter = ({ context, table, split, rule: { after = "" }, open }) => {
  const times = timesOf(context, table) ?? new Float64Array(table.rows);
  const { column = "" } = context.data.timeColumn ?? {};
  const start = startOf(context, split, after);
  const rows = open.filter((row) => times[row]! >= start);
  if (rows.length > 0) return rows;
  const latest = open.reduce((last, row) => (times[row]! > times[last]! ? row : last), open[0]!);
  throw new InputError(
    `the ${split} split has no row: it begins at ${after}, but the latest of the other rows is from ` +
      shown(columnOf(table, column).text(latest)),
  );
};

/** Returns the time from which on the rows are in a split. Throws for a text that is not a time. */
export function startOf({ data }: DatasetContext, split: "validation" | "test", after: string): number {
  const format = data.timeColumn?.format === "number" ? "number" : undefined;
  const read = timeReader(format)(after);
  const start = typeof read === "number" || read === undefined ? read : read.moment;
  if (start !== undefined) return start;
  throw new InputError(`${split}.after: "${shown(after)}" is not a time`);
}

/** Selects the rows in which a column has a given value. */
export const rowsOfColumn: Splitter = ({ context, table, split, rule, open }) => {
  const { column = "", value = split } = rule;
  const { text } = columnOf(table, column);
  if (rule.value === undefined) checkSplitNames(context, table, column, open);
  const rows = open.filter((row) => text(row).trim() === value);
  if (rows.length > 0) return rows;
  throw new InputError(
    `the ${split} split has no row: no cell of the column "${shown(column)}" is "${shown(value)}"`,
  );
};

/**
 * Throws for a cell that does not name a split of the spec. Only rules without a value require such names.
 */
function checkSplitNames(
  { data: { splitRules = {} } }: DatasetContext,
  table: Table,
  name: string,
  rows: Int32Array,
): void {
  const { text } = columnOf(table, name);
  const named = (["validation", "test"] as const).flatMap((split) => {
    const { column, value = split } = splitRules[split] ?? {};
    return column === name ? [value] : [];
  });
  const splits = ["train", ...named];
  const wrong = rows.find((row) => !splits.includes(text(row).trim()));
  if (wrong === undefined) return;
  throw wrongCell(
    table,
    name,
    wrong,
    `"${shown(text(wrong))}" is not a split of the spec: write ${splits.join(" or ")}`,
  );
}

/** Selects a random fraction of all groups. Only groups without a row in another split can be selected. */
export const rowsOfGroups: Splitter = ({ table, split, rule: { group = "", fraction = 0 }, open, seed }) => {
  const all = rowsByGroup(table, group, rowsWith(new Uint8Array(table.rows), 0));
  const free = [...rowsByGroup(table, group, open)].filter(
    ([name, rows]) => rows.length === all.get(name)?.length,
  );
  const count = fractionOf(fraction, all.size);
  if (count >= free.length)
    throw new InputError(
      `the column "${shown(group)}" has ${all.size} groups, ${free.length} of them in no other split: the ` +
        `${split} split needs ${count}, and training at least one`,
    );
  return joined(shuffledGroups(free, seed).slice(0, count));
};

/** Selects a random fraction of all rows. */
export const drawnFraction: Splitter = ({ table, rule: { fraction = 0 }, open, seed }) => {
  const isOpen = new Uint8Array(table.rows);
  for (const row of open) isOpen[row] = 1;
  return drawnRows(table.rows, seed)
    .filter((row) => isOpen[row]! === 1)
    .slice(0, fractionOf(fraction, table.rows));
};

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((offset, part) => {
    all.set(part, offset);
    return offset + part.length;
  }, 0);
  return all;
}

/** Returns the rows of each group, with the groups in random order. */
function shuffledGroups(groups: readonly (readonly [string, Int32Array])[], seed: number): Int32Array[] {
  const order = new Int32Array(groups.length).map((_, i) => i);
  shuffle(order, randomStream(randomKey(seed, 0, splitSalt)));
  return Array.from(order, (i) => groups[i]![1]);
}

// Folds.

/** Returns the labels for each fold. Rows with a label other than `train` are not in any fold. */
export function foldLabels(
  context: DatasetContext,
  table: Table,
  labels: Uint8Array,
  { forward, group = "" }: FoldRule,
  count: number,
  seed: number,
): Uint8Array[] {
  const open = rowsWith(labels, splitLabels.train);
  return forward ? forwardFolds(context, table, open, count) : groupFolds(table, group, open, count, seed);
}

/**
 * Walk-forward folds. The rows, in the order of time, are cut into k + 1 blocks. Fold i is trained on the
 * first i blocks and validated on the next one.
 */
function forwardFolds(context: DatasetContext, table: Table, open: Int32Array, count: number): Uint8Array[] {
  const folds = Array.from({ length: count }, () => new Uint8Array(table.rows).fill(splitLabels.leftOut));
  for (const sequence of sequencesOf(context, table, open)) {
    const { rows } = sequence;
    const bounds = Array.from({ length: count + 2 }, (_, i) =>
      cutAt(sequence, Math.round((i * rows.length) / (count + 1))),
    );
    folds.forEach((labels, fold) => {
      for (const row of rows.subarray(0, bounds[fold + 1])) labels[row] = splitLabels.train;
      for (const row of rows.subarray(bounds[fold + 1], bounds[fold + 2]))
        labels[row] = splitLabels.validation;
    });
  }
  return folds;
}

/**
 * Creates folds from whole groups in random order. The numbers of groups in any two folds differ by at most
 * one.
 */
function groupFolds(
  table: Table,
  group: string,
  open: Int32Array,
  count: number,
  seed: number,
): Uint8Array[] {
  const groups = shuffledGroups([...rowsByGroup(table, group, open)], seed);
  if (count > groups.length)
    throw new InputError(
      `${count} folds need at least ${count} groups outside the test split, but the column "${shown(group)}" ` +
        `has ${groups.length}`,
    );
  return Array.from({ length: count }, (_, fold) => {
    const labels = new Uint8Array(table.rows).fill(splitLabels.leftOut);
    groups.forEach((rows, i) => {
      for (const row of rows) labels[row] = i % count === fold ? splitLabels.validation : splitLabels.train;
    });
    return labels;
  });
}
