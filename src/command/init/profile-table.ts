/** Reads a data file once and profiles its columns, in bounded memory for CSV and JSON Lines. */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { beginningOf } from "../formats/tables/open-bytes.ts";
import { readTable } from "../formats/tables/read-table.ts";
import { profileBuilder } from "./column-profile.ts";
import type { ColumnProfile, ProfileBuilder } from "./column-profile.ts";
import { sniffCsv } from "./sniff-csv.ts";
import type { CsvForm } from "./sniff-csv.ts";

export interface TableProfile {
  readonly rows: number;
  /** In the order of the file. */
  readonly columns: readonly ColumnProfile[];
}

/** The maximum numbers of values and words that the profiles of all columns store together. */
const mostRemembered = { values: 500_000, words: 1_000_000 };

/** Readers need the facts of a model, but no spec exists yet. */
const noModel: ModelFacts = {
  name: "",
  specHash: "",
  dtype: "f32",
  target: "ts",
  batchSize: 1,
  inputs: {},
  targets: {},
  parameters: [],
};

/** The first bytes of formats other than CSV, as Latin-1 characters. */
const typed = /^(\x93NUMPY|PK\x03\x04|PAR1|(\xef\xbb\xbf)?\s*[{[])/;

/**
 * The separator and number format of a CSV file; the default for other formats. @throws DiagnosticError
 * (T2001)
 */
export async function formOf(file: string): Promise<CsvForm> {
  const start = Buffer.from(await beginningOf(file, 64)).toString("latin1");
  // An IDX file begins with two zeros, the element type and the number of axes.
  if (/^\0\0[\x08-\x0e][\x01-\x04]/.test(start))
    throw new DiagnosticError([
      {
        code: "T2003",
        severity: "error",
        message: "the file is an IDX file, which contains one input or target and has no columns",
        hint: 'write the spec by hand: "data": { "idx": { "image": FILE, "digit": FILE }, … }',
        location: { file },
      },
    ]);
  return typed.test(start) ? { separator: ",", numbers: {} } : sniffCsv(file);
}

/** The profile of the whole file, and the columns in which a missing value drops the row. */
export interface Dropping {
  readonly whole: TableProfile;
  readonly columns: ReadonlySet<string>;
}

/** Profiles the columns. With `dropping`, rows that would be dropped are skipped. @throws DiagnosticError */
export async function profileTable(
  file: string,
  { separator, numbers }: CsvForm,
  dropping?: Dropping,
): Promise<TableProfile> {
  let builders: readonly ProfileBuilder[] = [];
  const buildersOf = (names: readonly string[]) => {
    const limits = {
      values: Math.max(50, Math.min(2000, Math.floor(mostRemembered.values / names.length))),
      words: Math.max(100, Math.min(100_000, Math.floor(mostRemembered.words / names.length))),
    };
    builders = names.map((name) => profileBuilder(name, numbers, limits));
    return builders;
  };
  const { rows } = await readTable(file, {
    model: noModel,
    data: { inputs: {}, targets: {}, separator },
    observed: { buildersOf, dropping: dropping?.columns ?? new Set() },
  });
  const columns = builders.map((builder, i) => {
    const profile = builder.profile();
    const missing = dropping?.whole.columns[i].missing ?? profile.missing;
    return { ...profile, dropped: missing - profile.missing };
  });
  return { rows, columns };
}
