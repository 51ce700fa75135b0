/** Reads the rows of the data files that a spec or `--data` names. */
import { dirname, isAbsolute, join } from "node:path";
import { formatPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, collector } from "../../compiler/diagnostics/errors.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { DataFiles, Model, ModelData } from "../../compiler/spec/types.ts";
import { dataFacts, idxNames } from "../../compiler/trainer/trainer-facts.ts";
import { inFile, regularFile } from "../formats/tables/open-bytes.ts";
import { didYouMean, showNames, showValue } from "../../compiler/util/message-text.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import type { Source } from "../../runtime/data/dataset.ts";
import { namedBy } from "../../runtime/data/fields.ts";
import type { DataFacts, FittedField } from "../../runtime/data/fields.ts";
import type { Table } from "../../runtime/data/table.ts";
import { onlyInput } from "../../runtime/program/idx-reader.ts";
import { readIdx } from "../formats/tables/read-idx.ts";
import { readTable } from "../formats/tables/read-table.ts";
import type { TableReader } from "../formats/tables/read-table.ts";
import { expandRanges } from "../formats/tables/column-builder.ts";
import type { Wanted } from "../formats/tables/column-builder.ts";

export interface DataRequest {
  /** The file of the spec. Paths of its data files are relative to it. */
  readonly spec: string;
  readonly source: SpecSource;
  readonly model: Model;
  /** The facts that the emitted trainer exports. */
  readonly facts: ModelFacts;
  /** `--data`: a file, or the folder of the IDX files. */
  readonly given: string | undefined;
  /** Receives notices about the rows of a file. */
  notify(file: string, notice: string): void;
}

/** @throws DiagnosticError for files that cannot be read or are invalid. */
export async function readSource(request: DataRequest, read: TableReader = readTable): Promise<Source> {
  const data = dataOf(request);
  const { file, test } = data;
  return typeof file === "string" ? readTables(request, data, file, read) : readImages(request, file, test);
}

/** Reads only the inputs of new rows. @throws DiagnosticError if the file cannot be read or is invalid. */
export async function readInputs(
  request: DataRequest,
  file: string,
  fields: readonly FittedField[],
): Promise<Table> {
  const { facts, source, model } = request;
  if (typeof dataOf(request).file === "string")
    return readData({ file }, request, { model: facts, data: inputFacts(model, fields) });
  await checkReadable({ file }, source);
  return readIdx(facts, { [inFile(file, "T2004", () => onlyInput(facts))]: file });
}

/**
 * Selects the columns of training by name, because their order may differ. No row is dropped, because each
 * row gets a prediction.
 */
export function inputFacts(model: Model, fields: readonly FittedField[]): DataFacts {
  const { splitRules: _, ...data }: Partial<DataFacts> = dataFacts(model) ?? {};
  const inputs = Object.entries(data.inputs ?? {}).map(([name, facts]) => {
    const { columns = facts.columns } = fields.find((field) => field.name === name) ?? {};
    return [name, { ...facts, columns, drop: false }];
  });
  return { ...data, inputs: Object.fromEntries(inputs), targets: {} };
}

/** @throws DiagnosticError (T2005) if the spec has no data section */
export function dataOf({ spec, model: { data } }: Pick<DataRequest, "spec" | "model">): ModelData {
  if (data !== undefined) return data;
  throw new DiagnosticError([
    {
      code: "T2005",
      severity: "error",
      message: 'the spec has no "data" section, which assigns columns to inputs and targets',
      location: { file: spec },
      hint: 'add "data": { "file": …, "inputs": …, "targets": … }',
    },
  ]);
}

const relativeToSpec = (spec: string, file: string): string =>
  isAbsolute(file) ? file : join(dirname(spec), file);

/**
 * The paths of all data files. `given` (`--data`) replaces the spec's training file or its folder of IDX
 * files.
 */
