/** What the ops that read storage share. The interpreter and the lowering bind them; they compute nothing. */
import type { TensorType } from "../../ir/types.ts";
import { tensorOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

const type: TensorType = { element: "f64", shape: ["n", 2] };

export const leaf = {
  traits: ["leaf" as const],
  infer: (_: object, attributes: { readonly type: TensorType }): TensorType => attributes.type,
  vjp: () => ({}),
  lower: { kind: "leaf" as const },
  /** Unbound storage is all zeros. */
  evaluate: (_operands: object, _node: object, shape: readonly number[]): Tensor => tensorOf(shape, () => 0),
  samples: [{ operands: {}, attributes: { name: "sample", type } }],
};
