// What candidates are trained and chosen on: training and validation rows, made before any candidate sees anything. The test rows are
// left behind here, so nothing that chooses can reach them.
import { classesOf, encodeRows, fitFields } from "../runtime/dataset.ts";
import type { Dataset, Placing, Preparing, Source } from "../runtime/dataset.ts";
import type { Batch } from "../runtime/slots.ts";
import { splitRows } from "../runtime/split.ts";
import { canonicalJson } from "../util/canonical-json.ts";

/** There is no test part in it. */
export type OpenDataset = Omit<Dataset, "test">;

/** The data of all candidates: equal ways of reading it are read once. */
export interface OpenData {
  readonly datasets: readonly OpenDataset[];
  /** Which of them each candidate has. */
  readonly datasetOf: readonly number[];
}

/** `preparings`: how each candidate reads the data. */
export function openData(
  preparings: readonly Preparing[],
  source: Source,
  seed: number,
  placed: Placing,
): OpenData {
  const known = new Map<string, number>();
  const datasets: OpenDataset[] = [];
  const datasetOf = preparings.map((preparing) => {
    const { data, model } = preparing;
    const key = canonicalJson([data, model.inputs, model.targets, Object.keys(preparing.codecs)]);
    const index = known.get(key) ?? datasets.push(openDataset(preparing, source, seed, placed)) - 1;
    known.set(key, index);
    return index;
  });
  return { datasets, datasetOf };
}

function openDataset(
  preparing: Preparing,
  { file, table }: Source,
  seed: number,
  placed: Placing,
): OpenDataset {
  return placed(file, () => {
    const classes = classesOf(preparing, table);
    const { train, validation } = splitRows(table.rows, preparing.training, seed, classes);
    const fields = fitFields(preparing, table, train);
    const part = (rows: Int32Array) => inSharedMemory(encodeRows(preparing, fields, table, rows));
    return { train: part(train), ...(validation.length > 0 && { validation: part(validation) }), fields };
  });
}

/** In memory that all threads see, so that none of them holds a copy. */
const inSharedMemory = (batch: Batch): Batch =>
  Object.fromEntries(
    Object.entries(batch).map(([name, values]) => {
      const memory = (bytes: number) => new SharedArrayBuffer(bytes * values.length);
      const copy =
        values instanceof Float32Array
          ? new Float32Array(memory(4))
          : values instanceof Int32Array
            ? new Int32Array(memory(4))
            : new Float64Array(memory(8));
      copy.set(values);
      return [name, copy];
    }),
  );
