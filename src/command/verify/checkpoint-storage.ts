/**
 * The state of a trainer, read out of its checkpoint by the memory plan, as the interpreter wants it: tensors
 * by storage name.
 */
import { boundShape } from "../../compiler/ir/types.ts";
import type { Placement } from "../../compiler/loop/memory.ts";
import type { Tensor } from "../../compiler/ops/tensor.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { decodeCheckpoint } from "../../runtime/checkpoints/checkpoint.ts";
import type { ModelFacts } from "../../runtime/core/model-facts.ts";

/** Parameters (one by one and all together), optimizer states, step and seed. */
export function checkpointStorage(
  { plan, model }: Compilation,
  facts: ModelFacts,
  checkpoint: Uint8Array,
): Map<string, Tensor> {
  const { batchSize } = model.training;
  const kept = [...plan.storage.values()].filter(
    ({ buffer }) => buffer.region === "parameter" || buffer.region === "state",
  );
  const stateBytes = Math.max(...kept.map(({ offset, bytes }) => offset + bytes));
  const parameterBytes = kept
    .filter(({ buffer }) => buffer.region === "parameter" && buffer.covers === undefined)
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const { state } = decodeCheckpoint(facts, stateBytes, parameterBytes, checkpoint);
  return new Map(
    kept.map((placement) => {
      const { buffer } = placement;
      return [buffer.name, { shape: boundShape(buffer.shape, batchSize), data: numbersAt(state, placement) }];
    }),
  );
}

function numbersAt(state: Uint8Array, { buffer, offset, bytes }: Placement): Float64Array {
  const own = state.slice(offset, offset + bytes).buffer;
  if (buffer.element === "f32") return Float64Array.from(new Float32Array(own));
  return buffer.element === "f64" ? new Float64Array(own) : Float64Array.from(new Int32Array(own));
}
