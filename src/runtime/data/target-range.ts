// Checks that targets are in the range that the loss and metrics accept. Only trainers with such a range
// contain this code.
import { InputError } from "../step/errors.ts";

export interface ValueRange {
  lowest: number;
  /** Absent if there is no upper limit. */
  highest?: number;
  isWhole?: boolean;
  /** The end of the error message, after words such as "2 is not". */
  rule: string;
}

export function isInRange(
  value: number,
  { lowest, highest = Infinity, isWhole = false }: ValueRange,
): boolean {
  return value >= lowest && value <= highest && (!isWhole || Number.isInteger(value));
}

/** Throws if these rows of the target `name`, with `size` numbers each, have a value outside the range. */
export function checkTargets(
  name: string,
  values: ArrayLike<number>,
  rows: Int32Array,
  size: number,
  range: ValueRange,
): void {
  for (const row of rows)
    for (let i = row * size; i < (row + 1) * size; i++)
      if (!isInRange(values[i]!, range))
        throw new InputError(`${name}, row ${row}: ${values[i]} is not ${range.rule}`);
}
