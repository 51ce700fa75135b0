/** The ops that read storage. The interpreter and the lowering bind them; they compute nothing. */
import type { TensorType } from "../../ir/types.ts";
import { defineOp } from "../define.ts";
import { tensorOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

// What the ops that read storage share. The interpreter and the lowering bind them; they compute nothing.

const type: TensorType = { element: "f64", shape: ["n", 2] };

const leaf = {
  traits: ["leaf" as const],
  infer: (_: object, attributes: { readonly type: TensorType }): TensorType => attributes.type,
  vjp: () => ({}),
  lower: { kind: "leaf" as const },
  /** Unbound storage is all zeros. */
  evaluate: (_operands: object, _node: object, shape: readonly number[]): Tensor => tensorOf(shape, () => 0),
  samples: [{ operands: {}, attributes: { name: "sample", type } }],
};

/** A value of the batch: an input or a target, rows first. The name is that of its storage. */
export const input = defineOp({ name: "input", ...leaf });

/** A tensor that training moves (or, frozen, leaves alone). The name is that of its storage. */
export const parameter = defineOp({ name: "parameter", ...leaf });

/**
 * A tensor that outlives a step beside the parameters: moments, counters, running sums. The name is that of
 * its storage.
 */
export const state = defineOp({ name: "state", ...leaf });

/** What the step of a recurrence sees of one operand of its scan. It stands in the bodies of recurrences alone. */
export const argument = defineOp({ name: "argument", ...leaf });
