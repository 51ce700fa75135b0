/**
 * Purpose   Compute several iterations of a loop at once: the loop variable v becomes a vector with the lanes
 *           v, v + 1, v + 2, …
 * Requires  statements with one index per axis, whose iterations along v are independent.
 * Ensures   values that depend on v become vectors. Other values stay scalar and are splatted where they are
 *           combined with vectors. Adjacent elements take one load or store; other elements are loaded or
 *           stored lane by lane. If the last vector is partial, only `count` of its lanes are stored.
 * Example   y[v] = x[v] · s   =>   y[v ..+4] = x[v ..+4] · s×4
 */
import type { Surroundings } from "../../loop/dependences.ts";
import { outsideAssignments } from "../../loop/dependences.ts";
import {
  add,
  children,
  integer,
  lanesOf,
  mapChildren,
  substitute,
  variable,
  visit,
} from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { mentionsAny } from "../../loop/accesses.ts";
import { define, store, visitStatements } from "../../loop/statements.ts";
import type { Statement, Store } from "../../loop/types.ts";
import type { Fresh } from "../../stages/loops.ts";
import { factorInLanes, positionIn } from "../../loop/linear.ts";

export interface Vectors extends Surroundings {
  /** The float type of the trainer, and the number of lanes of a vector. */
  readonly float: "f32" | "f64";
  readonly lanes: number;
  /** Variables whose values are multiples of `lanes`. */
  readonly aligned: ReadonlySet<string>;
  readonly fresh: Fresh;
  /** Makes names that differ from those of all buffers of the program. */
  readonly freshBuffer: Fresh;
}

/**
 * The number of active lanes of the current vector; undefined if all lanes are active. Inactive lanes have
 * arbitrary values.
 */
export type LaneCount = Expression | undefined;

/** Thrown inside this file if statements have no vector form. */
class NoVectorForm extends Error {}

/**
 * Returns the statements for `lanes` iterations, starting with `v`, or undefined if they have no vector form.
 * `others` are outer variables that are already vectors along v. The statements must not assign any other
 * outer variable.
 */
export function vectorise(
  statements: readonly Statement[],
  v: string,
  vectors: Vectors,
  count?: LaneCount,
  others: readonly string[] = [],
): readonly Statement[] | undefined {
  if ([...outsideAssignments(statements)].some((name) => !others.includes(name))) return undefined;
  try {
    return new Vectoriser(v, varyingIn(statements, [v, ...others]), vectors, count).block(statements);
  } catch (error) {
    if (error instanceof NoVectorForm) return undefined;
    throw error;
  }
}

/** The variables whose value differs between lanes. `known` are some of them. */
export function varyingIn(statements: readonly Statement[], known: readonly string[]): ReadonlySet<string> {
  const varying = new Set(known);
  for (let size = 0; size !== varying.size;) {
    size = varying.size;
    visitStatements(statements, (s) => {
      if ((s.kind === "let" || s.kind === "assign") && mentionsAny(s.value, varying)) varying.add(s.name);
    });
  }
  return varying;
}

const holdsLoad = (x: Expression): boolean => {
  let found = false;
  visit(x, (part) => {
    if (part.kind === "load") found = true;
  });
  return found;
};

class Vectoriser {
  private readonly v: string;
  private readonly varying: ReadonlySet<string>;
  /** The varying variables without v. */
  private readonly others: ReadonlySet<string>;
  private readonly vectors: Vectors;
  private readonly count: LaneCount;

  constructor(v: string, varying: ReadonlySet<string>, vectors: Vectors, count: LaneCount) {
    this.v = v;
    this.varying = varying;
    this.others = new Set([...varying].filter((name) => name !== v));
    this.vectors = vectors;
    this.count = count;
  }

  block(statements: readonly Statement[]): readonly Statement[] {
    return statements.flatMap((statement) => this.statement(statement));
  }

  private varies(x: Expression): boolean {
    return mentionsAny(x, this.varying);
  }

  private statement(statement: Statement): readonly Statement[] {
    switch (statement.kind) {
      case "for":
        if (this.varies(statement.from) || this.varies(statement.to)) throw new NoVectorForm();
        return [{ ...statement, body: this.block(statement.body) }];
      case "let":
      case "assign":
        return [
          this.varying.has(statement.name)
            ? { ...statement, value: this.vector(statement.value) }
            : statement,
        ];
      case "store":
        return this.stored(statement);
    }
  }

