// Number formats of files, such as a decimal comma or a thousands separator.
import type { Column, Table } from "./table.ts";

/**
 * The decimal separator ("." by default), and the separator between groups of three digits (none by default).
 */
export interface NumberFormat {
  decimal?: "." | "," | undefined;
  thousands?: string | undefined;
}

/**
 * Creates a reader for numbers of this format, which returns NaN for other texts. A number may omit the
 * thousands separators, but three digits must follow each separator. So "1.23" is not a number if "."
 * separates thousands. As a separator, " " matches every kind of space, and "'" matches both kinds of
 * apostrophes.
 */
export function numberReader({ decimal = ".", thousands = "" }: NumberFormat): (text: string) => number {
  const likes: Readonly<Record<string, string>> = {
    " ": "[ \u00a0\u2009\u202f]",
    "'": "['\u2019]",
    ".": "\\.",
  };
  const mark = thousands === "" ? "(?!)" : (likes[thousands] ?? thousands);
  const point = decimal === "." ? "\\." : decimal;
  const pattern = RegExp(`^([+-]?)(\\d{1,3}(?:${mark}\\d{3})+|\\d*)(?:${point}(\\d*))?(e[+-]?\\d+)?$`, "i");
  return (text) => {
    const [, sign, whole = "", fraction = "", exponent = ""] = pattern.exec(text.trim()) ?? [];
    if (whole === "" && fraction === "") return NaN;
    const number = Number(`${sign}${whole.replace(/\D/g, "")}.${fraction}0${exponent}`);
    return Number.isFinite(number) ? number : NaN;
  };
}

/** Returns the table with numbers read in this format. */
export function withNumberFormat(table: Table, format: NumberFormat = {}): Table {
  const read = numberReader(format);
  const columns = [...table.columns].map(([name, { size, text }]): [string, Column] => [
    name,
    { size, number: (row) => read(text(row)), text },
  ]);
  return { ...table, columns: new Map(columns) };
}
