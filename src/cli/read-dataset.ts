/** From the `data` section of a spec, or a file or folder that stands for its files, to the rows to train and test on. */
import { dirname, isAbsolute, join } from "node:path";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported } from "../diagnostics/errors.ts";
import { readIdx } from "../data/read-idx.ts";
import { datasetOf, type Dataset } from "../runtime/dataset.ts";
import { idxDataset, type IdxPart } from "../runtime/idx-dataset.ts";
import type { ModelFacts } from "../runtime/model-facts.ts";
import { testPartOf } from "../runtime/test-file.ts";
import { mixedDatasetOf } from "../runtime/text-and-columns.ts";
import { textDatasetOf } from "../runtime/text-columns.ts";
import { dataFormatGap } from "../spec/known-gaps.ts";
import type { SpecSource } from "../spec/read/spec-source.ts";
import { idxNames, datasetMaker, trainingFacts } from "../spec/trainer-facts.ts";
import type { DataFiles, Model, ModelData } from "../spec/types.ts";
import { onFile } from "./emitted-errors.ts";
import { checkReadable, readData, type DataFile } from "./read-data.ts";

export interface DataRequest {
  /** The file of the spec, which its data files are relative to. */
  readonly spec: string;
  readonly source: SpecSource;
  readonly model: Model;
  /** What the emitted trainer says of itself. */
  readonly facts: ModelFacts;
  /** `--data`: a file, or the folder of the IDX files. */
  readonly given: string | undefined;
  readonly seed: number;
}

/** @throws DiagnosticError for files that cannot be read, are wrong, or do not fit the model. */
export async function readDataset(request: DataRequest): Promise<Dataset> {
  const data = dataOf(request);
  const { file, test } = data;
  return typeof file === "string" ? readTables(request, data, file) : readImages(request, data, file, test);
}

function dataOf({ spec, model: { data } }: DataRequest): ModelData {
  if (data !== undefined) return data;
  throw new DiagnosticError([
    {
      code: "T2005",
      severity: "error",
      message: "the spec has no `data` section, so nothing says which columns are which input and target",
      place: { file: spec },
      hint: 'add "data": { "file": …, "inputs": …, "targets": … }',
    },
  ]);
}

const besideSpec = (spec: string, file: string): string =>
  isAbsolute(file) ? file : join(dirname(spec), file);

/** CSV files; one that is given stands for the spec's training rows. */
async function readTables(request: DataRequest, data: ModelData, file: string): Promise<Dataset> {
  const { spec, source, model, facts, given, seed } = request;
  const gap = given === undefined ? undefined : dataFormatGap(given);
  if (gap) throw new Unsupported(`${gap.message}; ${gap.hint}`);
  const isSplit = typeof data.test === "string";
  const rows: DataFile =
    given === undefined
      ? { file: besideSpec(spec, file), path: ["data", isSplit ? "train" : "file"] }
      : { file: given };
  const tested: DataFile | undefined =
    typeof data.test === "string" ? { file: besideSpec(spec, data.test), path: ["data", "test"] } : undefined;
  const table = await readData(rows, source);
  const testTable = tested && (await readData(tested, source));
  const prepare = { datasetOf, textDatasetOf, mixedDatasetOf }[datasetMaker(model)];
  const training = trainingFacts(model.training, model.metrics);
  const dataset = onFile(rows.file, "T2004", () => prepare(facts, data, training, seed, table));
  if (tested === undefined || testTable === undefined) return dataset;
  const test = onFile(
    tested.file,
    "T2004",
    () => dataset.testPart?.(testTable) ?? testPartOf(facts, dataset, testTable),
  );
  return { ...dataset, test };
}

type FilesByName = Readonly<Record<string, string>>;

/** IDX files; a folder that is given stands for the one that all of the spec's lie in. */
async function readImages(
  { spec, source, model, facts, given, seed }: DataRequest,
  data: ModelData,
  train: FilesByName,
  test: DataFiles | undefined,
): Promise<Dataset> {
  const names = idxNames(train, test);
  const part = async (files: FilesByName, inFolder: FilesByName, path: SpecPath): Promise<IdxPart> => {
    const found = Object.entries(files).map(([name, file]): [string, DataFile] =>
      given === undefined
        ? [name, { file: besideSpec(spec, file), path: [...path, "idx", name] }]
        : [name, { file: join(given, inFolder[name]) }],
    );
    for (const [, file] of found) await checkReadable(file, source);
    return readIdx(facts, Object.fromEntries(found.map(([name, { file }]) => [name, file])));
  };
  const isSplit = typeof test === "object";
  const whole = await part(train, names.train, isSplit ? ["data", "train"] : ["data"]);
  const tested = isSplit ? await part(test, names.test ?? {}, ["data", "test"]) : undefined;
  const training = trainingFacts(model.training, model.metrics);
  return onFile(given ?? spec, "T2004", () => idxDataset(facts, data, training, seed, whole, tested));
}
