/** Small parts that several pictures of a model share. */
import { element } from "../shared/element.ts";
import { cssColour } from "./palette.ts";

/** From where to where one column of row-major numbers goes, and a twentieth beyond. */
export function fieldRange(
  numbers: ArrayLike<number>,
  column: number,
  width: number,
): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let i = column; i < numbers.length; i += width) {
    low = Math.min(low, numbers[i]);
    high = Math.max(high, numbers[i]);
  }
  const room = 0.05 * (high - low || 1);
  return { low: low - room, high: high + room };
}

/** A mark in the colour of each class, and its name. */
export const legend = (classes: readonly (string | number)[]): HTMLElement[] =>
  classes.map((name, index) => {
    const mark = element("i", { class: "mark" });
    mark.style.backgroundColor = cssColour(index);
    return element("span", {}, mark, String(name));
  });
