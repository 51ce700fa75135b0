/** The data for training and validation of candidates, and the hash that identifies a search. */
import { createHash } from "node:crypto";
import { version } from "../../compiler/spec/version.ts";
import { canonicalJson } from "../../compiler/util/json.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import type { DatasetContext } from "../../runtime/data/dataset.ts";
import type { OpenDataset } from "../../runtime/training/folds.ts";
import { openDatasets } from "../train/validate-model.ts";
import type { DataOptions } from "../train/validate-model.ts";
import type { CheckedCandidate } from "./check-candidates.ts";

// Training and validation data of all candidates. They contain no test rows, so no selection can depend on
// them.

/** The data of all candidates. Candidates with the same preprocessing share their data. */
export interface OpenData {
  /** The training and validation splits, or those of each fold. */
  readonly data: readonly (readonly OpenDataset[])[];
  /** The index in `data` of each candidate. */
  readonly dataOf: readonly number[];
}

/** `contexts`: the preprocessing of each candidate. */
export function openData(
  contexts: readonly DatasetContext[],
  opening: Omit<DataOptions, "context">,
): OpenData {
  const known = new Map<string, number>();
  const data: OpenDataset[][] = [];
  const dataOf = contexts.map((context) => {
    const { data: columns, model } = context;
    const key = canonicalJson([columns, model.inputs, model.targets, Object.keys(context.encoders)]);
    const index = known.get(key) ?? data.push(openDatasets({ ...opening, context }).map(shared)) - 1;
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

/** Copies a batch to memory that all threads share. */
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

/**
 * SHA-256 over everything that determines the outcomes of a search: the compiler's version, the models in
 * order, and the training and validation rows.
 */
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
