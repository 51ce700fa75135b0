/** The graph builder, which constructs all nodes, and the rewrite engine, which rebuilds graphs with it. */
import { DiagnosticError } from "../diagnostics/errors.ts";
import { makeGraph, operandNamesOf, operandsOf, syntax } from "./nodes.ts";
import type { Attributes, Graph, Node, NodeOf, OpName, OperandName, Origin } from "./nodes.ts";
import { TypeRefusal, overflowsSingle, sameShape, singleRange, typeText } from "./types.ts";
import type { Dimension, ElementType, Shape, TensorType } from "./types.ts";

// The builder applies the shape rule of each op, so an ill-typed graph cannot be built. It makes broadcasting
// explicit: it inserts `broadcast` nodes that give all operands of a pointwise op the same shape. Gradient
// rules and lowering therefore need not handle broadcasting.

/** The facts about an op that the builder needs. The table in `ops/` provides them. */
export interface OpRules<K extends OpName> {
  readonly traits: readonly string[];
  infer(operands: { readonly [O in OperandName<K>]: TensorType }, attributes: Attributes<K>): TensorType;
}
export type RuleTable = { readonly [K in OpName]: OpRules<K> };

/** A number becomes a constant with the element type of the other operand. */
type Operand = Node | number;

type AsOperands<Names extends readonly string[]> = { -readonly [I in keyof Names]: Operand };
type OperandTuple<K extends OpName> = AsOperands<(typeof syntax)[K]["operands"]>;
type Method<K extends OpName> = [keyof Attributes<K>] extends [never]
  ? (...operands: OperandTuple<K>) => Node
  : (...operands: [...OperandTuple<K>, attributes: Attributes<K>]) => Node;
/**
 * `scan` has no method here, because its operands depend on the recurrence; `recurrence.ts` builds scans.
 */
type OpMethods = { readonly [K in Exclude<OpName, "scan">]: Method<K> };

interface BuilderCore {
  /** The element type of the model's real numbers. */
  readonly float: "f32" | "f64";
  /** Makes a node of any op, for code that treats all ops alike. The methods of the ops call it. */
  make(op: OpName, operands: readonly Operand[], attributes: object): Node;
  /** Runs `build`. Every node that it builds has this origin, merged over the enclosing one. */
  within<T>(origin: Origin, build: () => T): T;
  /** The same node with a name for printed graphs and emitted code. */
  named(name: string, node: Node): Node;
  /**
   * The same node with a name prefixed by the current layer, such as `dense1_gate`. Outside of layers there
   * is no prefix.
   */
  part(name: string, node: Node): Node;
  /**
   * Broadcasts `x` to `shape` by NumPy's rule: axes are aligned at the right, and missing axes and axes of
   * size 1 are repeated.
   */
  broadcastTo(x: Node, shape: Shape): Node;
  /**
   * Repeats `x` along `axes`; the result has `shape`. The shape of `x` lacks these axes, as after a
   * reduction.
   */
  repeatAlong(x: Node, axes: readonly number[], shape: Shape): Node;
  /** A constant of the model's float type, or of `element`. */
  number(value: number, element?: ElementType): Node;
}

export type GraphBuilder = OpMethods & BuilderCore;

/** The shape to which all operands broadcast by NumPy's rule. */
function commonShape(shapes: readonly Shape[]): Shape {
  if (shapes.every((shape) => sameShape(shape, shapes[0]))) return shapes[0];
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis): Dimension => {
    let common: Dimension = 1;
    for (const shape of shapes) {
      const dimension = shape[axis - rank + shape.length] ?? 1;
      if (dimension === 1 || dimension === common) continue;
      if (common !== 1)
        throw new TypeRefusal(
          `shapes ${shapes.map((s) => `[${s.join(",")}]`).join(" and ")} cannot be broadcast together: ${common} ` +
            `and ${dimension} at axis ${axis}`,
        );
      common = dimension;
    }
    return common;
  });
}

/** The operands and their types by name. This runs for each node; `Object.fromEntries` takes several times as long. */
function byName(names: readonly string[], list: readonly Node[]) {
  const operands: Record<string, Node> = {};
  const types: Record<string, TensorType> = {};
  for (let i = 0; i < names.length; i++) {
    operands[names[i]] = list[i];
    types[names[i]] = list[i].type;
  }
  return { operands, types };
}

const isPointwise = (rules: { readonly traits: readonly string[] }): boolean =>
  rules.traits.includes("pointwise");

