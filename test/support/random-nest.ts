// Random loop nests for the stages of the schedules: contractions, folds, scatters, copies, and chains of
// them. The roles of loops are random, so some nests violate the precondition of a stage, and the stage must
// leave them unchanged. All numbers are small integers, so that sums are exact in any order.
import fc from "fast-check";
import type { Dimension } from "../../src/compiler/ir/types.ts";
import { allocateBuffers } from "../../src/compiler/loop/evaluate-expressions.ts";
import type { LoopMemory } from "../../src/compiler/loop/evaluate-expressions.ts";
import {
  add,
  binary,
  call,
  convert,
  integer,
  less,
  multiply,
  number,
  quotient,
  remainder,
  select,
  variable,
} from "../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../src/compiler/loop/expressions.ts";
import { assign, define, loop, store } from "../../src/compiler/loop/statements.ts";
import type { Buffer, LoopProgram, LoopRole, Statement } from "../../src/compiler/loop/types.ts";
import { buffer, load, programOf, temporary } from "./loop-program.ts";

export const nestBatch = 5;
type Float = "f32" | "f64";
type Draw = fc.GeneratorValue;

/** A loop variable in scope, with the maximum number of its values. */
interface Index {
  readonly name: string;
  readonly extent: Dimension;
}

const most = (extent: Dimension): number => (extent === "n" ? nestBatch : extent);

const buffersOf = (float: Float): readonly Buffer[] => [
  buffer("x", ["n", 6], float),
  buffer("y", ["n", 6], float),
  buffer("z", ["n", 3, 4], float),
  buffer("w", [6, 5], float),
  buffer("g", [9], float),
  temporary("t", [4, 3], float),
  buffer("total", [], float),
  { ...buffer("u", ["n", 5], "i32") },
];

/** Draws one nest. All names in it are unique. */
class NestDrawer {
  private readonly draw: Draw;
  private readonly float: Float;
  private readonly buffers: readonly Buffer[];
  private count = 0;

  constructor(draw: Draw, float: Float) {
    this.draw = draw;
    this.float = float;
    this.buffers = buffersOf(float);
  }

  program(): LoopProgram {
    const kernels = Array.from({ length: this.below(2) + 1 }, () =>
      Array.from({ length: this.below(2) + 1 }, () => this.nest()).flat(),
    );
    return programOf(kernels, ...this.buffers);
  }

