// Windows as rows of a batch. Windows are not copied: they are views of the numbers of a table. In trainers
// that read windows, the functions in this file replace functions of the same name in other files.
import { writeRow } from "./batch.ts";
import type { Slot } from "./batch.ts";

type RowNumbers = Float32Array | Float64Array | Int32Array;

/** Row i of a view consists of the numbers in `rows` from `starts[i]` on. */
interface WindowView {
  rows: ArrayLike<number>;
  starts: Int32Array;
}

/**
 * An array whose row i consists of the `size` numbers from `rows[starts[i]]` on. It shares the memory of
 * `rows`; `subarray` and all other methods copy. Trainers that read windows use the view directly.
 */
export function windowRows<N extends RowNumbers>(rows: N, starts: Int32Array, size: number): N {
  const length = starts.length * size;
  const view: WindowView = { rows, starts };
  const numberAt = (i: number) => rows[starts[Math.floor(i / size)]! + (i % size)]!;
  const copy = (from = 0, to = length): RowNumbers => {
    const count = Math.max(0, Math.min(to, length) - from);
    const room =
      rows instanceof Int32Array
        ? new Int32Array(count)
        : rows instanceof Float32Array
          ? new Float32Array(count)
          : new Float64Array(count);
    return room.map((_, i) => numberAt(from + i));
  };
  const indexOf = (key: string | symbol) => (typeof key === "string" && /^\d+$/.test(key) ? Number(key) : -1);
  return new Proxy(rows, {
    get(_, key) {
      const index = indexOf(key);
      if (index >= 0) return index < length ? numberAt(index) : undefined;
      if (key === "length") return length;
      if (key === "windowView") return view;
      if (key === "subarray" || key === "slice") return copy;
      const whole = copy();
      const member: unknown = Reflect.get(whole, key);
      return typeof member === "function" ? member.bind(whole) : member;
    },
    has: (target, key) => (indexOf(key) >= 0 ? indexOf(key) < length : key === "windowView" || key in target),
  });
}

/** The view behind the array, if it was created by `windowRows`. */
export const windowViewOf = (values: object): WindowView | undefined =>
  hasView(values) ? values.windowView : undefined;

const hasView = (values: object): values is { windowView: WindowView } => "windowView" in values;

export function writeField(
  slot: Slot,
  values: ArrayLike<number>,
  start: number,
  n: number,
  order?: Int32Array,
): void {
  const windows = windowViewOf(values);
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? start + i : order[start + i]!;
    if (windows === undefined) writeRow(slot, i, row, values, row * slot.size);
    else writeRow(slot, i, row, windows.rows, windows.starts[row]!);
  }
}
