// Windows, and splits by rules, on random tables. If a test fails, a window crosses the border of a split or
// a group, or a scale is fitted on rows outside the training split. Every result would look better than it
// is.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import type { DatasetContext, Source } from "../../../src/runtime/data/dataset.ts";
import type { SplitRules, WindowRule } from "../../../src/runtime/data/fields.ts";
import { ruledDatasetOf, ruledFoldsOf } from "../../../src/runtime/data/ruled-dataset.ts";
import { fitScales } from "../../../src/runtime/data/scale.ts";
import { readMoments } from "../../../src/runtime/data/series.ts";
import * as rules from "../../../src/runtime/data/split-rules.ts";
import { parseCsv } from "../../support/parse-csv.ts";
import { cutWindows, windowsBy } from "../../../src/runtime/data/windows.ts";
import { windowViewOf } from "../../../src/runtime/step/window-rows.ts";
import { model, training } from "../linear-machine.ts";

const { lastRows, rowsAfter, rowsOfColumn, rowsOfGroups, drawnFraction, splitLabels } = rules;

/** A row of a table: `row` is its number, which inputs and target read, so that each number identifies its row. */
interface Row {
  readonly row: number;
  readonly time: number;
  readonly group: string;
  readonly split: string;
}

/** Rows of groups that alternate at random; the times of a group increase. */
const tables = fc
  .array(
    fc.record({
      group: fc.constantFrom("a", "b", "c"),
      gap: fc.integer({ min: 1, max: 3 }),
      split: fc.constantFrom("train", "train", "train", "validation", "test"),
    }),
    { minLength: 30, maxLength: 120 },
  )
  .map((rows) => {
    const clocks = new Map<string, number>();
    return rows.map(({ group, gap, split }, row): Row => {
      const time = (clocks.get(group) ?? 0) + gap;
      clocks.set(group, time);
      return { row, time, group, split };
    });
  });

const csvOf = (rows: readonly Row[]): string =>
  [
    "row,time,group,split",
    ...rows.map(({ row, time, group, split }) => [row, time, group, split].join()),
    "",
  ].join("\n");

const splitRules: fc.Arbitrary<SplitRules> = fc.oneof(
  fc.record({ test: fc.constant({ last: 0.2 }), validation: fc.constant({ last: 0.25 }) }),
  fc.record({ test: fc.integer({ min: 10, max: 40 }).map((after) => ({ after: `${after}` })) }),
  fc.constant<SplitRules>({ test: { column: "split" }, validation: { column: "split" } }),
  fc.constant<SplitRules>({ test: { group: "group", fraction: 0.3 }, validation: { last: 0.3 } }),
  fc.constant<SplitRules>({
    test: { group: "group", fraction: 0.3 },
    validation: { group: "group", fraction: 0.3 },
  }),
);

const windowRules: fc.Arbitrary<WindowRule> = fc.record({
  length: fc.integer({ min: 1, max: 5 }),
  horizon: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  group: fc.constant("group"),
});

function contextOf(
  windowRule: WindowRule | undefined,
  ruled: SplitRules,
  isTimed: boolean,
  folds?: number,
): DatasetContext {
  const { length, horizon } = windowRule ?? { length: 1, horizon: 1 };
  return {
    model: {
      ...model,
      inputs: { x: { shape: [length, 1], dtype: "f32" } },
      targets: { y: { shape: [horizon] } },
    },
    training: { ...training, stratify: false, ...(folds !== undefined && { folds }) },
    data: {
      inputs: { x: { columns: ["row"], scale: "standard" } },
      targets: { y: { columns: ["row"] } },
      windowRule,
      splitRules: ruled,
      timeColumn: isTimed ? { column: "time", format: "number" } : undefined,
    },
    encoders: { columns: windowRule ? windowsBy(columnEncoder) : columnEncoder },
    fitScales,
    readTimes: readMoments,
    splitters: {
      last: lastRows,
      after: rowsAfter,
      column: rowsOfColumn,
      group: rowsOfGroups,
      fraction: drawnFraction,
    },
    cutUnits: windowRule && cutWindows,
  };
}

const here = <T>(_: string, work: () => T): T => work();
const sourceOf = (rows: readonly Row[]): Source => ({ file: "rows.csv", table: parseCsv(csvOf(rows)) });

/** The rows of each window of a split, from the numbers of its past (scaled) and of its future. */
function rowsIn(
  dataset: ReturnType<typeof ruledDatasetOf>,
  split: "train" | "validation" | "test",
  { length, horizon }: WindowRule,
): number[][] {
  const { [split]: batch } = dataset;
  if (batch === undefined) return [];
  const [{ shift, span } = { shift: 0, span: 1 }] = dataset.fields[0].scales ?? [];
  return Array.from({ length: batch.y.length / horizon }, (_, window) => [
    ...Array.from({ length }, (_, i) => Math.round(batch.x[window * length + i] * span + shift) + 0),
    ...Array.from({ length: horizon }, (_, i) => batch.y[window * horizon + i]),
  ]);
}

