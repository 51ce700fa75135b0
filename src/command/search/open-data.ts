/** The data for training and validation of candidates, and the hash that identifies a search. */
import { createHash } from "node:crypto";
import { version } from "../../compiler/spec/version.ts";
import { canonicalJson } from "../../compiler/util/json.ts";
import { mapValues } from "../../compiler/util/collections.ts";
import type { DatasetContext, FieldNumbers } from "../../runtime/data/dataset.ts";
import type { Batch } from "../../runtime/step/batch.ts";
import { windowRows, windowViewOf } from "../../runtime/step/window-rows.ts";
import type { OpenDataset } from "../../runtime/training/folds.ts";
import { openDatasets } from "../train/validate-model.ts";
import type { DataOptions } from "../train/validate-model.ts";
import type { CheckedCandidate } from "./check-candidates.ts";

// Training and validation data of all candidates. They contain no test rows, so the selection cannot depend
// on test rows.

/** The numbers of an input or target in memory that all threads share: an array, or windows of one. */
type SharedNumbers = FieldNumbers | SharedWindows;

/** Window i consists of the `size` numbers from `rows[starts[i]]` on. Windows overlap, so they are not copied. */
interface SharedWindows {
  readonly rows: FieldNumbers;
  readonly starts: Int32Array;
  readonly size: number;
}

type SharedBatch = Readonly<Record<string, SharedNumbers>>;

interface SharedDataset extends Pick<OpenDataset, "fields"> {
  readonly train: SharedBatch;
  readonly validation?: SharedBatch;
}

/** The data of all candidates. Candidates with the same preprocessing share their data. */
export interface OpenData {
  /** The training and validation splits, or those of each fold. */
  readonly data: readonly (readonly SharedDataset[])[];
  /** The index in `data` of each candidate. */
  readonly dataOf: readonly number[];
}

/** `contexts`: the preprocessing of each candidate. */
export function openData(
  contexts: readonly DatasetContext[],
  opening: Omit<DataOptions, "context">,
): OpenData {
  const known = new Map<string, number>();
  const data: SharedDataset[][] = [];
  const dataOf = contexts.map((context) => {
    const { data: columns, model } = context;
    const key = canonicalJson([columns, model.inputs, model.targets, Object.keys(context.encoders)]);
    const index = known.get(key) ?? data.push(openDatasets({ ...opening, context }).map(shared)) - 1;
    known.set(key, index);
    return index;
  });
  return { data, dataOf };
}

const shared = ({ train, validation, fields }: OpenDataset): SharedDataset => ({
  train: inSharedMemory(train),
  ...(validation && { validation: inSharedMemory(validation) }),
  fields,
});

/** Copies a batch to memory that all threads share. */
const inSharedMemory = (batch: Batch): SharedBatch =>
  Object.fromEntries(
    Object.entries(batch).map(([name, values]): [string, SharedNumbers] => {
      const view = windowViewOf(values);
      if (view === undefined) return [name, sharedCopy(values)];
      const { rows, starts } = view;
      return [
        name,
        { rows: sharedCopy(rows), starts: sharedCopy(starts), size: values.length / starts.length },
      ];
    }),
  );

function sharedCopy(values: Int32Array): Int32Array;
function sharedCopy(values: ArrayLike<number>): FieldNumbers;
function sharedCopy(values: ArrayLike<number>): FieldNumbers {
  const memory = (bytes: number) => new SharedArrayBuffer(bytes * values.length);
  const copy =
    values instanceof Float32Array
      ? new Float32Array(memory(4))
      : values instanceof Int32Array
        ? new Int32Array(memory(4))
        : new Float64Array(memory(8));
  copy.set(values);
  return copy;
}

/** Recreates a data set in a thread that has received its shared memory. */
export const datasetIn = ({ train, validation, fields }: SharedDataset): OpenDataset => ({
  train: batchIn(train),
  ...(validation && { validation: batchIn(validation) }),
  fields,
});

const batchIn = (batch: SharedBatch): Batch =>
  mapValues(batch, (values) =>
    "starts" in values ? windowRows(values.rows, values.starts, values.size) : values,
  );

/**
 * SHA-256 over everything that determines the outcomes of a search: the compiler's version, the engine, the models
 * in order, and the training and validation rows.
 */
export function searchHash(
  candidates: readonly CheckedCandidate[],
  open: OpenData,
  dtype: "f32" | "f64",
  engine: "tapeless" | "pytorch" = "tapeless",
): string {
  const others = engine === "tapeless" ? [] : [engine];
  const hash = createHash("sha256").update(JSON.stringify([version, dtype, open.dataOf, ...others]));
  for (const { model } of candidates) hash.update(model.specHash);
  for (const { train, validation = {} } of open.data.flat())
    for (const [name, values] of [...Object.entries(train), ...Object.entries(validation)]) {
      const { rows, starts } = "starts" in values ? values : { rows: values, starts: undefined };
      hash.update(JSON.stringify([name, rows.length, starts?.length]));
      hash.update(Float64Array.from(rows));
      if (starts) hash.update(Int32Array.from(starts));
    }
  return hash.digest("hex");
}
