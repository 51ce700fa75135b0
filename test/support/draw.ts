// Draws random pieces of graphs: shapes, leaves, axes, repeated and constant operands. The generators of
// random graphs use these pieces.
import type { GraphBuilder } from "../../src/compiler/ir/builder.ts";
import type { Node, OpName } from "../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../src/compiler/ir/types.ts";
import type { Dimension, ElementType, Shape } from "../../src/compiler/ir/types.ts";
import type { Random } from "../../src/runtime/numbers/random.ts";

/** Extents of 1 are frequent, because errors in shape rules most often show for them. */
const extents = [1, 2, 2, 3];

export class Draw {
  readonly g: GraphBuilder;
  private readonly random: Random;
  private leaves = 0;

  constructor(g: GraphBuilder, random: Random) {
    this.g = g;
    this.random = random;
  }

  below(limit: number): number {
    return this.random.below(limit);
  }

  chance(probability: number): boolean {
    return this.random.unit() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random.below(list.length)];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.random.below(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }

  /** A subset in the original order; each element is included with probability ½. */
  subset<T>(list: readonly T[]): T[] {
    return list.filter(() => this.chance(0.5));
  }

  /** A random subset of at least `least` elements. */
  someOf<T>(list: readonly T[], least: number): T[] {
    const chosen = new Set(
      this.shuffled([...list.keys()]).slice(0, least + this.below(list.length - least + 1)),
    );
    return list.filter((_, i) => chosen.has(i));
  }

  extent(): number {
    return this.pick(extents);
  }

  /** A random shape. Half of the shapes have the batch axis, at any position. */
  shape(minRank = 0, maxRank = 3): Shape {
    const rank = minRank + this.below(maxRank - minRank + 1);
    const sizes: Dimension[] = Array.from({ length: rank }, () => this.extent());
    if (rank > 0 && this.chance(0.5)) sizes[this.below(rank)] = "n";
    return sizes;
  }

  /** A shape without the batch axis. */
  fixedShape(minRank = 0, maxRank = 3): number[] {
    return Array.from({ length: minRank + this.below(maxRank - minRank + 1) }, () => this.extent());
  }

  leaf(shape: Shape, element: ElementType = this.g.float): Node {
    return this.g.input({ name: `x${this.leaves++}`, type: tensorType(element, shape) });
  }

  condition(shape: Shape): Node {
    return this.leaf(shape, "bool");
  }

  constant(value: number, shape: Shape): Node {
    return this.g.broadcastTo(this.g.number(value), shape);
  }

  /** Repeats x along new axes: the axes of x become the axes `axes` of `shape`. */
  over(shape: Shape, axes: readonly number[], element?: ElementType): Node {
    const small = this.leaf(
      axes.map((axis) => shape[axis]),
      element,
    );
    return this.g.broadcast(small, { shape, axes });
  }

  /** A commutative op with its operands in random order. */
  either(op: OpName, x: Node, y: Node): Node {
    return this.g.make(op, this.shuffled([x, y]), {});
  }

  axes(shape: Shape): number[] {
    return shape.map((_, axis) => axis);
  }

  permutation(shape: Shape): number[] {
    return this.shuffled(this.axes(shape));
  }

  /** The shape with one or two axes inserted, and the positions of the old axes in it. */
  inserted(shape: Shape): { readonly shape: Shape; readonly axes: readonly number[] } {
    let result: readonly (readonly [Dimension, number])[] = shape.map((d, axis) => [d, axis]);
    for (let count = 1 + this.below(2); count > 0; count--) {
      const d = this.chance(0.2) && !result.some(([other]) => other === "n") ? "n" : this.extent();
      result = result.toSpliced(this.below(result.length + 1), 0, [d, -1]);
    }
    return {
      shape: result.map(([d]) => d),
      axes: result.flatMap(([, from], axis) => (from < 0 ? [] : [axis])),
    };
  }

  /**
   * Another shape with the same number of elements: axes of size 1 are added or removed, neighbouring axes
   * are merged, or axes of even size are split.
   */
  reshaped(shape: Shape): Shape {
    let result = shape;
    for (let step = 0; step < 3; step++) {
      const at = this.below(result.length + 1);
      const [size, next] = [result[at], result[at + 1]];
      if (typeof size === "number" && typeof next === "number" && this.chance(0.6))
        result = result.toSpliced(at, 2, size * next);
      else if (size === 1 && this.chance(0.5)) result = result.toSpliced(at, 1);
      else if (typeof size === "number" && size % 2 === 0) result = result.toSpliced(at, 1, 2, size / 2);
      else if (result.length < 5) result = result.toSpliced(at, 0, 1);
    }
    return result;
  }
}
