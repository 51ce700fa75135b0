/** From the `data` section of a spec, or a file or folder that stands for its files, to the rows that they hold. */
import { dirname, isAbsolute, join } from "node:path";
import { formatPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import type { DataFiles, Model, ModelData } from "../../compiler/spec/types.ts";
import { dataFacts, idxNames } from "../../compiler/trainer/trainer-facts.ts";
import { inFile, regularFile } from "../formats/tables/open-bytes.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import type { ModelFacts } from "../../runtime/core/model-facts.ts";
import type { Source } from "../../runtime/data/dataset.ts";
import type { DataFacts, FittedField } from "../../runtime/data/fields.ts";
import type { Table } from "../../runtime/data/table.ts";
import { onlyInput } from "../../runtime/program/idx-reader.ts";
import { readIdx } from "../formats/tables/read-idx.ts";
import { readTable } from "../formats/tables/read-table.ts";
import { writtenOut } from "../formats/tables/column-builder.ts";
import type { Wanted } from "../formats/tables/column-builder.ts";

interface DataRequest {
  /** The file of the spec, which its data files are relative to. */
  readonly spec: string;
  readonly source: SpecSource;
  readonly model: Model;
  /** What the emitted trainer says of itself. */
  readonly facts: ModelFacts;
  /** `--data`: a file, or the folder of the IDX files. */
  readonly given: string | undefined;
}

/** @throws DiagnosticError for files that cannot be read or are wrong. */
export async function readSource(request: DataRequest): Promise<Source> {
  const data = dataOf(request);
  const { file, test } = data;
  return typeof file === "string" ? readTables(request, data, file) : readImages(request, file, test);
}

/**
 * A file of new rows, of which only the inputs are wanted. @throws DiagnosticError if it cannot be read or is
 * wrong.
 */
export async function readInputs(
  request: DataRequest,
  file: string,
  fields: readonly FittedField[],
): Promise<Table> {
  const { facts, source, model } = request;
  if (typeof dataOf(request).file === "string")
    return readData({ file }, source, { model: facts, data: inputFacts(model, fields) });
  await checkReadable({ file }, source);
  return readIdx(facts, { [inFile(file, "T2004", () => onlyInput(facts))]: file });
}

/** The columns that training read, whatever their order is now; no row of those asked about is left out. */
function inputFacts(model: Model, fields: readonly FittedField[]): DataFacts {
  const data = dataFacts(model) ?? { inputs: {} };
  const inputs = Object.entries(data.inputs).map(([name, facts]) => {
    const { columns = facts.columns } = fields.find((field) => field.name === name) ?? {};
    return [name, { ...facts, columns, drop: false }];
  });
  return { ...data, inputs: Object.fromEntries(inputs), targets: {} };
}

function dataOf({ spec, model: { data } }: DataRequest): ModelData {
  if (data !== undefined) return data;
  throw new DiagnosticError([
    {
      code: "T2005",
      severity: "error",
      message: "the spec has no `data` section, so nothing says which columns are which input and target",
      location: { file: spec },
      hint: 'add "data": { "file": …, "inputs": …, "targets": … }',
    },
  ]);
}

const besideSpec = (spec: string, file: string): string =>
  isAbsolute(file) ? file : join(dirname(spec), file);

/** The files that the data lies in, those that were given in place of the spec's. */
export function dataPaths(spec: string, { data }: Model, given: string | undefined): string[] {
  if (data === undefined) return given === undefined ? [] : [given];
  const { file, test } = data;
  if (typeof file !== "string") {
    const names = idxNames(file, test);
    const inFolder = [names.train, names.test ?? {}].flatMap((part) => Object.values(part));
    if (given !== undefined) return inFolder.map((name) => join(given, name));
  }
  const train = given === undefined ? filesOf(file).map((each) => besideSpec(spec, each)) : [given];
  return [...train, ...filesOf(test).map((each) => besideSpec(spec, each))];
}

const filesOf = (files: DataFiles | undefined): string[] =>
  typeof files === "string" ? [files] : Object.values(files ?? {});

/** Files of one table each; one that is given stands for the spec's training rows. */
async function readTables(request: DataRequest, data: ModelData, file: string): Promise<Source> {
  const { spec, source, facts, given } = request;
  const wanted = { model: facts, data: dataFacts(request.model) ?? { inputs: {}, targets: {} } };
  const isSplit = typeof data.test === "string";
  const rows: DataFile =
    given === undefined
      ? { file: besideSpec(spec, file), path: ["data", isSplit ? "train" : "file"] }
      : { file: given };
  const tested: DataFile | undefined =
    typeof data.test === "string" ? { file: besideSpec(spec, data.test), path: ["data", "test"] } : undefined;
  const table = await readData(rows, source, wanted);
  const test = tested && {
    file: tested.file,
    table: await readData(tested, source, writtenOut(wanted, [...table.columns.keys()])),
  };
  return { file: rows.file, table, test };
}

type FilesByName = Readonly<Record<string, string>>;

/** IDX files; a folder that is given stands for the one that all of the spec's lie in. */
async function readImages(
  { spec, source, facts, given }: DataRequest,
  train: FilesByName,
  test: DataFiles | undefined,
): Promise<Source> {
  const names = idxNames(train, test);
  const part = async (files: FilesByName, inFolder: FilesByName, path: SpecPath): Promise<Table> => {
    const found = Object.entries(files).map(([name, file]): [string, DataFile] =>
      given === undefined
        ? [name, { file: besideSpec(spec, file), path: [...path, "idx", name] }]
        : [name, { file: join(given, inFolder[name]) }],
    );
    for (const [, file] of found) await checkReadable(file, source);
    return readIdx(facts, Object.fromEntries(found.map(([name, { file }]) => [name, file])));
  };
  const isSplit = typeof test === "object";
  const file = given ?? spec;
  const table = await part(train, names.train, isSplit ? ["data", "train"] : ["data"]);
  const tested = isSplit ? await part(test, names.test ?? {}, ["data", "test"]) : undefined;
  return { file, table, test: tested && { file, table: tested } };
}

// Reads a data file for training; one that cannot be read is told at the place in the spec that names it.

/** A file, and where the spec names it; without a path the command line does. */
interface DataFile {
  readonly file: string;
  readonly path?: SpecPath;
}

/** The table of a data file. @throws DiagnosticError (T2001 to T2003) */
async function readData(data: DataFile, source: SpecSource, wanted: Wanted): Promise<Table> {
  await checkReadable(data, source);
  const table = await readTable(data.file, wanted);
  if (table.told !== "") process.stderr.write(`${data.file}: ${table.told}\n`);
  return table;
}

/** @throws DiagnosticError (T2001) at the place of the spec that names a file which cannot be read */
async function checkReadable({ file, path }: DataFile, source: SpecSource): Promise<void> {
  const found = await regularFile(file);
  if (!("reason" in found)) return;
  const { reason } = found;
  await located(source, () => {
    throw new DiagnosticError([
      path === undefined
        ? {
            code: "T2001",
            severity: "error",
            message: `the data cannot be read: ${reason}`,
            location: { file },
          }
        : {
            code: "T2001",
            severity: "error",
            message: `${formatPath(path)}: ${showValue(file)} cannot be read: ${reason}`,
            path,
            hint: "paths of data are relative to the spec; --data names another file",
          },
    ]);
  });
}