const splits = ["train", "validation", "test"] as const;

/** The labels of all rows, or undefined if a split has too few rows for the rule. */
function labelled(context: DatasetContext, source: Source): Uint8Array | undefined {
  try {
    return rules.labelSplits(context, source.table, 1);
  } catch {
    return undefined;
  }
}

/** The data set, or undefined if a split has no window, which is an error that names it. */
function prepared(context: DatasetContext, source: Source): ReturnType<typeof ruledDatasetOf> | undefined {
  try {
    return ruledDatasetOf(context, source, 1, here);
  } catch (error) {
    expect(String(error)).toMatch(/has no window|leave none|needs|has no row/);
    return undefined;
  }
}

describe("windows on random tables", () => {
  test("no window has rows of two splits or of two groups, and its rows are consecutive in their group", () => {
    let checked = 0;
    fc.assert(
      fc.property(tables, windowRules, splitRules, (rows, rule, ruled) => {
        const context = contextOf(rule, ruled, true);
        const source = sourceOf(rows);
        const labels = labelled(context, source);
        const dataset = prepared(context, source);
        if (labels === undefined || dataset === undefined) return;
        for (const split of splits)
          for (const window of rowsIn(dataset, split, rule)) {
            checked++;
            const [first] = window;
            expect(new Set(window.map((row) => labels[row]))).toEqual(new Set([splitLabels[split]]));
            const group = rows.filter((row) => row.group === rows[first].group).map(({ row }) => row);
            const start = group.indexOf(first);
            expect(window).toEqual(group.slice(start, start + rule.length + rule.horizon));
          }
      }),
      { numRuns: 150 },
    );
    expect(checked).toBeGreaterThan(1000);
  });

  test("each run of rows of a split has all windows that fit into it, one for each stride", () => {
    fc.assert(
      fc.property(tables, windowRules, (rows, rule) => {
        const dataset = prepared(contextOf(rule, {}, true), sourceOf(rows));
        if (dataset === undefined) return;
        const sizes = ["a", "b", "c"].map((group) => rows.filter((row) => row.group === group).length);
        const fitting = sizes.map((size) =>
          Math.max(0, Math.floor((size - rule.length - rule.horizon) / rule.stride) + 1),
        );
        expect(rowsIn(dataset, "train", rule).length).toBe(fitting.reduce((sum, count) => sum + count));
      }),
    );
  });

  test("scales are fitted on the rows of the training windows alone, each counted once", () => {
    fc.assert(
      fc.property(tables, windowRules, splitRules, (rows, rule, ruled) => {
        const dataset = prepared(contextOf(rule, ruled, true), sourceOf(rows));
        if (dataset === undefined) return;
        const trained = [...new Set(rowsIn(dataset, "train", rule).flat())];
        const mean = trained.reduce((sum, row) => sum + row, 0) / trained.length;
        const variance = trained.reduce((sum, row) => sum + (row - mean) ** 2, 0) / trained.length;
        expect(dataset.fields[0].scales?.[0].shift).toBeCloseTo(mean, 9);
        expect(dataset.fields[0].scales?.[0].span).toBeCloseTo(variance > 0 ? Math.sqrt(variance) : 1, 9);
      }),
    );
  });

  test("a window is a view: a split has each number of its rows once, however many windows read it", () => {
    const rows = Array.from({ length: 100 }, (_, row) => ({ row, time: row, group: "a", split: "train" }));
    const rule = { length: 20, horizon: 5, stride: 1 };
    const { train } = ruledDatasetOf(contextOf(rule, {}, true), sourceOf(rows), 1, here);
    expect(train.x.length).toBe(76 * 20);
    expect(windowViewOf(train.x)?.rows.length).toBe(95);
    expect(windowViewOf(train.y)?.rows.length).toBe(81);
    // All code except the trainer reads a view as an array.
    expect([...Array.prototype.slice.call(train.y, 5, 10)]).toEqual([21, 22, 23, 24, 25]);
    expect(train.y).toBeInstanceOf(Float64Array);
    expect(Array.from(train.y).slice(-5)).toEqual([95, 96, 97, 98, 99]);
  });
});

