/**
 * Reads checkpoints of any model, in the format of the trainer or as safetensors. A correct checksum does not imply a
 * valid header, so everything that commands use is validated here, before they allocate or compile anything.
 */
import * as z from "zod";
import { readCheckpoint } from "../../../runtime/checkpoints/checkpoint.ts";
import type { CheckpointHeader } from "../../../runtime/checkpoints/checkpoint.ts";
import type { FittedField } from "../../../runtime/data/fields.ts";
import { InputError } from "../../../runtime/step/errors.ts";
import { sizeOf } from "../../../runtime/model/facts.ts";
import { isTensorCheckpoint, parameterBytesIn, readTensorCheckpoint } from "./tensor-checkpoint.ts";

const count = z.number().int().min(0);
const texts = z.array(z.string());
const shape = z.array(count);

const fields = z.array(
  z.object({
    name: z.string(),
    columns: texts.min(1),
    scales: z.array(z.object({ shift: z.number(), span: z.number(), decimals: count.optional() })).optional(),
    classNames: texts.optional(),
    means: z.array(z.number()).optional(),
    categories: z.array(texts).optional(),
    origins: texts.optional(),
    words: texts.optional(),
    characters: texts.optional(),
  }),
);

const header = z.object({
  model: z.object({
    name: z.string(),
    specHash: z.string(),
    dtype: z.enum(["f32", "f64"]),
    batchSize: count.min(1),
    inputs: z.record(z.string(), z.object({ shape })),
    targets: z.record(z.string(), z.object({ shape })),
    parameters: z.array(z.object({ name: z.string(), shape, trainable: z.boolean() })),
  }),
  progress: z.object({
    epoch: count,
    bestEpoch: count,
    waited: count,
    rows: count.optional(),
    sum: z.number().optional(),
    monitor: z.string(),
    bestValue: z.number(),
  }),
  notes: z.object({ fields: fields.optional(), stopped: count.optional() }),
});

/** Bytes per number. */
const bytesOf = { f32: 4, f64: 8 } as const;

/** The header, and the data after it, which begins with the parameters. @throws InputError */
export function openCheckpoint(bytes: Uint8Array): { header: CheckpointHeader; data: Uint8Array } {
  if (isTensorCheckpoint(bytes)) {
    const { header: found, tensors } = readTensorCheckpoint(bytes);
    checkHeader(found);
    return { header: found, data: parameterBytesIn(found, tensors) };
  }
  const found = readCheckpoint(bytes);
  checkHeader(found.header);
  const { dtype, parameters } = found.header.model;
  const needed = parameters.reduce((sum, { shape: extents }) => sum + sizeOf(extents), 0) * bytesOf[dtype];
  if (needed <= found.data.length) return found;
  throw new InputError(
    `the header of the checkpoint is invalid: its parameters take ${needed} bytes, but ${found.data.length} follow`,
  );
}

/** @throws InputError for the first key that is missing or invalid */
function checkHeader(found: CheckpointHeader): void {
  const problem = header.safeParse(found).error?.issues[0];
  if (problem !== undefined)
    throw new InputError(
      `the header of the checkpoint is invalid: ${problem.path.join(".")}: ${problem.message}`,
    );
}

/** The fitted preprocessing in a checkpoint, if any. @throws InputError if it belongs to another model */
export function fieldsFor(
  { inputs, targets }: { readonly inputs: object; readonly targets: object },
  found: readonly FittedField[] | undefined,
): readonly FittedField[] | undefined {
  const expected = [...Object.keys(inputs), ...Object.keys(targets)].join(", ");
  const names = found?.map(({ name }) => name).join(", ");
  if (names === undefined || names === expected) return found;
  throw new InputError(
    `the checkpoint contains the preprocessing of "${names}", but the model needs that of "${expected}"`,
  );
}
