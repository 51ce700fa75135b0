/**
 * How large a box must be for its texts. Widths come in steps, so that groups of equal structure are of equal
 * size, whatever their names.
 */

interface BoxTexts {
  readonly label: string;
  readonly shape: string;
  readonly detail: string;
  /** Whether a sign stands in the corner that tells whether it is open. */
  readonly isGroup?: boolean;
}

export const labelSize = 12;
export const detailSize = 10.5;

/** What a letter takes on average, in widths of the letter size, of the widest of the fonts that pages name. */
const letterWidth = 0.6;
const margin = 12;
const signWidth = 18;
const widthStep = 24;
const smallest = 96;
const longestDetail = 44;

export const textWidth = (text: string, size: number): number => [...text].length * size * letterWidth;

/** Longer formulas end in an ellipsis; the whole of it is where details are shown. */
export function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= longestDetail ? text : `${letters.slice(0, longestDetail - 1).join("")}…`;
}

export function boxSize({ label, shape, detail, isGroup = false }: BoxTexts): {
  width: number;
  height: number;
} {
  const first =
    textWidth(label, labelSize) +
    (shape === "" ? 0 : 14 + textWidth(shape, detailSize)) +
    (isGroup ? signWidth : 0);
  const needed = Math.max(first, textWidth(detail, detailSize)) + 2 * margin;
  const width = Math.max(smallest, Math.ceil(needed / widthStep) * widthStep);
  return { width, height: detail === "" ? 28 : 44 };
}
