/** The rows that functions of the library read: from files, or from objects in memory. */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { dataFacts } from "../../compiler/trainer/trainer-facts.ts";
import { isMissing } from "../../runtime/data/column-encoder.ts";
import type { Source } from "../../runtime/data/dataset.ts";
import type { DataFacts, FittedField } from "../../runtime/data/fields.ts";
import { withNumberFormat } from "../../runtime/data/number-format.ts";
import type { Table } from "../../runtime/data/table.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { formattedCells } from "../../runtime/prediction/formatted-rows.ts";
import type { Cell } from "../../runtime/prediction/interpretations.ts";
import { tableOfRows } from "../../runtime/prediction/predictor.ts";
import { dropText, droppingColumns } from "../../runtime/program/readers.ts";
import { onData } from "../compile/compile-spec.ts";
import { dataOf, inputFacts, readInputs, readSource } from "../files/read-source.ts";
import { optionError } from "./open-spec.ts";
import type { OpenSpec, SpecFiles } from "./open-spec.ts";

/** A row: a value for each column. A missing value is null, undefined or absent. */
export type Row = Readonly<Record<string, Cell | null | undefined>>;

/** Rows, or the path of a file with rows (for IDX data: of the folder with its files). */
export type Rows = string | readonly Row[];

export interface SourceOptions extends SpecFiles {
  /** The training data, in place of the file in the spec. */
  readonly data?: Rows | undefined;
  /** The validation rows, if the spec has separate validation data and `data` contains rows. */
  readonly validation?: readonly Row[] | undefined;
  /** The test rows, if the spec has separate test data and `data` contains rows. */
  readonly test?: readonly Row[] | undefined;
}

/** The name of rows in memory, in place of a file in messages. */
const inMemory = "rows";

/** Opens the data for training. `notify` receives warnings. @throws DiagnosticError */
export async function sourceOf(
  { read, file }: OpenSpec,
  facts: ModelFacts,
  { data: given, ...others }: SourceOptions,
  notify: (diagnostic: Diagnostic) => void,
): Promise<Source> {
  const { model, source } = read;
  const tell = (name: string, text: string) => notify(noticeOf(name, text));
  const request = { spec: file ?? source.file, source, model, facts, given: undefined, notify: tell };
  if (given === undefined || typeof given === "string") {
    for (const split of ["validation", "test"] as const)
      if (others[split] !== undefined)
        throw optionError(`\`${split}\` needs \`data\` as rows`, "pass both as rows, or as files");
    checkPaths(file, dataOf(request).file, given);
    return readSource({ ...request, given });
  }
  const data = dataOf(request);
  if (typeof data.file !== "string")
    throw optionError("IDX data has no rows: pass the folder of its files as `data`");
  const tableFor = (rows: readonly Row[]) =>
    tableOfGiven(rows, dataFacts(model) ?? noData, (text) => tell(inMemory, text));
  const partFor = (split: "validation" | "test") => {
    const rows = others[split];
    if (data[split] !== undefined && rows === undefined)
      throw optionError(`the spec has separate ${split} data: pass its rows as \`${split}\``);
    if (data[split] === undefined && rows !== undefined)
      throw optionError(
        `\`${split}\` needs a spec with separate ${split} data`,
        `write "data": { "train": …, "${split}": … }`,
      );
    return rows && { file: `${split} rows`, table: tableFor(rows) };
  };
  const [validationFile, testFile] = [partFor("validation"), partFor("test")];
  return {
    file: inMemory,
    table: tableFor(given),
    ...(testFile && { testFile }),
    ...(validationFile && { validationFile }),
  };
}

/** Opens the rows to predict. Only their inputs are read, and no row is dropped. @throws DiagnosticError */
export async function inputsOf(
  { read, file }: OpenSpec,
  facts: ModelFacts,
  rows: Rows,
  fields: readonly FittedField[],
): Promise<{ readonly name: string; readonly table: Table }> {
  const { model, source } = read;
  const request = { spec: file ?? source.file, source, model, facts, given: undefined, notify: () => {} };
  if (typeof rows === "string") return { name: rows, table: await readInputs(request, rows, fields) };
  if (typeof dataOf(request).file !== "string")
    throw optionError("pass IDX images as the path of their file");
  return { name: inMemory, table: tableOfGiven(rows, inputFacts(model, fields), () => {}) };
}

const noData: DataFacts = { inputs: {}, targets: {} };

/** The rows as a table, with the numbers and missing values that the spec describes. */
function tableOfGiven(rows: readonly Row[], data: DataFacts, notify: (text: string) => void): Table {
  // The option may come from JavaScript, which does not check its type.
  if (!Array.isArray(rows) || rows.some((row) => typeof row !== "object" || row === null))
    throw optionError(
      "rows must be a list of objects, one for each row",
      'for instance [{ "size": 1.5, "kind": "iris" }]; a path is a string',
    );
  return onData(inMemory, () => {
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const { numberFormat } = data;
    const cells = rows.map((row) =>
      formattedCells(Object.fromEntries(names.map((name) => [name, row[name] ?? ""])), numberFormat),
    );
    const dropping = droppingColumns(data, names);
    const kept = cells.filter((row) => !dropping.some((name) => isMissing(`${row[name]}`)));
    const notice = dropText(cells.length - kept.length, cells.length);
    if (notice !== "") notify(notice);
    const table = tableOfRows(kept);
    // Rows in memory have no header, so an error about all of them has no line.
    const lineOf = (row: number) => (row < 0 ? undefined : table.lineOf(row));
    return { ...(numberFormat === undefined ? table : withNumberFormat(table, numberFormat)), lineOf };
  });
}

const noticeOf = (file: string, message: string): Diagnostic => ({
  code: "T2006",
  severity: "warning",
  message,
  location: { file },
});

/**
 * Rejects relative paths in a spec without a folder, because they would depend on the process's working
 * folder.
 */
function checkPaths(file: string | undefined, data: unknown, given: string | undefined): void {
  if (file !== undefined || given !== undefined) return;
  throw new DiagnosticError([
    {
      code: "T2001",
      severity: "error",
      message: `cannot read ${typeof data === "string" ? JSON.stringify(data) : "the data"}: the spec has no folder`,
      hint: "pass `folder`, to which the paths of the spec are relative, or the rows as `data`",
    },
  ]);
}