  private below(n: number): number {
    return this.draw(fc.nat, { max: n - 1 });
  }
  private pick<T>(...list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  private fresh(base: string): string {
    return `${base}${this.count++}`;
  }

  private index(...extents: readonly Dimension[]): Index {
    return { name: this.fresh("i"), extent: this.pick(...extents) };
  }

  /**
   * Either loops over the output around a sum, whose result is stored or added to the stored element, or
   * loops around scalar statements.
   */
  private nest(): readonly Statement[] {
    const outputs = Array.from({ length: 1 + this.below(4) }, () => this.index("n", 1, 2, 3, 4, 6));
    const role = this.pick<LoopRole>("output", "output", "parallel", "reduction");
    const body = this.below(3) === 0 ? this.chain(outputs) : this.contraction(outputs);
    return around(outputs, role, body);
  }

  private contraction(outputs: readonly Index[]): readonly Statement[] {
    const sums = Array.from({ length: 1 + this.below(2) }, () => this.index("n", 1, 2, 3, 4, 5));
    const scope = [...outputs, ...sums];
    const sum = variable(this.fresh("sum"), this.float);
    if (sum.kind !== "variable") return [];
    const term = binary("*", this.leaf(scope), this.leaf(scope));
    const grown = this.pick(binary("+", sum, term), call("maximum", [sum, term], this.float));
    const inner = around(sums, "reduction", [assign(sum.name, grown)]);
    const before = [define(sum.name, number(0, this.float), true), ...inner];
    const difference = this.fresh("difference");
    const named = variable(difference, this.float);
    if (this.below(3) > 0) return [...before, this.stored(outputs, sum)];
    return [
      ...before,
      define(difference, binary("-", sum, this.leaf(outputs))),
      this.stored(outputs, this.bounded(binary("+", named, named))),
    ];
  }

  private chain(scope: readonly Index[]): readonly Statement[] {
    const value = this.fresh("value");
    const named = variable(value, this.float);
    return [
      define(value, this.value(scope)),
      ...Array.from({ length: 1 + this.below(2) }, () =>
        this.stored(scope, binary("+", named, this.value(scope))),
      ),
    ];
  }

  /** A store, or an addition to the stored element. */
  private stored(scope: readonly Index[], value: Expression): Statement {
    const target = this.pick(...this.buffers.filter(({ element }) => element !== "i32"));
    const at = this.place(target, scope);
    const own = load(target.name, at, this.float === "f32" ? "f32" : "f64");
    return store(target.name, at, this.below(2) === 0 ? binary("+", own, value) : this.bounded(value));
  }

  private value(scope: readonly Index[]): Expression {
    const [a, b] = [this.leaf(scope), this.leaf(scope)];
    switch (this.below(5)) {
      case 0:
        return binary("*", a, b);
      case 1:
        return select(less(this.integerIn(scope, 6), integer(this.below(6))), a, b);
      case 2:
        return select(binary("<", a, b), a, binary("-", a, b));
      case 3:
        return binary("+", a, convert(this.integerIn(scope, 4), this.float));
      default:
        return { kind: "negate", x: a, type: this.float };
    }
  }

  private bounded(x: Expression): Expression {
    const bound = number(7, this.float);
    return call(
      "maximum",
      [call("minimum", [x, bound], this.float), { kind: "negate", x: bound, type: this.float }],
      this.float,
    );
  }

  /** A number between −7 and 7. */
  private leaf(scope: readonly Index[]): Expression {
    if (this.below(8) === 0) return number(this.below(5) - 2, this.float);
    const source = this.pick(...this.buffers.filter(({ element }) => element !== "i32"));
    return this.bounded(load(source.name, this.place(source, scope), this.float));
  }

  private place({ shape }: Buffer, scope: readonly Index[]): readonly Expression[] {
    return shape.map((extent) => (extent === "n" ? this.row(scope) : this.integerIn(scope, extent)));
  }

  /** The index of a random existing row. */
  private row(scope: readonly Index[]): Expression {
    const rows = scope.filter(({ extent }) => extent === "n");
    return rows.length === 0 ? integer(0) : variable(this.pick(...rows).name, "i32");
  }

  /**
   * An integer expression with values from 0 to `bound` − 1: a loop variable, shifted, divided or combined
   * with another one, or a number from memory.
   */
  private integerIn(scope: readonly Index[], bound: number): Expression {
    const chosen = this.pick(...scope);
    const [v, extent] = [variable(chosen.name, "i32"), most(chosen.extent)];
    const other = this.pick(...scope);
    const reach = (extent - 1) * 2 + most(other.extent);
    switch (this.below(6)) {
      case 0:
        return remainder(v, bound);
      case 1:
        return extent <= bound * 2 ? quotient(v, 2) : remainder(v, bound);
      case 2:
        return reach <= bound
          ? add(multiply(v, integer(2)), variable(other.name, "i32"))
          : integer(bound - 1);
      case 3:
        return extent - 1 + most(other.extent) <= bound
          ? add(v, variable(other.name, "i32"))
          : remainder(v, bound);
      case 4:
        return bound >= 3
          ? { kind: "load", buffer: "u", at: [this.row(scope), remainder(v, 5)], type: "i32" }
          : integer(0);
      default:
        return extent < bound ? add(v, integer(this.below(bound - extent + 1))) : remainder(v, bound);
    }
  }
}

const around = (
  indices: readonly Index[],
  role: LoopRole,
  body: readonly Statement[],
): readonly Statement[] =>
  indices.reduceRight<readonly Statement[]>(
    (inner, { name, extent }) => [loop(name, extent, role, inner)],
    body,
  );

/** A program of one or two kernels. Each kernel has one or two nests. */
export const randomNests = (float: Float): fc.Arbitrary<LoopProgram> =>
  fc.gen().map((draw) => new NestDrawer(draw, float).program());

/**
 * Memory filled with small integers, the same for the same program. Numbers that serve as indices are below
 * 3.
 */
export function integerMemory({ buffers }: LoopProgram): LoopMemory {
  const memory = allocateBuffers(buffers, nestBatch);
  let state = 7;
  for (const [name, array] of memory) {
    const { element } = buffers.get(name) ?? { element: "f64" };
    for (let k = 0; k < array.length; k++) {
      state = (state * 1103515245 + 12345) % 2147483648;
      array[k] = element === "i32" ? (state >> 8) % 3 : ((state >> 8) % 7) - 3;
    }
  }
  return memory;
}