describe("splits by rules", () => {
  const bySplit = (rows: readonly Row[], labels: Uint8Array, split: (typeof splits)[number]) =>
    rows.filter(({ row }) => labels[row] === splitLabels[split]);

  test("rows of the test split are not earlier than those of validation, and these not earlier than training", () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const ruled = { test: { last: 0.2 }, validation: { last: 0.2 } };
        const labels = labelled(contextOf(undefined, ruled, true), sourceOf(rows));
        if (labels === undefined) return;
        const times = splits.map((split) => bySplit(rows, labels, split).map(({ time }) => time));
        expect(Math.max(...times[0])).toBeLessThan(Math.min(...times[1]));
        expect(Math.max(...times[1])).toBeLessThan(Math.min(...times[2]));
        // Rows of the same time stay together, so a split may be larger, but never smaller.
        expect(times[2].length).toBeGreaterThanOrEqual(Math.max(1, Math.round(0.2 * rows.length)));
      }),
    );
  });

  test("a fraction that ends in half a row is rounded up, whatever rows are open", () => {
    const rows = Array.from({ length: 234 }, (_, row) => ({ row, time: row, group: "a", split: "" }));
    const ruled = { test: { last: 0.2 }, validation: { last: 0.25 } };
    const labels = rules.labelSplits(contextOf(undefined, ruled, true), sourceOf(rows).table, 1);
    // 0.2 · 234 = 46.8, and 0.25 · 234 = 58.5.
    expect(splits.map((split) => bySplit(rows, labels, split).length)).toEqual([128, 59, 47]);
  });

  test("without times, the last rows of each group are split off", () => {
    const rows = Array.from({ length: 30 }, (_, row) => ({
      row,
      time: 0,
      group: row % 3 === 0 ? "a" : "b",
      split: "",
    }));
    const rule = { length: 2, horizon: 1, stride: 1, group: "group" };
    const labels = rules.labelSplits(
      contextOf(rule, { test: { last: 0.2 } }, false),
      sourceOf(rows).table,
      1,
    );
    // 2 of 10 rows of a, 4 of 20 rows of b.
    expect(bySplit(rows, labels, "test").map(({ row }) => row)).toEqual([24, 25, 26, 27, 28, 29]);
  });

  test("no group is in two splits", () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 0, max: 99 }), (rows, seed) => {
        const rule = { group: "group", fraction: 0.3 };
        const context = contextOf(undefined, { test: rule, validation: rule }, true);
        if (new Set(rows.map(({ group }) => group)).size < 3) return;
        const labels = rules.labelSplits(context, sourceOf(rows).table, seed);
        const groups = splits.map((split) => new Set(bySplit(rows, labels, split).map(({ group }) => group)));
        expect(groups.map(({ size }) => size)).toEqual([1, 1, 1]);
        expect(new Set(groups.flatMap((own) => [...own])).size).toBe(3);
      }),
    );
  });

  test("folds walk forward: each is trained on all rows before its block, and every row after the first block validates once", () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 2, max: 5 }), fc.boolean(), (rows, count, hasTest) => {
        const ruled: SplitRules = { folds: { forward: true }, ...(hasTest && { test: { last: 0.2 } }) };
        const context = contextOf(undefined, ruled, true, count);
        const source = sourceOf(rows);
        const labels = labelled(context, source);
        if (labels === undefined) return;
        const folds = rules.foldLabels(context, source.table, labels, { forward: true }, count, 1);
        const open = bySplit(rows, labels, "train");
        const first = Math.min(...folds.map((own) => bySplit(rows, own, "train").length));
        const validated = folds.flatMap((own) => bySplit(rows, own, "validation").map(({ row }) => row));
        expect(new Set(validated).size).toBe(validated.length);
        expect(validated.length).toBe(open.length - first);
        folds.forEach((own, i) => {
          const [trained, held] = [bySplit(rows, own, "train"), bySplit(rows, own, "validation")];
          for (const { row } of [...trained, ...held]) expect(labels[row]).toBe(splitLabels.train);
          if (trained.length > 0 && held.length > 0)
            expect(Math.max(...trained.map(({ time }) => time))).toBeLessThan(
              Math.min(...held.map(({ time }) => time)),
            );
          if (i === 0) return;
          const before = [
            ...bySplit(rows, folds[i - 1], "train"),
            ...bySplit(rows, folds[i - 1], "validation"),
          ];
          expect(trained.map(({ row }) => row)).toEqual(before.map(({ row }) => row).sort((a, b) => a - b));
        });
      }),
    );
  });

  test("windows of a fold are within its blocks", () => {
    const rows = Array.from({ length: 60 }, (_, row) => ({ row, time: row, group: "a", split: "" }));
    const rule = { length: 4, horizon: 2, stride: 1 };
    const ruled: SplitRules = { folds: { forward: true }, test: { last: 0.2 } };
    const folds = ruledFoldsOf(contextOf(rule, ruled, true, 3), sourceOf(rows), { forward: true }, 1, here);
    const bounds = folds.map((fold) => {
      const dataset = fold();
      const [trained, held] = (["train", "validation"] as const).map((split) =>
        rowsIn(dataset, split, rule).flat(),
      );
      return [Math.min(...trained), Math.max(...trained), Math.min(...held), Math.max(...held)];
    });
    expect(bounds).toEqual([
      [0, 11, 12, 23],
      [0, 23, 24, 35],
      [0, 35, 36, 47],
    ]);
  });
});
