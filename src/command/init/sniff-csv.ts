/** Guesses the separator and the format of numbers of a CSV file from its beginning. */
import { numberReader } from "../../runtime/data/number-format.ts";
import type { NumberFormat } from "../../runtime/data/number-format.ts";
import { isMissing } from "../../runtime/data/column-encoder.ts";
import { recordsOf } from "../../runtime/data/csv.ts";
import type { TableRecord } from "../../runtime/data/table.ts";
import { cellPattern } from "../../runtime/program/readers.ts";
import { beginningOf } from "../formats/tables/open-bytes.ts";

export interface CsvForm {
  readonly separator: "," | ";" | "\t" | "|";
  readonly numbers: NumberFormat;
}

const separators = [",", ";", "\t", "|"] as const;

/** In order of preference. A later format must read more columns than the ones before it. */
const formats: readonly NumberFormat[] = [
  {},
  { decimal: "," },
  { decimal: ",", thousands: "." },
  { thousands: "," },
  { decimal: ",", thousands: " " },
  { thousands: " " },
  { thousands: "'" },
  { thousands: "_" },
];

/** The number of bytes from which the form of a file is guessed. */
const beginning = 1 << 18;

export async function sniffCsv(file: string): Promise<CsvForm> {
  const bytes = await beginningOf(file, beginning);
  const text = new TextDecoder().decode(bytes.subarray(0, beginning));
  // The last line may be incomplete, even inside quotes, so only the whole lines before it are parsed.
  const isWhole = bytes.length < beginning;
  const sample = isWhole ? text : text.slice(0, Math.max(0, text.lastIndexOf("\n")));
  const found = separators.map((separator) => ({ separator, records: recordsIn(sample, separator) }));
  const best = found.reduce((best, other) =>
    regularity(other.records) > regularity(best.records) ? other : best,
  );
  return { separator: best.separator, numbers: formatOf(best.records) };
}

/** The records. If a quote is unbalanced, only the records before it. */
function recordsIn(text: string, separator: string): TableRecord[] {
  for (
    let lines = text;
    lines !== "";
    lines = lines.slice(0, Math.max(0, lines.lastIndexOf("\n", lines.length - 1)))
  ) {
    try {
      const found: TableRecord[] = [];
      const { add, end } = recordsOf((cells, line) => found.push({ cells, line }), cellPattern(separator));
      add(lines);
      end();
      return found;
    } catch {
      // A quoted cell may contain the line break at which the sample was cut.
    }
  }
  return [];
}

/** The number of columns if most records have as many cells as the header, otherwise 0. */
function regularity(records: readonly TableRecord[]): number {
  const [header, ...rows] = records;
  if (header === undefined || header.cells.length < 2) return 0;
  const regular = rows.filter(({ cells }) => cells.length === header.cells.length).length;
  return regular >= 0.9 * rows.length ? header.cells.length : 0;
}

/** The format that reads the most columns as numbers. */
function formatOf([header, ...rows]: readonly TableRecord[]): NumberFormat {
  const columns = (header?.cells ?? []).map((_, i) =>
    rows.flatMap(({ cells }) => (isMissing(cells[i] ?? "") ? [] : [cells[i]])),
  );
  const counts = formats.map((format) => {
    const read = numberReader(format);
    return columns.filter((cells) => cells.length > 0 && cells.every((cell) => !Number.isNaN(read(cell))))
      .length;
  });
  return formats[counts.indexOf(Math.max(...counts))];
}
