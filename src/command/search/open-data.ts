/** The data that candidates are trained and validated on, and the identity of a search that it is part of. */
import { createHash } from "node:crypto";
import { version } from "../../compiler/spec/version.ts";
import { canonicalJson } from "../../compiler/util/json.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { Preparing } from "../../runtime/data/dataset.ts";
import type { OpenDataset } from "../../runtime/training/folds.ts";
import { openDatasets } from "../train/validate-model.ts";
import type { Opening } from "../train/validate-model.ts";
import type { CheckedCandidate } from "./check-candidates.ts";

// The training and validation data of all candidates. The test rows are not part of it, so nothing that selects can
// read them.

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

// The identity of a search: a hash of everything that determines its outcomes, and of nothing else.

/** SHA-256 over the compiler, the models in their order, and the rows that they are trained and chosen on. */
export function searchHash(
  candidates: readonly CheckedCandidate[],
  open: OpenData,
  dtype: "f32" | "f64",
): string {
  const hash = createHash("sha256").update(JSON.stringify([version, dtype, open.dataOf]));
  for (const { model } of candidates) hash.update(model.specHash);
  for (const { train, validation = {} } of open.data.flat())
    for (const [name, values] of [...Object.entries(train), ...Object.entries(validation)]) {
      hash.update(JSON.stringify([name, values.length]));
      hash.update(Float64Array.from(values));
    }
  return hash.digest("hex");
}
