/**
 * The closed table of ops. To add an op, write its file, a row in `ir/nodes.ts`, and a line here; see
 * README.md. The rest of the compiler uses ops through the functions below.
 */
import { graphBuilder, isOpName } from "../ir/builder.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { invariant } from "../diagnostics/errors.ts";
import { collectNodes, operandNamesOf, operandsOf } from "../ir/nodes.ts";
import type { Node, OpName } from "../ir/nodes.ts";
import { boundShape } from "../ir/types.ts";
import { absolute } from "./pointwise/absolute.ts";
import { add, divide, multiply, negate, subtract } from "./pointwise/arithmetic.ts";
import { argMax } from "./reductions/arg-max.ts";
import { argument, input, parameter, state } from "./leaves/storage.ts";
import { batchSize } from "./leaves/batch-size.ts";
import { broadcast } from "./views/broadcast.ts";
import { cast } from "./pointwise/cast.ts";
import { concat } from "./views/concat.ts";
import { constant } from "./leaves/constant.ts";
import { contract } from "./reductions/contract.ts";
import { elementary } from "./pointwise/elementary.ts";
import { equal, less, lessEqual } from "./pointwise/comparisons.ts";
import { floor } from "./pointwise/floor.ts";
import { fold } from "./reductions/fold.ts";
import { gather } from "./reductions/gather.ts";
import { iota } from "./leaves/iota.ts";
import { maximum } from "./pointwise/maximum.ts";
import { minimum } from "./pointwise/minimum.ts";
import { pad } from "./views/pad.ts";
import { power } from "./pointwise/power.ts";
import { random } from "./leaves/random.ts";
import { reduceMax } from "./reductions/reduce-max.ts";
import { reduceSum } from "./reductions/reduce-sum.ts";
import { relu } from "./pointwise/relu.ts";
import { reshape } from "./views/reshape.ts";
import { scan } from "./recurrence/scan.ts";
import { scatterAdd } from "./reductions/scatter-add.ts";
import { select } from "./pointwise/select.ts";
import { sign } from "./pointwise/sign.ts";
import { slice } from "./views/slice.ts";
import { sqrt } from "./pointwise/sqrt.ts";
import { stopGradient } from "./pointwise/stop-gradient.ts";
import { transpose } from "./views/transpose.ts";
import { window } from "./reductions/window.ts";
import type {
  BoundLowering,
  EvaluateBody,
  LoweringOver,
  OpTable,
  Reverse,
  SampleOperand,
  Trait,
} from "./define.ts";
import type { Tensor } from "./tensor.ts";

export const ops = {
  absolute,
  add,
  argMax,
  argument,
  batchSize,
  broadcast,
  cast,
  concat,
  constant,
  contract,
  divide,
  ...elementary,
  equal,
  floor,
  fold,
  gather,
  input,
  iota,
  less,
  lessEqual,
  maximum,
  minimum,
  multiply,
  negate,
  pad,
  parameter,
  power,
  random,
  reduceMax,
  reduceSum,
  relu,
  reshape,
  scan,
  scatterAdd,
  select,
  sign,
  slice,
  sqrt,
  state,
  stopGradient,
  subtract,
  transpose,
  window,
} satisfies OpTable;

/** The definition of any op, with operands as records by name. */
interface AnyDefinition {
  readonly traits: readonly Trait[];
  vjp(z: Node, dz: Node, g: GraphBuilder, reverse: Reverse): Readonly<Record<string, Node | null>>;
  readonly lower: LoweringOver<Node, string>;
  evaluate(
    operands: Readonly<Record<string, Tensor>>,
    node: Node,
    shape: readonly number[],
    rows: number,
    body: EvaluateBody,
  ): Tensor;
  readonly samples: readonly AnySample[];
}

export interface AnySample {
  readonly operands: Readonly<Record<string, SampleOperand>>;
  readonly attributes: object | ((g: GraphBuilder) => object);
  readonly kink?: Readonly<Record<string, readonly number[]>>;
}

/** Contains the only type assertion of this file, because TypeScript cannot dispatch on a union of ops. */
const definitionOf = (op: OpName): AnyDefinition => ops[op] as AnyDefinition;

export const samplesOf = (op: OpName): readonly AnySample[] => definitionOf(op).samples;

export const createBuilder = (float: "f32" | "f64"): GraphBuilder => graphBuilder(ops, float);

export const hasTrait = (node: Node, trait: Trait): boolean => definitionOf(node.op).traits.includes(trait);

export const opsWithTrait = (trait: Trait): OpName[] =>
  Object.keys(ops)
    .filter(isOpName)
    .filter((op) => definitionOf(op).traits.includes(trait));

/** The cotangent of each operand, by the operand's name. */
export const vjpOf = (
  node: Node,
  dz: Node,
  g: GraphBuilder,
  reverse: Reverse,
): Readonly<Record<string, Node | null>> => definitionOf(node.op).vjp(node, dz, g, reverse);

export const evaluateOp = (
  node: Node,
  operands: Readonly<Record<string, Tensor>>,
  shape: readonly number[],
  rows: number,
): Tensor => definitionOf(node.op).evaluate(operands, node, shape, rows, bodyEvaluation());

/** Receives each value of an evaluation; in the body of a recurrence, once per time step. */
export type Observe = (node: Node, value: Tensor) => void;

/** The values of nodes, which must come after their operands. Nodes with a `given` value are not computed. */
export function evaluateNodes(
  nodes: readonly Node[],
  given: ReadonlyMap<Node, Tensor>,
  rows: number,
  observe: Observe = () => {},
): Map<Node, Tensor> {
  const values = new Map(given);
  const valueOf = (node: Node): Tensor => {
    const value = values.get(node);
    invariant(value !== undefined, `${node.op} is used before it is computed`);
    return value;
  };
  const body = bodyEvaluation(observe);
  for (const node of nodes) {
    if (!values.has(node)) {
      const names = operandNamesOf(node.op, node.attributes);
      const operands = Object.fromEntries(operandsOf(node).map((operand, i) => [names[i], valueOf(operand)]));
      const shape = boundShape(node.type.shape, rows);
      values.set(node, definitionOf(node.op).evaluate(operands, node, shape, rows, body));
    }
    observe(node, valueOf(node));
  }
  return values;
}

const bodyEvaluation =
  (observe?: Observe): EvaluateBody =>
  (roots, given, rows) => {
    const nodes = collectNodes(roots.map((node, i) => ({ storage: String(i), node })));
    const values = evaluateNodes(nodes, given, rows, observe);
    return roots.flatMap((root) => values.get(root) ?? []);
  };

/** The lowering of the node's op, with the node bound. */
export function loweringOf(node: Node): BoundLowering {
  const { lower } = definitionOf(node.op);
  switch (lower.kind) {
    case "leaf":
    case "recurrence":
      return lower;
    case "pointwise":
      return {
        kind: "element",
        element: (at, read) =>
          lower.expression(
            Object.fromEntries(Object.entries(read).map(([name, element]) => [name, element(at)])),
            node,
          ),
      };
    case "element":
      return {
        kind: "element",
        element: (at, read) => lower.element(node, at, read),
        pieces: lower.pieces?.(node),
      };
    case "reduce":
      return {
        kind: "reduce",
        combine: lower.combine,
        order: lower.order?.(node),
        extents: lower.extents(node),
        element: (at, along, read) => lower.element(node, at, along, read),
      };
    case "scatter":
      return {
        kind: "scatter",
        extents: lower.extents(node),
        target: (along, read) => lower.target(node, along, read),
        element: (along, read) => lower.element(node, along, read),
      };
  }
}
