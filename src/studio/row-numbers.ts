/** The numbers of one row, as text and as a matrix. All formats of a derivation use these functions. */
import type { ExplainedNumbers, RoundedNumber } from "./explanation.ts";

/**
 * The size of a value as a matrix: axes of size 1 are dropped, the last of the others are the columns, and all axes
 * before it are the rows. A vector is one row.
 */
export function matrixSize(shape: readonly number[]): readonly [rows: number, columns: number] {
  const sizes = shape.filter((size) => size !== 1);
  const columns = sizes.at(-1) ?? 1;
  return [sizes.slice(0, -1).reduce((product, size) => product * size, 1), columns];
}

/** The number with at most four significant digits. */
export const numberText = (value: RoundedNumber): string =>
  typeof value === "string" ? value : String(Number(value.toPrecision(4))).replaceAll("-", "−");

const maxInText = 6;

/** `0.6931`, `[0.5, −2]` or `[0, 5, 13, 9, 1, 0, …] of 64, from 0 to 16, mean 4.6`. */
export function numbersText(numbers: ExplainedNumbers): string {
  const [rows, columns] = matrixSize(numbers.shape);
  const count = rows * columns;
  const [first = []] = numbers.corner;
  if (count === 1) return first.map(numberText).join("");
  // If the corner has all columns, its rows are the first numbers of the value.
  const head = (first.length === columns ? numbers.corner.flat() : first).slice(0, maxInText);
  if (count <= maxInText) return `[${head.map(numberText).join(", ")}]`;
  return `[${head.map(numberText).join(", ")}, …] of ${count}, ${rangeText(numbers)}`;
}

/** `from −0.3 to 0.9, mean 0.01` */
export const rangeText = ({ min, mean, max }: ExplainedNumbers): string =>
  `from ${numberText(min)} to ${numberText(max)}, mean ${numberText(mean)}`;
