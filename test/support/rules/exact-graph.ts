// Elements of a graph in exact real arithmetic, for the ops that rewrite rules reorder. Elements are computed on demand.
import { operandNamesOf, operandsOf } from "../../../src/ir/nodes.ts";
import type { Node, NodeOf } from "../../../src/ir/nodes.ts";
import { boundShape } from "../../../src/ir/types.ts";
import { evaluateOp, hasTrait } from "../../../src/ops/index.ts";
import { countOf } from "../../../src/ops/tensor.ts";
import type { Tensor } from "../../../src/ops/tensor.ts";
import { negated, product, quotient, realOf, sum } from "./exact-reals.ts";
import type { Real } from "./exact-reals.ts";

/** Where an element of a view comes from: the operand and its element, or the padding. */
type Source = readonly [operand: number, element: number];

export class ExactGraph {
  private readonly leaves: ReadonlyMap<Node, Tensor>;
  private readonly rows: number;
  private readonly known = new Map<Node, (Real | undefined)[]>();
  private readonly sources = new Map<Node, Float64Array>();
  private readonly terms = new Map<Node, number[][]>();

  /** `values`: of all nodes as computed; only those of leaves, constants and bools are read. */
  constructor(values: ReadonlyMap<Node, Tensor>, rows: number) {
    this.leaves = values;
    this.rows = rows;
  }

  /** The element's exact value; undefined if it depends on a function that has none, such as exp. */
  element(node: Node, at: number): Real | undefined {
    let elements = this.known.get(node);
    if (elements === undefined) this.known.set(node, (elements = []));
    return (elements[at] ??= this.computed(node, at));
  }

  private computed(node: Node, at: number): Real | undefined {
    const operands = operandsOf(node);
    const operand = (i: number) => this.element(operands[i], at);
    switch (node.op) {
      case "negate":
        return lifted(negated, operand(0));
      case "add":
        return lifted(sum, operand(0), operand(1));
      case "subtract":
        return lifted((x, y) => sum(x, negated(y)), operand(0), operand(1));
      case "multiply":
        return lifted(product, operand(0), operand(1));
      case "divide":
        return lifted(quotient, operand(0), operand(1));
      case "power":
        return this.given(operands[1], at) === 2 ? lifted((x) => product(x, x), operand(0)) : undefined;
      case "select":
        return this.element(node.operands[this.given(operands[0], at) !== 0 ? "x" : "y"], at);
      case "cast":
      case "stopGradient":
        return operand(0);
      case "reduceSum":
      case "fold":
        return this.termsOf(node)[at].reduce<Real | undefined>(
          (total, from) => lifted(sum, total, this.element(operands[0], from)),
          realOf(0),
        );
      default:
        if (hasTrait(node, "view")) return this.viewed(node, at);
        return operands.length === 0 ? realOf(this.given(node, at)) : undefined;
    }
  }

  private given(node: Node, at: number): number {
    return this.leaves.get(node)?.data[at] ?? NaN;
  }

  private shapeOf(node: Node): number[] {
    return boundShape(node.type.shape, this.rows);
  }

  private viewed(node: Node, at: number): Real | undefined {
    const operands = operandsOf(node);
    let sources = this.sources.get(node);
    if (sources === undefined) this.sources.set(node, (sources = this.sourcesOf(node)));
    if (sources[at] < 0) return node.op === "pad" ? realOf(node.attributes.value) : undefined;
    const [operand, element] = this.sourceOf(operands, sources[at]);
    return this.element(operands[operand], element);
  }

  /** All elements of all operands are numbered; the view of the numbers says where each element comes from. */
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

  private sourceOf(operands: readonly Node[], number: number): Source {
    let rest = number;
    for (const [i, operand] of operands.entries()) {
      const count = countOf(this.shapeOf(operand));
      if (rest < count) return [i, rest];
      rest -= count;
    }
    return [0, 0];
  }

  /** The elements that go into each sum: one after the other is set to 1, the others to 0. */
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

/** f of exact values; undefined of undefined. */
function lifted(f: (...operands: Real[]) => Real, ...operands: (Real | undefined)[]): Real | undefined {
  const known = operands.filter((operand) => operand !== undefined);
  return known.length === operands.length ? f(...known) : undefined;
}