export function graphBuilder(rules: RuleTable, float: "f32" | "f64"): GraphBuilder {
  let context: Origin = {};

  const raw = (op: OpName, list: readonly Node[], attributes: object): Node => {
    const names = operandNamesOf(op, attributes);
    if (list.length !== names.length) throw new Error(`internal: ${op} takes ${names.length} operands`);
    const { operands, types } = byName(names, list);
    try {
      return assertedNode({
        op,
        operands,
        attributes,
        type: inferType(rules, op, types, attributes),
        origin: context,
      });
    } catch (error) {
      return refuse(op, list, error, context);
    }
  };

  const core: BuilderCore = {
    float,
    make(op, operands, attributes) {
      const element = operands.find((x) => typeof x !== "number" && x.type.element !== "bool");
      const nodes = operands.map((x) =>
        typeof x === "number"
          ? core.number(x, typeof element === "object" ? element.type.element : float)
          : x,
      );
      if (!isPointwise(rules[op]) || nodes.length < 2) return raw(op, nodes, attributes);
      try {
        const shape = commonShape(nodes.map((x) => x.type.shape));
        return raw(
          op,
          nodes.map((x) => core.broadcastTo(x, shape)),
          attributes,
        );
      } catch (error) {
        return refuse(op, nodes, error, context);
      }
    },
    within(origin, build) {
      const outer = context;
      context = { ...outer, ...origin };
      try {
        return build();
      } finally {
        context = outer;
      }
    },
    // Recurrences identify an argument by reference, so it must not be copied. It already has a name.
    named: (name, node) => (node.op === "argument" ? node : { ...node, name }),
    part: (name, node) => core.named(context.layer === undefined ? name : `${context.layer}_${name}`, node),
    broadcastTo(x, shape) {
      if (sameShape(x.type.shape, shape)) return x;
      const missing = shape.length - x.type.shape.length;
      const kept = x.type.shape.flatMap((dimension, axis) =>
        dimension === 1 && shape[axis + missing] !== 1 ? [] : [axis],
      );
      const dense =
        kept.length === x.type.shape.length
          ? x
          : raw("reshape", [x], { shape: kept.map((axis) => x.type.shape[axis]) });
      return raw("broadcast", [dense], { shape, axes: kept.map((axis) => axis + missing) });
    },
    repeatAlong: (x, axes, shape) =>
      axes.length === 0
        ? x
        : raw("broadcast", [x], {
            shape,
            axes: shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])),
          }),
    number(value, element = float) {
      if (element === "f32" && overflowsSingle(value)) throw overflow(value, context);
      return raw("constant", [], { value, element });
    },
  };

  return assertedBuilder({ ...core, ...operatorMethods(core) });
}

function refuse(op: OpName, operands: readonly Node[], error: unknown, { layer, path }: Origin): never {
  if (!(error instanceof TypeRefusal)) throw error;
  const types = operands.map((operand) => typeText(operand.type)).join(", ");
  const where = layer === undefined ? "" : ` in layer ${layer}`;
  const message = `${op}(${types})${where}: ${error.message}`;
  throw new DiagnosticError([{ code: "T1310", severity: "error", message, path }]);
}

// A constant that overflows f32 is an error. Otherwise some targets would compute with an infinite constant
// and others with the finite one, which would look like an error in the kernels.
function overflow(value: number, { path }: Origin): DiagnosticError {
  const message = `the constant ${value} is too large for f32`;
  return new DiagnosticError([{ code: "T1313", severity: "error", message, path, hint: singleRange.most }]);
}

/** A method for each op of the syntax table. It takes the operands of the op, then its attributes. */
const operatorMethods = ({ make }: BuilderCore): object =>
  Object.fromEntries(
    Object.entries(syntax).map(([op, row]) => [
      op,
      (...given: (Operand | object)[]) =>
        make(opNamed(op), given.slice(0, row.operands.length).map(asOperand), attributesOf(given, row)),
    ]),
  );

const attributesOf = (
  given: readonly (Operand | object)[],
  row: { operands: readonly string[]; attributes: readonly string[] },
): object => {
  const last = given[row.operands.length];
  return row.attributes.length > 0 && typeof last === "object" ? last : {};
};

export const isOpName = (text: string): text is OpName => Object.hasOwn(syntax, text);

const opNamed = (text: string): OpName => {
  if (!isOpName(text)) throw new Error(`internal: unknown op ${text}`);
  return text;
};

const isNode = (value: object): value is Node => "op" in value && "operands" in value;

const asOperand = (value: Operand | object): Operand => {
  if (typeof value === "number" || isNode(value)) return value;
  throw new Error(`internal: an operand must be a node or a number, got ${typeof value}`);
};

/**
 * TypeScript cannot check calls that dispatch on a union of ops. These three functions contain the type
 * assertions.
 */
export function inferType(rules: RuleTable, op: OpName, types: object, attributes: object): TensorType {
  const rule = rules[op] as OpRules<OpName>;
  return rule.infer(types as Parameters<typeof rule.infer>[0], attributes as Attributes<OpName>);
}
const assertedNode = (node: {
  op: OpName;
  operands: object;
  attributes: object;
  type: TensorType;
  origin: Origin;
}): Node => node as Node;
const assertedBuilder = (methods: object): GraphBuilder => methods as GraphBuilder;

/** The same node with other operands. The builder infers its type again; origin and name do not change. */
export function withOperands(g: GraphBuilder, node: Node, operands: readonly Node[]): Node {
  const rebuilt = g.within(node.origin, () => g.make(node.op, operands, node.attributes));
  return node.name === undefined ? rebuilt : g.named(node.name, rebuilt);
}

export const isConstant = (node: Node, value?: number): node is NodeOf<"constant"> =>
  node.op === "constant" && (value === undefined || node.attributes.value === value);

// The rewrite engine rebuilds a graph from operands to results, and the caller may replace each node. The
// result shares unchanged nodes with the input graph.

/** Returns the replacement of a node whose operands are already rewritten. */
type Replace = (node: Node, g: GraphBuilder) => Node;

export function rewriteGraph(graph: Graph, g: GraphBuilder, replace: Replace): Graph {
  const image = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const before = operandsOf(node);
    const after = before.map((operand) => image.get(operand) ?? operand);
    const moved = after.every((operand, i) => operand === before[i]) ? node : withOperands(g, node, after);
    image.set(node, replace(moved, g));
  }
  const outputs = graph.outputs.map(({ storage, node }) => ({ storage, node: image.get(node) ?? node }));
  if (outputs.every(({ node }, i) => node === graph.outputs[i].node)) return graph;
  return makeGraph(graph.name, outputs);
}
