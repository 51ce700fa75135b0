/** The ops that read storage. The interpreter and the lowering bind them to storage; they compute nothing. */
import type { TensorType } from "../../ir/types.ts";
import { defineOp } from "../define.ts";
import { tensorOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

const type: TensorType = { element: "f64", shape: ["n", 2] };

const leaf = {
  traits: ["leaf" as const],
  infer: (_: object, attributes: { readonly type: TensorType }): TensorType => attributes.type,
  vjp: () => ({}),
  lower: { kind: "leaf" as const },
  /** Unbound storage is zero. */
  evaluate: (_operands: object, _node: object, shape: readonly number[]): Tensor => tensorOf(shape, () => 0),
  samples: [{ operands: {}, attributes: { name: "sample", type } }],
};

/** An input or target of the batch, rows first. The name is that of its storage. */
export const input = defineOp({ name: "input", ...leaf });

/** A parameter, which training updates unless it is frozen. The name is that of its storage. */
export const parameter = defineOp({ name: "parameter", ...leaf });

/** Any other tensor that is kept between steps: moments, counters, running sums. The name is that of its storage. */
export const state = defineOp({ name: "state", ...leaf });

/** An operand of a scan as seen by one step of the recurrence. Occurs only in the bodies of recurrences. */
export const argument = defineOp({ name: "argument", ...leaf });