  private stored({ buffer, at, value, line }: Store): readonly Statement[] {
    const factor = this.factor(buffer, at);
    const vector = this.vector(value);
    if (factor === 1) {
      const whole = { ...store(buffer, at, vector), line };
      return [this.count === undefined ? whole : { ...whole, count: this.count }];
    }
    if (factor === 0) throw new NoVectorForm();
    const name = this.vectors.fresh(buffer);
    const known: Expression = { kind: "variable", name, type: value.type, lanes: this.vectors.lanes };
    return [
      { ...define(name, vector), line },
      ...Array.from({ length: this.staticCount() }, (_, index) => {
        const lane: Expression = { kind: "lane", x: known, index, type: value.type };
        return { ...store(buffer, this.inLane(at, index), lane), line };
      }),
    ];
  }

  /** The number of lanes to load or store one by one. */
  private staticCount(): number {
    if (this.count === undefined) return this.vectors.lanes;
    if (this.count.kind !== "number") throw new NoVectorForm();
    return this.count.value;
  }

  /**
   * The distance in memory between the elements of neighbouring lanes; undefined if it varies from lane to
   * lane.
   */
  private factor(name: string, at: readonly Expression[]): number | undefined {
    const buffer = this.vectors.buffers.get(name);
    if (buffer === undefined) throw new Error(`internal: unknown buffer ${name}`);
    const position = positionIn(buffer, at, this.vectors.batchSize);
    if (at.some((index) => mentionsAny(index, this.others))) throw new NoVectorForm();
    return factorInLanes(position, this.v, this.vectors.lanes, this.vectors.aligned);
  }

  /**
   * The indices for one lane. They must not contain other varying variables, which have no scalar value per
   * lane.
   */
  private inLane(at: readonly Expression[], lane: number): readonly Expression[] {
    if (at.some((index) => mentionsAny(index, this.others))) throw new NoVectorForm();
    const values = new Map([[this.v, add(variable(this.v, "i32"), integer(lane))]]);
    return at.map((index) => substitute(index, values));
  }

  /**
   * Builds a vector from one scalar per lane. Inactive lanes repeat the last active one, which is safe to
   * load.
   */
  private gathered(of: (lane: number) => Expression, type: Expression["type"]): Expression {
    const last = this.staticCount() - 1;
    const elements = Array.from({ length: this.vectors.lanes }, (_, lane) => of(Math.min(lane, last)));
    return { kind: "gather", elements, type };
  }

  private vector(x: Expression): Expression {
    const { lanes } = this.vectors;
    if (!this.varies(x)) return lanesOf(x) > 1 ? x : { kind: "splat", x, lanes, type: x.type };
    if (x.type === "f64" && this.vectors.float === "f32") throw new NoVectorForm();
    switch (x.kind) {
      case "variable":
        return x.name === this.v ? { kind: "ramp", x, lanes, type: "i32" } : { ...x, lanes };
      case "load":
        return this.loaded(x);
      case "binary":
        if (x.operator === "quotient" || x.operator === "remainder")
          return this.gathered((lane) => this.inLane([x], lane)[0], x.type);
        return mapChildren(x, (child) => this.vector(child));
      case "select":
        return this.selected(x);
      case "call":
        if (x.name === "randomKey") throw new NoVectorForm();
        return mapChildren(x, (child) => this.vector(child));
      case "negate":
      case "convert":
        return mapChildren(x, (child) => this.vector(child));
      default:
        throw new NoVectorForm();
    }
  }

  private loaded(x: Extract<Expression, { kind: "load" }>): Expression {
    const { lanes } = this.vectors;
    const factor = this.factor(x.buffer, x.at);
    if (factor === 1) return { ...x, lanes };
    // All lanes read the same element, although the index mentions v, as in ⌊v / 4⌋.
    if (factor === 0) return { kind: "splat", x, lanes, type: x.type };
    if (factor !== undefined && this.count === undefined) return { ...x, lanes, stride: factor };
    return this.gathered((lane) => ({ ...x, at: this.inLane(x.at, lane) }), x.type);
  }

  /**
   * Both branches are evaluated in every lane. A branch must not use an index that is loaded from memory,
   * because the index may be out of range in a lane that the select discards.
   */
  private selected(x: Extract<Expression, { kind: "select" }>): Expression {
    if (!this.varies(x.condition)) return { ...x, x: this.vector(x.x), y: this.vector(x.y) };
    const looks = (part: Expression): boolean =>
      part.kind === "load" ? part.at.some(holdsLoad) : children(part).some(looks);
    if (looks(x.x) || looks(x.y)) throw new NoVectorForm();
    return mapChildren(x, (child) => this.vector(child));
  }
}