export function dataPaths(spec: string, { data }: Model, given: string | undefined): string[] {
  if (data === undefined) return given === undefined ? [] : [given];
  const { file, test, validation } = data;
  if (typeof file !== "string") {
    const names = idxNames(file, test);
    const inFolder = [names.train, names.test ?? {}].flatMap((files) => Object.values(files));
    if (given !== undefined) return inFolder.map((name) => join(given, name));
  }
  const train = given === undefined ? filesOf(file).map((each) => relativeToSpec(spec, each)) : [given];
  return [...train, ...[...filesOf(validation), ...filesOf(test)].map((each) => relativeToSpec(spec, each))];
}

/**
 * The values of `--data`, `--test` and `--validation` with which an emitted program reads the data of the spec: files,
 * or the folder of the IDX files. `given` (`--data`) replaces the first. Empty if the spec has no data.
 */
export function programFiles(
  spec: string,
  { data }: Model,
  given: string | undefined,
): Readonly<Record<string, string>> {
  if (data === undefined) return {};
  const { file, test, validation } = data;
  const own = (path: string) => relativeToSpec(spec, path);
  if (typeof file !== "string") return { data: given ?? own(idxFolder(file, idxNames(file, test).train)) };
  return {
    data: given ?? own(file),
    ...(validation !== undefined && { validation: own(validation) }),
    ...(typeof test === "string" && { test: own(test) }),
  };
}

/** The folder from which these names lead to the files. */
function idxFolder(files: FilesByName, names: FilesByName): string {
  const [[name, file]] = Object.entries(files);
  return file.slice(0, file.length - names[name].length) || ".";
}

/** The paths of all model files of the spec. */
export const modelPaths = (spec: string, { modelFiles }: Model): string[] =>
  [...(modelFiles?.keys() ?? [])].map((file) => relativeToSpec(spec, file));

const filesOf = (files: DataFiles | undefined): string[] =>
  typeof files === "string" ? [files] : Object.values(files ?? {});

/** Reads files that contain one table each. `--data` replaces the spec's training file. */
async function readTables(
  request: DataRequest,
  data: ModelData,
  file: string,
  read: TableReader,
): Promise<Source> {
  const { spec, source, facts, given } = request;
  const wanted = { model: facts, data: dataFacts(request.model) ?? { inputs: {}, targets: {} } };
  const isSplit = data.test !== undefined || data.validation !== undefined;
  const isTrain = isSplit && !(await source.isWritten(["data", "file"]));
  const rows: DataFile =
    given === undefined
      ? { file: relativeToSpec(spec, file), path: ["data", isTrain ? "train" : "file"] }
      : { file: given };
  const checkNames = (names: readonly string[]) => checkColumns(request.model, rows.file, names);
  const table = await readData(rows, request, { ...wanted, checkNames }, read);
  const readPart = async (split: "validation" | "test") => {
    const { [split]: name } = data;
    if (typeof name !== "string") return undefined;
    const ofRule = ["training", split, "file"];
    const path = (await source.isWritten(ofRule)) ? ofRule : ["data", split];
    const part = { file: relativeToSpec(spec, name), path };
    return {
      file: part.file,
      table: await readData(part, request, expandRanges(wanted, [...table.columns.keys()]), read),
    };
  };
  const validationFile = await readPart("validation");
  return {
    file: rows.file,
    table,
    testFile: await readPart("test"),
    ...(validationFile && { validationFile }),
  };
}

type FilesByName = Readonly<Record<string, string>>;

/** Reads IDX files. `--data` names a folder that contains all files of the spec. */
async function readImages(
  { spec, source, facts, given }: DataRequest,
  train: FilesByName,
  test: DataFiles | undefined,
): Promise<Source> {
  const names = idxNames(train, test);
  const readSplit = async (files: FilesByName, inFolder: FilesByName, path: SpecPath): Promise<Table> => {
    const found = Object.entries(files).map(([name, file]): [string, DataFile] =>
      given === undefined
        ? [name, { file: relativeToSpec(spec, file), path: [...path, "idx", name] }]
        : [name, { file: join(given, inFolder[name]) }],
    );
    for (const [, file] of found) await checkReadable(file, source);
    return readIdx(facts, Object.fromEntries(found.map(([name, { file }]) => [name, file])));
  };
  const isSplit = typeof test === "object";
  const file = given ?? spec;
  const table = await readSplit(train, names.train, isSplit ? ["data", "train"] : ["data"]);
  const tested = isSplit ? await readSplit(test, names.test ?? {}, ["data", "test"]) : undefined;
  return { file, table, testFile: tested && { file, table: tested } };
}

