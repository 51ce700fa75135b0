// Cuts a series into windows, and encodes windows with the encoders of single rows. A window consists of:
//
//   past      `length` rows, which inputs read
//   future    `horizon` rows, which the target reads
//
// All rows of a window belong to one split and one group.
import type { CutUnits, EncodingContext, FeatureEncoder } from "./dataset.ts";
import { columnFactsOf } from "./fields.ts";
import type { WindowPart, WindowRule } from "./fields.ts";
import { seriesOrder } from "./series.ts";
import { splitLabels } from "./split-rules.ts";
import type { Table } from "./table.ts";
import type { FieldFacts } from "../model/facts.ts";
import { InputError } from "../step/errors.ts";
import { windowRows } from "../step/window-rows.ts";

/** A table whose rows are windows. Its columns are those of the series. */
export interface WindowTable extends Table {
  series: Table;
  /** The rows of the series, group by group. */
  order: Int32Array;
  /** The position in `order` of the first row of each window. */
  starts: Int32Array;
}

export const windowRuleOf = ({ data }: EncodingContext): WindowRule =>
  data.windowRule ?? { length: 1, horizon: 1, stride: 1 };

/**
 * Returns the windows that begin at these positions. Errors about a window state the line of its first row.
 */
export function windowTable(series: Table, order: Int32Array, starts: readonly number[]): WindowTable {
  return {
    series,
    order,
    starts: Int32Array.from(starts),
    rows: starts.length,
    columns: series.columns,
    lineOf: (window) => series.lineOf(window < 0 ? window : order[starts[window]!]!),
  };
}

/**
 * Cuts the windows of all splits. In each run of consecutive rows of one group and split, a window begins at
 * the first row, and then every `stride` rows. Throws for a split that has rows but no window.
 */
export const cutWindows: CutUnits = (context, table, labels) => {
  const { length, horizon, stride } = windowRuleOf(context);
  const { order, ends } = seriesOrder(context, table);
  const starts: number[] = [];
  const splits: number[] = [];
  /** The longest run of each split. */
  const longest = [0, 0, 0, 0];
  let from = 0;
  for (const end of ends)
    while (from < end) {
      const label = labels[order[from]!]!;
      let to = from + 1;
      while (to < end && labels[order[to]!]! === label) to++;
      longest[label] = Math.max(longest[label]!, to - from);
      for (
        let start = from;
        start + length + horizon <= to && label !== splitLabels.leftOut;
        start += stride
      ) {
        starts.push(start);
        splits.push(label);
      }
      from = to;
    }
  for (const [split, name] of ["training", "validation", "test"].entries())
    if (longest[split]! > 0 && !splits.includes(split))
      throw new InputError(
        `the ${name} split has no window: a window has ${length} + ${horizon} rows, but at most ${longest[split]!} ` +
          `consecutive rows${ends.length > 1 ? " of a group" : ""} are in this split`,
      );
  return { table: windowTable(table, order, starts), labels: Uint8Array.from(splits) };
};

/** The number of rows in a part of a window; 0 for a single row without a time axis. */
function stepsOf({ length, horizon }: WindowRule, part: WindowPart): number {
  if (part === "last") return 0;
  return part === "past" ? length : part === "future" ? horizon : length + horizon;
}

const partOf = ({ data, model }: EncodingContext, name: string): WindowPart =>
  columnFactsOf(data, name).windowPart ?? (name in model.targets ? "future" : "past");

/** The context for an encoder of single rows: the shapes have no time axis. */
function rowContext<C extends EncodingContext>(context: C): C {
  const rule = windowRuleOf(context);
  const ofRows = (fields: Record<string, FieldFacts>) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, facts]) => {
        const hasAxis = facts.shape[0]! === stepsOf(rule, partOf(context, name));
        return [name, hasAxis ? { ...facts, shape: facts.shape.slice(1) } : facts];
      }),
    );
  const { model } = context;
  return { ...context, model: { ...model, inputs: ofRows(model.inputs), targets: ofRows(model.targets) } };
}

const isWindows = (table: Table): table is WindowTable => "starts" in table;

function windowsOf(table: Table): WindowTable {
  if (isWindows(table)) return table;
  throw new Error("internal: the table has no windows");
}

/** Returns the positions in `order` that rows `from` to `to` − 1 of these windows cover, ascending. */
function coveredBy(
  { order, starts }: WindowTable,
  windows: Int32Array,
  from: number,
  to: number,
): Int32Array {
  const isCovered = new Uint8Array(order.length);
  for (const window of windows) isCovered.fill(1, starts[window]! + from, starts[window]! + to);
  return new Int32Array(order.length)
    .map((_, position) => position)
    .filter((position) => isCovered[position]! === 1);
}

/**
 * Turns an encoder of rows into an encoder of windows. The result is fitted on the rows of the training
 * windows. A row that several windows contain counts once and is encoded once.
 */
export const windowsBy = (encoder: FeatureEncoder): FeatureEncoder => ({
  fit(context, name, table, train) {
    const windows = windowsOf(table);
    const { length, horizon } = windowRuleOf(context);
    const rows = coveredBy(windows, train, 0, length + horizon).map((position) => windows.order[position]!);
    return encoder.fit(rowContext(context), name, windows.series, rows);
  },
  encode(context, field, table, chosen) {
    const windows = windowsOf(table);
    const { order, starts, series } = windows;
    const rule = windowRuleOf(context);
    const part = partOf(context, field.name);
    const first = part === "future" ? rule.length : part === "last" ? rule.length - 1 : 0;
    const steps = Math.max(1, stepsOf(rule, part));
    // A naive forecast also reads the past of the target.
    const lead = field.name in context.model.targets ? (rule.season ?? 1) : 0;
    const covered = coveredBy(windows, chosen, first - lead, first + steps);
    const rows = covered.map((position) => order[position]!);
    const numbers = encoder.encode(rowContext(context), field, series, rows);
    const width = numbers.length / rows.length;
    const places = new Int32Array(order.length);
    covered.forEach((position, place) => (places[position] = place));
    const begins = chosen.map((window) => places[starts[window]! + first]! * width);
    return windowRows(numbers, begins, steps * width);
  },
});
