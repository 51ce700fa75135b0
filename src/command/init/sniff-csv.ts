/** Guesses the separator and the format of numbers of a CSV file from its beginning. */
import { numberReader } from "../../runtime/data/number-format.ts";
import type { NumberFormat } from "../../runtime/data/number-format.ts";
import { isMissing } from "../../runtime/data/column-encoder.ts";
import { recordsOf } from "../../runtime/data/csv.ts";
import type { TableRecord } from "../../runtime/data/table.ts";
import { cellPattern } from "../../runtime/program/readers.ts";
import { beginningOf, bytesOf } from "../formats/tables/open-bytes.ts";

export interface CsvForm {
  readonly separator: "," | ";" | "\t" | "|";
  readonly numbers: NumberFormat;
  /** Whether the commas could also be decimal commas. */
  readonly isDoubtful?: boolean;
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

const decimalComma: NumberFormat = { decimal: "," };
const readDecimalComma = numberReader(decimalComma);

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
  const { separator, records } = best;
  const columns = columnsOf(records);
  const numbers = formatOf(columns);
  if (JSON.stringify(numbers) !== JSON.stringify(decimalComma)) return { separator, numbers };
  // Commas with three digits after them separate thousands, unless another cell shows that they are decimal
  // commas.
  const ofNumbers = [...columns.keys()].filter((i) => isReadBy(decimalComma, columns[i]));
  const areThousands = ofNumbers.every((i) => columns[i].every(mayHaveThousands));
  return areThousands && (isWhole || (await haveThousands(file, separator, ofNumbers)))
    ? { separator, numbers: { thousands: "," }, isDoubtful: true }
    : { separator, numbers };
}

/** Whether the cell is not a number with a decimal comma, or could have commas between thousands instead. */
function mayHaveThousands(cell: string): boolean {
  if (!cell.includes(",") || Number.isNaN(readDecimalComma(cell))) return true;
  return /^[+-]?[1-9]\d{0,2},\d{3}$/.test(cell.trim());
}

/** Reads the whole file. Returns whether the commas in all cells of these columns may separate thousands. */
async function haveThousands(file: string, separator: string, columns: readonly number[]): Promise<boolean> {
  let areThousands = true;
  const { add, end } = recordsOf((cells, line) => {
    if (line > 1) areThousands &&= columns.every((i) => mayHaveThousands(cells[i] ?? ""));
  }, cellPattern(separator));
  const decoder = new TextDecoder();
  try {
    for await (const bytes of bytesOf(file)) {
      add(decoder.decode(bytes, { stream: true }));
      if (!areThousands) return false;
    }
    end();
  } catch {
    // The command reports the error when it reads the columns.
    return false;
  }
  return areThousands;
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

/** The cells of each column, without the header and missing values. */
const columnsOf = ([header, ...rows]: readonly TableRecord[]): string[][] =>
  (header?.cells ?? []).map((_, i) =>
    rows.flatMap(({ cells }) => (isMissing(cells[i] ?? "") ? [] : [cells[i]])),
  );

function isReadBy(format: NumberFormat, cells: readonly string[]): boolean {
  const read = numberReader(format);
  return cells.length > 0 && cells.every((cell) => !Number.isNaN(read(cell)));
}

/** The format that reads the most columns as numbers. */
function formatOf(columns: readonly string[][]): NumberFormat {
  const counts = formats.map((format) => columns.filter((cells) => isReadBy(format, cells)).length);
  return formats[counts.indexOf(Math.max(...counts))];
}