// The data files for training. An unreadable file is reported at the location in the spec that names it.

/** A file and its location in the spec; without a path, the file was named on the command line. */
interface DataFile {
  readonly file: string;
  readonly path?: SpecPath;
}

/** The table of a data file. @throws DiagnosticError (T2001 to T2003) */
async function readData(
  data: DataFile,
  { source, notify }: Pick<DataRequest, "source" | "notify">,
  wanted: Wanted,
  read: TableReader = readTable,
): Promise<Table> {
  await checkReadable(data, source);
  const table = await located(source, () => read(data.file, wanted));
  if (table.notice !== "") notify(data.file, table.notice);
  return table;
}

/**
 * Checks that the file has every column of the data section.
 * @throws DiagnosticError (T2007) at the name in the spec, with the most similar name in the file
 */
function checkColumns(model: Model, file: string, names: readonly string[]): void {
  const problems = collector();
  const check = (path: SpecPath, entry: string) => {
    if (namedBy(names, [entry])[0].length > 0) return;
    const { what, hint } = unknownColumn(entry, names);
    problems.error(path, "T2007", `${formatPath(path)}: ${file} ${what}`, { hint });
  };
  const { inputs = {}, targets = {} } = model.data ?? {};
  for (const [side, fields] of Object.entries({ inputs, targets }))
    for (const [field, { columns }] of Object.entries(fields))
      columns.forEach((entry, i) => check(["data", side, field, "columns", i], entry));
  for (const { path, column } of orderColumns(model)) check(path, column);
  problems.throwErrors();
}

/** The columns that order, group and split the rows, with their locations in the spec. */
function orderColumns({ data, training }: Model): { readonly path: SpecPath; readonly column: string }[] {
  const { windows, time } = data ?? {};
  const ofRules = (["test", "validation"] as const).flatMap((split) =>
    (["column", "group"] as const).map((key) => ({
      path: ["training", split, key],
      column: training[split]?.[key],
    })),
  );
  const all = [
    { path: ["data", "windows", "group"], column: windows?.group },
    { path: ["data", "time"], column: time?.column },
    ...ofRules,
  ];
  return all.flatMap(({ path, column }) => (column === undefined ? [] : [{ path, column }]));
}

/** The reason why a column or range selects nothing, and the nearest column or range that exists. */
function unknownColumn(entry: string, names: readonly string[]): { what: string; hint: string } {
  const ends = entry.split("..");
  const isRange = ends.length === 2 && ends.every((end) => end !== "");
  const missing = isRange ? ends.filter((end) => !names.includes(end)) : [entry];
  if (missing.length === 0)
    return {
      what: `has ${showValue(ends[1])} before ${showValue(ends[0])}, so the range ${showValue(entry)} is empty`,
      hint: `write ${showValue(`${ends[1]}..${ends[0]}`)}`,
    };
  const range = isRange ? `, an endpoint of the range ${showValue(entry)}` : "";
  const nearest = (isRange ? ends : [entry]).map((name) =>
    names.includes(name) ? name : didYouMean(name, names),
  );
  return {
    what: `has no column ${missing.map(showValue).join(" and no column ")}${range}`,
    hint: nearest.includes(undefined)
      ? `columns of the file: ${showNames(names)}`
      : `did you mean ${showValue(nearest.join(".."))}?`,
  };
}

/** @throws DiagnosticError (T2001) at the location in the spec that names the unreadable file */
async function checkReadable({ file, path }: DataFile, source: SpecSource): Promise<void> {
  const found = await regularFile(file);
  if (!("reason" in found)) return;
  const { reason } = found;
  await located(source, () => {
    throw new DiagnosticError([
      path === undefined
        ? { code: "T2001", severity: "error", message: `cannot read the data: ${reason}`, location: { file } }
        : {
            code: "T2001",
            severity: "error",
            message: `${formatPath(path)}: cannot read ${showValue(file)}: ${reason}`,
            path,
            hint: "data paths are relative to the spec; --data uses another file",
          },
    ]);
  });
}
