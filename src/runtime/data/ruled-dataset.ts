// Data sets with split rules or windows. The functions are the counterparts of `datasetOf` and `foldsOf`.
import { datasetOfRows, encodeRows } from "./dataset.ts";
import type { Dataset, DatasetContext, LocateErrors, Source, Units } from "./dataset.ts";
import type { FoldRule } from "./fields.ts";
import { rowsByGroup } from "./series.ts";
import { foldLabels, labelSplits, rowsWith, splitLabels } from "./split-rules.ts";
import type { Column, Table } from "./table.ts";
import { InputError, shown } from "../step/errors.ts";
import { allRows } from "../step/session.ts";

/** Returns these rows of a table as a new table. */
export function rowsOfTable(table: Table, rows: Int32Array): Table {
  const columns = [...table.columns].map(([name, { size, number, text }]): [string, Column] => {
    const own = (i: number) => number(rows[Math.floor(i / size)]! * size + (i % size));
    return [name, { size, number: own, text: (row) => text(rows[row]!) }];
  });
  return {
    rows: rows.length,
    columns: new Map(columns),
    lineOf: (row) => table.lineOf(row < 0 ? row : rows[row]!),
  };
}

/**
 * Returns the units of a table: windows, or the rows themselves. Rows with the label `leftOut` are omitted.
 */
function unitsOf(context: DatasetContext, table: Table, labels: Uint8Array): Units {
  if (context.cutUnits) return context.cutUnits(context, table, labels);
  if (!labels.includes(splitLabels.leftOut)) return { table, labels };
  const used = allRows(table.rows).filter((row) => labels[row]! !== splitLabels.leftOut);
  return { table: rowsOfTable(table, used), labels: Uint8Array.from(used, (row) => labels[row]!) };
}

/** Returns the units that consist only of rows with this label. */
function unitsWith(context: DatasetContext, table: Table, labels: Uint8Array, label: number): Table {
  const own = labels.map((other) => (other === label ? label : splitLabels.leftOut));
  return unitsOf(context, table, own).table;
}

/** Returns the units of a table whose rows all belong to one split. */
const wholeSplit = (context: DatasetContext, table: Table, label: number): Table =>
  unitsWith(context, table, new Uint8Array(table.rows).fill(label), label);

/** Splits and encodes the rows by the rules of the spec. */
export function ruledDatasetOf(
  context: DatasetContext,
  source: Source,
  seed: number,
  locateErrors: LocateErrors,
): Dataset {
  const { file, table } = source;
  checkFiles(context, source, locateErrors);
  const dataset = locateErrors(file, () =>
    labelledDataset(context, table, labelSplits(context, table, seed)),
  );
  const ofFile = (split: "validation" | "test", part: Source["testFile"]) => {
    if (part === undefined) return {};
    const encoded = locateErrors(part.file, () => {
      const units = wholeSplit(context, part.table, splitLabels[split]);
      return encodeRows(context, dataset.fields, units, allRows(units.rows));
    });
    return { [split]: encoded };
  };
  return { ...dataset, ...ofFile("validation", source.validationFile), ...ofFile("test", source.testFile) };
}

/** Encodes the splits of a table. */
function labelledDataset(context: DatasetContext, table: Table, rowLabels: Uint8Array): Dataset {
  const units = unitsOf(context, table, rowLabels);
  const rows = (label: number) => rowsWith(units.labels, label);
  return datasetOfRows(context, units.table, {
    train: rows(splitLabels.train),
    validation: rows(splitLabels.validation),
    test: rows(splitLabels.test),
  });
}

/** Moves the test rows of a source to a separate table, as if they came from a separate file. */
export function withoutTest(
  context: DatasetContext,
  source: Source,
  seed: number,
  locateErrors: LocateErrors,
): Source {
  const { file, table, testFile: test } = source;
  checkFiles(context, source, locateErrors);
  const ofFile = test && {
    file: test.file,
    table: locateErrors(test.file, () => wholeSplit(context, test.table, splitLabels.test)),
  };
  return locateErrors(file, () => {
    const labels = labelSplits(context, table, seed);
    const tested = labels.includes(splitLabels.test)
      ? { file, table: unitsWith(context, table, labels, splitLabels.test) }
      : ofFile;
    return { file, table: unitsWith(context, table, labels, splitLabels.train), testFile: tested };
  });
}

/** The data set of each fold, created on demand. */
export function ruledFoldsOf(
  context: DatasetContext,
  { file, table }: Source,
  rule: FoldRule,
  seed: number,
  locateErrors: LocateErrors,
): (() => Dataset)[] {
  return locateErrors(file, () => {
    const { folds: count = 0 } = context.training;
    const labels = labelSplits(context, table, seed);
    return foldLabels(context, table, labels, rule, count, seed).map(
      (own, fold) => () =>
        locateErrors(file, () => {
          if (own.includes(splitLabels.train) && own.includes(splitLabels.validation))
            return labelledDataset(context, table, own);
          throw new InputError(
            `fold ${fold + 1} of ${count} has no rows for training or validation: use fewer folds`,
          );
        }),
    );
  });
}

/**
 * If groups are assigned to splits, throws if a group in the file of one split also has rows in another file.
 */
function checkFiles(
  { data: { splitRules = {} } }: DatasetContext,
  source: Source,
  locateErrors: LocateErrors,
): void {
  const parts = { test: source.testFile, validation: source.validationFile };
  for (const split of ["test", "validation"] as const) {
    const { [split]: part } = parts;
    const { group } = splitRules[split] ?? {};
    if (group === undefined || part === undefined) continue;
    const others = [source, ...(split === "test" && source.validationFile ? [source.validationFile] : [])];
    for (const other of others) {
      const known = locateErrors(other.file, () =>
        rowsByGroup(other.table, group, allRows(other.table.rows)),
      );
      locateErrors(part.file, () => {
        for (const [name, [row]] of rowsByGroup(part.table, group, allRows(part.table.rows)))
          if (known.has(name))
            throw new InputError(
              `the group "${shown(name)}" of the ${split} split also has rows in ${shown(other.file)}, but a group ` +
                "must be in one split",
              part.table.lineOf(row!),
            );
      });
    }
  }
}
