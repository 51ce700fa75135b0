/** From the `data` section of a spec, or a file or folder that stands for its files, to the rows to train and test on. */
import { dirname, isAbsolute, join } from "node:path";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported } from "../diagnostics/errors.ts";
import { readIdx } from "../data/read-idx.ts";
import { datasetOf, type Dataset } from "../runtime/dataset.ts";
import { idxData } from "../runtime/idx.ts";
import type { ModelFacts } from "../runtime/model-facts.ts";
import type { Table } from "../runtime/table.ts";
import { testPartOf } from "../runtime/test-file.ts";
import { textDatasetOf } from "../runtime/text-columns.ts";
import { dataFormatGap } from "../spec/known-gaps.ts";
import type { SpecSource } from "../spec/read/spec-source.ts";
import { idxNames, readsTexts, trainingFacts } from "../spec/trainer-facts.ts";
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

/** A part's rows, in one file or one for each input and target. */
type Part = DataFile | Readonly<Record<string, DataFile>>;

/** @throws DiagnosticError for files that cannot be read, are wrong, or do not fit the model. */
export async function readDataset(request: DataRequest): Promise<Dataset> {
  const { model, facts, source, seed } = request;
  const data = dataOf(request);
  const { rows, testRows } = partsOf(request, data);
  const table = await readPart(rows, facts, source);
  const testTable = testRows && (await readPart(testRows, facts, source));
  const prepare = readsTexts(model) ? textDatasetOf : datasetOf;
  const columns = typeof data.file === "string" ? data : idxData(facts, data);
  const training = trainingFacts(model.training, model.metrics);
  const dataset = onFile(nameOf(rows), "T2004", () => prepare(facts, columns, training, seed, table));
  if (testRows === undefined || testTable === undefined) return dataset;
  const test = onFile(nameOf(testRows), "T2004", () => testPartOf(facts, dataset, testTable));
  return { ...dataset, test };
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

/** Which files: what is given stands for the spec's training rows, or for the folder of all IDX files. */
function partsOf({ spec, given }: DataRequest, data: ModelData): { rows: Part; testRows: Part | undefined } {
  const besideSpec = (file: string) => (isAbsolute(file) ? file : join(dirname(spec), file));
  const part = (files: DataFiles, path: SpecPath): Part =>
    typeof files === "string"
      ? { file: besideSpec(files), path }
      : mapFiles(files, (file, name) => ({ file: besideSpec(file), path: [...path, "idx", name] }));
  const train = data.test === undefined ? [] : ["train"];
  const rows = part(data.file, ["data", ...(typeof data.file === "string" && train.length === 0 ? ["file"] : train)]); // prettier-ignore
  const testRows = data.test === undefined ? undefined : part(data.test, ["data", "test"]);
  if (given === undefined) return { rows, testRows };
  if (typeof data.file === "string") {
    const gap = dataFormatGap(given);
    if (gap) throw new Unsupported(`${gap.message}; ${gap.hint}`);
    return { rows: { file: given }, testRows };
  }
  const names = idxNames(data.file, data.test);
  const inFolder = (files: Readonly<Record<string, string>>) =>
    mapFiles(files, (file) => ({ file: join(given, file) }));
  return { rows: inFolder(names.train), testRows: names.test && inFolder(names.test) };
}

const mapFiles = (
  files: Readonly<Record<string, string>>,
  map: (file: string, name: string) => DataFile,
): Readonly<Record<string, DataFile>> =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [name, map(file, name)]));

const isOneFile = (part: Part): part is DataFile => typeof part.file === "string";

/** The file that stands for the part where a fault has no other. */
const nameOf = (part: Part): string => (isOneFile(part) ? part.file : Object.values(part)[0].file);

async function readPart(part: Part, facts: ModelFacts, source: SpecSource): Promise<Table> {
  if (isOneFile(part)) return readData(part, source);
  for (const file of Object.values(part)) await checkReadable(file, source);
  return readIdx(facts, Object.fromEntries(Object.entries(part).map(([name, { file }]) => [name, file])));
}
