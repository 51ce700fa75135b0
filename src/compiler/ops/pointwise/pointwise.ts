/** The parts that pointwise ops and comparisons share. Each op adds its name and derivative. */
import type { TensorType } from "../../ir/types.ts";
import { binary, call } from "../../loop/expressions.ts";
import type { BinaryOperator, Expression, FunctionName } from "../../loop/expressions.ts";
import { uniform } from "../define.ts";
import type { SampleOperand, Trait } from "../define.ts";
import { comparison, floatOperand, sameOperands } from "../shape-rules.ts";
import { mapTensor, zipTensors } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

interface Unary {
  readonly traits?: readonly Trait[];
  readonly lower: FunctionName | ((x: Expression) => Expression);
  readonly f: (x: number) => number;
  readonly domain?: SampleOperand;
}

/** z = f(x) for real x */
export const unary = ({ traits = [], lower, f, domain = uniform(["n", 4]) }: Unary) => ({
  traits: ["pointwise" as const, ...traits],
  infer: ({ x }: { readonly x: TensorType }) => floatOperand(x),
  lower: {
    kind: "pointwise" as const,
    expression: ({ x }: { readonly x: Expression }) =>
      typeof lower === "string" ? call(lower, [x], x.type) : lower(x),
  },
  evaluate: ({ x }: { readonly x: Tensor }) => mapTensor(f, x),
  samples: [{ operands: { x: domain }, attributes: {} }],
});

interface Pair {
  readonly x: SampleOperand;
  readonly y: SampleOperand;
}

interface BinaryParts {
  readonly traits?: readonly Trait[];
  readonly lower: BinaryOperator | ((x: Expression, y: Expression) => Expression);
  readonly f: (x: number, y: number) => number;
  readonly domain?: Pair;
}

const lowered =
  (lower: BinaryParts["lower"]) =>
  ({ x, y }: { readonly x: Expression; readonly y: Expression }) =>
    typeof lower === "string" ? binary(lower, x, y) : lower(x, y);

const anywhere: Pair = { x: uniform(["n", 4]), y: uniform(["n", 4]) };

/** z = f(x, y) for numbers of one type */
export const binaryOp = ({ traits = [], lower, f, domain = anywhere }: BinaryParts) => ({
  traits: ["pointwise" as const, ...traits],
  infer: ({ x, y }: { readonly x: TensorType; readonly y: TensorType }) => sameOperands(x, y),
  lower: { kind: "pointwise" as const, expression: lowered(lower) },
  evaluate: ({ x, y }: { readonly x: Tensor; readonly y: Tensor }) => zipTensors(f, x, y),
  samples: [{ operands: domain, attributes: {} }],
});

/** z = [x ∘ y], a bool, where ∘ is the comparison. Gradients are not propagated. */
export const comparisonOp = ({ traits = [], lower, f, domain = anywhere }: BinaryParts) => ({
  ...binaryOp({ traits: ["cheap", ...traits], lower, f, domain }),
  infer: ({ x, y }: { readonly x: TensorType; readonly y: TensorType }) => comparison(x, y),
  vjp: () => ({ x: null, y: null }),
});
