/** The ops that read storage. They compute nothing; the interpreter and the lowering bind them to storage. */
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

/** An input or target of the batch, rows first. Its name is the name of its storage. */
export const input = defineOp({ name: "input", ...leaf });

/** A parameter, which training updates unless it is frozen. Its name is the name of its storage. */
export const parameter = defineOp({ name: "parameter", ...leaf });

/** Any other tensor that persists between steps, such as moments. Its name is the name of its storage. */
export const state = defineOp({ name: "state", ...leaf });

/** An operand of a scan in one step of the recurrence. It occurs only in the bodies of recurrences. */
export const argument = defineOp({ name: "argument", ...leaf });
