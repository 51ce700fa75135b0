// What candidates are trained and chosen on, made before any candidate sees anything. The test rows are left
// behind here, so nothing that chooses can reach them.
import type { Preparing } from "../../runtime/data/dataset.ts";
import type { OpenDataset } from "../../runtime/training/folds.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { canonicalJson } from "../../compiler/util/json.ts";
import { openDatasets, type Opening } from "../train/validate-model.ts";

/** The data of all candidates: equal ways of reading it are read once. */
export interface OpenData {
  /** Training and validation part, or those of each fold. */
  readonly data: readonly (readonly OpenDataset[])[];
  /** Which of them each candidate has. */
  readonly dataOf: readonly number[];
}

/** `preparings`: how each candidate reads the data. */
export function openData(preparings: readonly Preparing[], opening: Omit<Opening, "preparing">): OpenData {
  const known = new Map<string, number>();
  const data: OpenDataset[][] = [];
  const dataOf = preparings.map((preparing) => {
    const { data: columns, model } = preparing;
    const key = canonicalJson([columns, model.inputs, model.targets, Object.keys(preparing.codecs)]);
    const index = known.get(key) ?? data.push(openDatasets({ ...opening, preparing }).map(shared)) - 1;
    known.set(key, index);
    return index;
  });
  return { data, dataOf };
}

const shared = ({ train, validation, fields }: OpenDataset): OpenDataset => ({
  train: inSharedMemory(train),
  ...(validation && { validation: inSharedMemory(validation) }),
  fields,
});

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
