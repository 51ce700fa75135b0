// What a candidate has, in words.
import { showValue } from "../../compiler/util/show-value.ts";

/** One value as a cell of a table: names without quotes, what has a type by its JSON. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return /^[\w.-]{1,30}$/.test(value) ? value : showValue(value);
  if (typeof value !== "object" || value === null) return showValue(value);
  const text = JSON.stringify(value) ?? "";
  return text.length <= 60 ? text.replaceAll('"', "").replaceAll(/([:,])/g, "$1 ") : showValue(value);
}

/** `network[0].units 16, optimizer.type sgd`. */
export const valuesText = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(", ");
