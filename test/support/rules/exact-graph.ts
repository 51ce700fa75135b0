// Evaluates elements of a graph in exact real arithmetic, for the ops that rewrite rules reorder. An element
// is computed on demand.
import { operandNamesOf, operandsOf } from "../../../src/compiler/ir/nodes.ts";
import type { Node, NodeOf } from "../../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../../src/compiler/ir/types.ts";
import { evaluateOp, hasTrait } from "../../../src/compiler/ops/index.ts";
import { countOf } from "../../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../../src/compiler/ops/tensor.ts";
import { negated, product, quotient, realOf, sum } from "./exact-reals.ts";
import type { Real } from "./exact-reals.ts";

type Element = readonly [node: Node, at: number];

export class ExactGraph {
  private readonly leaves: ReadonlyMap<Node, Tensor>;
  private readonly rows: number;
  private readonly known = new Map<Node, (Real | undefined)[]>();
  private readonly sources = new Map<Node, Float64Array>();
  private readonly terms = new Map<Node, number[][]>();

  /** @param values the computed values of all nodes, of which only leaves, constants and bools are read */
  constructor(values: ReadonlyMap<Node, Tensor>, rows: number) {
    this.leaves = values;
    this.rows = rows;
  }

  /**
   * The exact value of the element; undefined if it depends on a function without exact values, such as exp.
   */
  element(node: Node, at: number): Real | undefined {
    let elements = this.known.get(node);
    if (elements === undefined) this.known.set(node, (elements = []));
    return (elements[at] ??= this.computed(node, at));
  }

  private computed(node: Node, at: number): Real | undefined {
    const operands = this.inputsOf(node, at).map(([operand, element]) => this.element(operand, element));
    switch (node.op) {
      case "negate":
        return lifted(negated, ...operands);
      case "add":
        return lifted(sum, ...operands);
      case "subtract":
        return lifted((x, y) => sum(x, negated(y)), ...operands);
      case "multiply":
        return lifted(product, ...operands);
      case "divide":
        return lifted(quotient, ...operands);
      case "power":
        return this.given(node.operands.y, at) === 2 ? lifted((x) => product(x, x), ...operands) : undefined;
      case "select":
      case "cast":
      case "stopGradient":
        return operands[0];
      case "reduceSum":
      case "fold":
        return operands.reduce<Real | undefined>((total, term) => lifted(sum, total, term), realOf(0));
      case "pad":
        return operands.length === 0 ? realOf(node.attributes.value) : operands[0];
      default:
        if (hasTrait(node, "view")) return operands[0];
        return operands.length === 0 ? realOf(this.given(node, at)) : undefined;
    }
  }

  /** The elements from which this one is computed. For a select, only the selected element is included. */
  inputsOf(node: Node, at: number): readonly Element[] {
    if (node.op === "reduceSum" || node.op === "fold")
      return this.termsOf(node)[at].map((from) => [node.operands.x, from] as const);
    if (node.op === "select") {
      const { condition, x, y } = node.operands;
      return [[this.given(condition, at) !== 0 ? x : y, at]];
    }
    if (hasTrait(node, "view")) return this.viewed(node, at);
    return hasTrait(node, "pointwise") ? operandsOf(node).map((operand) => [operand, at] as const) : [];
  }

  private given(node: Node, at: number): number {
    return this.leaves.get(node)?.data[at] ?? NaN;
  }

  private shapeOf(node: Node): number[] {
    return boundShape(node.type.shape, this.rows);
  }

  /** The element that an element of a view shows; none for padding. */
  private viewed(node: Node, at: number): readonly Element[] {
    let sources = this.sources.get(node);
    if (sources === undefined) this.sources.set(node, (sources = this.sourcesOf(node)));
    let rest = sources[at];
    for (const operand of rest < 0 ? [] : operandsOf(node)) {
      const count = countOf(this.shapeOf(operand));
      if (rest < count) return [[operand, rest]];
      rest -= count;
    }
    return [];
  }

  /**
   * Numbers all elements of all operands consecutively and evaluates the view on these numbers. The result
   * shows the source of each element.
   */
  private sourcesOf(node: Node): Float64Array {
    let next = 0;
    const names = operandNamesOf(node.op, node.attributes);
    const numbered = operandsOf(node).map((operand, i): [string, Tensor] => {
      const shape = this.shapeOf(operand);
      return [names[i], { shape, data: new Float64Array(countOf(shape)).map(() => next++) }];
    });
    const view: Node = node.op === "pad" ? { ...node, attributes: { ...node.attributes, value: -1 } } : node;
    return evaluateOp(view, Object.fromEntries(numbered), this.shapeOf(node), this.rows).data;
  }

  /**
   * The elements that each sum contains. They are found by setting one element at a time to 1 and all others
   * to 0.
   */
  private termsOf(node: NodeOf<"reduceSum"> | NodeOf<"fold">): number[][] {
    const known = this.terms.get(node);
    if (known !== undefined) return known;
    const [inner, outer] = [this.shapeOf(node.operands.x), this.shapeOf(node)];
    const terms: number[][] = Array.from({ length: countOf(outer) }, () => []);
    for (let from = 0; from < countOf(inner); from++) {
      const data = new Float64Array(countOf(inner));
      data[from] = 1;
      const result = evaluateOp(node, { x: { shape: inner, data } }, outer, this.rows).data;
      result.forEach((value, to) => value !== 0 && terms[to].push(from));
    }
    this.terms.set(node, terms);
    return terms;
  }
}

/** f of one or two exact values; undefined if one of the values is undefined. */
function lifted(f: (x: Real, y: Real) => Real, ...[x, y]: (Real | undefined)[]): Real | undefined {
  return x === undefined || (f.length > 1 && y === undefined) ? undefined : f(x, y ?? x);
}
