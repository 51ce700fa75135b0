/**
 * Dependences between the iterations of a loop: which buffers several iterations access, and whether the
 * order of the iterations matters.
 *
 * Iterations are independent in a buffer if, on some axis, no range stored by one iteration overlaps a range
 * accessed by another:
 *
 *     for i step 4: y[i + 2, j] = y[i, j] + 1
 *
 * Here, two iterations are 4, 8, … rows apart, but only rows at a distance of 2 would depend on each other.
 *
 * The position in memory is treated as an additional axis, so the analysis also covers reshaped indices (y[i
 * div 8, i mod 8]) and strided vectors.
 */
import { accessesOf, changedBuffers, intersects, mentions, mentionsAny } from "./accesses.ts";
import { children, keyOf, lanesOf, substitute, visit } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { rangeOf, rangesOf } from "./intervals.ts";
import type { Ranges } from "./intervals.ts";
import { linearOf, positionIn } from "./linear.ts";
import type { Linear } from "./linear.ts";
import { expressionsOf, substituteVariables, visitExpressions, visitStatements } from "./statements.ts";
import type { Buffer, For, Statement } from "./types.ts";

/** The facts about the code around a loop that the analysis uses. */
export interface Surroundings {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly batchSize: number;
  /**
   * The ranges of variables from outside the loop. If a variable has no range, the analysis knows only that
   * it is the same in all iterations.
   */
  readonly ranges?: Ranges;
}

/** An access to `lanes` elements that are `stride` apart in memory. */
interface StridedAccess {
  readonly at: readonly Expression[];
  readonly lanes: number;
  readonly stride: number;
}

interface BufferAccesses {
  readonly loads: readonly StridedAccess[];
  readonly stores: readonly StridedAccess[];
}

const containsLoad = (x: Expression): boolean => {
  let found = false;
  visit(x, (part) => {
    if (part.kind === "load") found = true;
  });
  return found;
};

/**
 * The body with every immutable integer variable replaced by its definition, so that indices depend directly
 * on loop variables.
 */
function withoutNames(body: readonly Statement[]): readonly Statement[] {
  const values = new Map<string, Expression>();
  visitStatements(body, (s) => {
    if (s.kind !== "let" || s.mutable || s.value.type !== "i32" || lanesOf(s.value) > 1) return;
    if (!containsLoad(s.value)) values.set(s.name, substitute(s.value, values));
  });
  return substituteVariables(body, values);
}

/**
 * Whether x is v clamped to bounds that are the same in all iterations. Overlapping tiles use such indices,
 * and store the same numbers twice.
 */
function isClamped(x: Expression, v: string): boolean {
  if (x.kind === "variable") return x.name === v;
  if (x.kind !== "call" || (x.name !== "minimum" && x.name !== "maximum")) return false;
  const [varying, ...others] = x.operands.filter((operand) => mentions(operand, v));
  return varying !== undefined && others.length === 0 && isClamped(varying, v);
}

/** The range of an access: from `factor` · v + `base` + `least` to `factor` · v + `base` + `most`. */
interface ElementRange {
  readonly factor: number;
  /** The loop-invariant terms of the index, as a string. */
  readonly base: string;
  readonly least: number;
  readonly most: number;
  readonly isClamped: boolean;
}

/** The analysis of one loop. */
class IterationSpace {
  readonly body: readonly Statement[];
  private readonly v: string;
  private readonly step: number;
  /** The end of the loop minus its start; Infinity if either is not a number. */
  private readonly extent: number;
  private readonly surroundings: Surroundings;
  /** The variables that the body defines or assigns, and the buffers that it stores. */
  private readonly changing: ReadonlySet<string>;
  private readonly stored: ReadonlySet<string>;
  private readonly ranges: Ranges;

  constructor(loop: For, surroundings: Surroundings) {
    this.body = withoutNames(loop.body);
    this.v = loop.variable;
    this.step = loop.step;
    const { from, to } = loop;
    this.extent = from.kind === "number" && to.kind === "number" ? to.value - from.value : Infinity;
    this.surroundings = surroundings;
    const { assigns, stored } = accessesOf(this.body);
    const changing = new Set(assigns);
    visitStatements(this.body, (s) => s.kind === "for" && changing.add(s.variable));
    this.changing = changing;
    this.stored = stored;
    const own = rangesOf([{ ...loop, body: this.body }], surroundings.batchSize);
    this.ranges = new Map([...(surroundings.ranges ?? []), ...own]);
  }

  /** The stored buffers in which two iterations may access the same element. */
  sharedBuffers(): readonly string[] {
    return [...this.touches()].flatMap(([name, touches]) =>
      touches.stores.length > 0 && !this.isIndependentIn(name, touches) ? [name] : [],
    );
  }

  private touches(): ReadonlyMap<string, BufferAccesses> {
    const touches = new Map<string, { loads: StridedAccess[]; stores: StridedAccess[] }>();
    const of = (buffer: string) => {
      const known = touches.get(buffer) ?? { loads: [], stores: [] };
      touches.set(buffer, known);
      return known;
    };
    const load = (x: Expression, needed: number): void => {
      if (x.kind === "load")
        of(x.buffer).loads.push({ at: x.at, lanes: Math.min(lanesOf(x), needed), stride: x.stride ?? 1 });
      const isLaneByLane =
        x.kind === "binary" || x.kind === "negate" || x.kind === "select" || x.kind === "call";
      for (const part of children(x)) load(part, isLaneByLane ? needed : Infinity);
    };
    visitStatements(this.body, (s) => {
      // A lane that is not stored may have any value, and so may the lanes from which it is computed.
      const count = s.kind === "store" && s.count ? rangeOf(s.count, this.ranges).most : Infinity;
      for (const x of expressionsOf(s)) load(x, s.kind === "store" && x === s.value ? count : Infinity);
      if (s.kind === "store")
        of(s.buffer).stores.push({ at: s.at, lanes: Math.min(lanesOf(s.value), count), stride: 1 });
    });
    return touches;
  }

  /**
   * Whether, on some axis or in memory, no range stored by one iteration overlaps a range accessed by
   * another.
   */
  private isIndependentIn(name: string, { loads, stores }: BufferAccesses): boolean {
    const all = [...stores, ...loads];
    const buffer = this.surroundings.buffers.get(name);
    if (buffer === undefined || all.some(({ at }) => at.length !== buffer.shape.length)) return false;
    const { batchSize } = this.surroundings;
    const inMemory = (touch: StridedAccess) =>
      this.elementRangeOf(positionIn(buffer, touch.at, batchSize), 1 + (touch.lanes - 1) * touch.stride);
    if (this.areDisjoint(stores.map(inMemory), loads.map(inMemory))) return true;
    if (!all.every((touch) => this.staysInRow(touch, buffer))) return false;
    const last = buffer.shape.length - 1;
    return buffer.shape.some((_, axis) => {
      const along = ({ at, lanes }: StridedAccess) =>
        this.elementRangeOf(linearOf(at[axis]), axis === last ? lanes : 1);
      return this.areDisjoint(stores.map(along), loads.map(along));
    });
  }

  /** Whether all elements of an access differ only in their index on the last axis. */
  private staysInRow({ at, lanes, stride }: StridedAccess, { shape }: Buffer): boolean {
    if (lanes === 1) return true;
    const extent = shape[shape.length - 1];
    const { least, most } = rangeOf(at[at.length - 1], this.ranges);
    return (
      stride === 1 && least >= 0 && most + lanes <= (extent === "n" ? this.surroundings.batchSize : extent)
    );
  }

  private areDisjoint(
    stores: readonly (ElementRange | undefined)[],
    loads: readonly (ElementRange | undefined)[],
  ): boolean {
    if (loads.length > 0 && [...stores, ...loads].some((range) => range?.isClamped)) return false;
    return stores.every(
      (a, index) =>
        a !== undefined && [...stores.slice(index), ...loads].every((b) => this.neverOverlap(a, b)),
    );
  }

  /**
   * Whether range a of one iteration and range b of another have no element in common. Let k be the distance
   * between the two iterations: a multiple of the step that is not 0 and is smaller than the extent of the
   * loop. The ranges overlap if, for some k, factor · k is between b.least − a.most and b.most − a.least.
   */
  private neverOverlap(a: ElementRange, b: ElementRange | undefined): boolean {
    if (b === undefined || a.factor === 0 || a.factor !== b.factor || a.base !== b.base) return false;
    const [least, most] = [b.least - a.most, b.most - a.least];
    const stride = Math.abs(a.factor) * this.step;
    const farthest = stride * Math.floor((this.extent - 1) / this.step);
    // The smallest positive multiple of the stride that is at least `least`, and the absolute value of the
    // largest negative multiple that is at most `most`.
    const above = Math.max(stride, Math.ceil(least / stride) * stride);
    const below = Math.max(stride, Math.ceil(-most / stride) * stride);
    return (above > most || above > farthest) && (below > -least || below > farthest);
  }

  /**
   * The range of `width` elements that starts at a linear form. Undefined if v occurs in a term that is not
   * linear.
   */
  private elementRangeOf({ terms, constant }: Linear, width: number): ElementRange | undefined {
    let [factor, least, most, clamped] = [0, constant, constant + width - 1, false];
    const base: string[] = [];
    for (const { part, factor: own } of terms) {
      if (mentions(part, this.v)) {
        if (!isClamped(part, this.v)) return undefined;
        factor += own;
        clamped ||= part.kind !== "variable";
      } else if (this.isConstant(part)) base.push(`${own} * ${keyOf(part)}`);
      else {
        const range = rangeOf(part, this.ranges);
        least += Math.min(own * range.least, own * range.most);
        most += Math.max(own * range.least, own * range.most);
      }
    }
    return { factor, base: base.sort().join(" + "), least, most, isClamped: clamped };
  }

  private isConstant(x: Expression): boolean {
    let constant = !mentionsAny(x, this.changing);
    visit(x, (part) => {
      if (part.kind === "load" && this.stored.has(part.buffer)) constant = false;
    });
    return constant;
  }
}

/** The variables that the statements assign but do not define. */
export function outsideAssignments(statements: readonly Statement[]): ReadonlySet<string> {
  const own = new Set<string>();
  const assigned = new Set<string>();
  visitStatements(statements, (s) => {
    if (s.kind === "let") own.add(s.name);
    if (s.kind === "assign") assigned.add(s.name);
  });
  return new Set([...assigned].filter((name) => !own.has(name)));
}

/** Whether the statements store a buffer and access another buffer that overlaps it. */
export function storesAliases(body: readonly Statement[], buffers: ReadonlyMap<string, Buffer>): boolean {
  const wholes = [...buffers.values()].filter(({ covers }) => covers !== undefined);
  if (wholes.length === 0) return false;
  const { loaded, stored } = accessesOf(body);
  const isTouched = (buffer: string) => loaded.has(buffer) || stored.has(buffer);
  return wholes.some(({ name, covers = [] }) => {
    const parts = isTouched(name) ? covers.filter(isTouched) : [];
    return stored.has(name) ? parts.length > 0 : parts.some((part) => stored.has(part));
  });
}

/**
 * The stored buffers in which two iterations may access the same element. Undefined if the loop stores a
 * buffer and accesses another one that overlaps it.
 */
const sharedBuffers = (loop: For, surroundings: Surroundings): readonly string[] | undefined =>
  storesAliases(loop.body, surroundings.buffers)
    ? undefined
    : new IterationSpace(loop, surroundings).sharedBuffers();

/**
 * If threads run the iterations at the same time, each thread needs its own copy of these buffers. The list
 * is often empty. Undefined if the iterations cannot run at the same time even with copies.
 */
export const sharedStores = (loop: For, surroundings: Surroundings): readonly string[] | undefined =>
  outsideAssignments(loop.body).size > 0 ? undefined : sharedBuffers(loop, surroundings);

/** Whether no iteration accesses memory that another one stores. Accumulation in variables is ignored. */
export const isIndependentInMemory = (loop: For, surroundings: Surroundings): boolean =>
  sharedBuffers(loop, surroundings)?.length === 0;

/**
 * Whether statements of different iterations may be interleaved (unroll-and-jam). If iterations share
 * elements of a buffer, they may only add to them, and each addition must be one statement. Any order then
 * yields the same sum up to rounding.
 */
export function mayInterleave(loop: For, surroundings: Surroundings): boolean {
  const shared = sharedStores(loop, surroundings);
  return shared !== undefined && shared.every((buffer) => isOnlyAddedTo(buffer, loop.body));
}

/** Whether the buffer is accessed only in statements B[i] = B[i] + x, where x does not read B. */
export function isOnlyAddedTo(buffer: string, body: readonly Statement[]): boolean {
  let [holds, loads, sums] = [true, 0, 0];
  visitStatements(body, (s) => {
    if (s.kind !== "store" || s.buffer !== buffer) return;
    sums += 1;
    const { value, at } = s;
    const own = { kind: "load", buffer, at, type: value.type } as const;
    const lanes = lanesOf(value);
    const key = keyOf(lanes === 1 ? own : { ...own, lanes });
    const isSum = value.kind === "binary" && value.operator === "+";
    if (!isSum || (keyOf(value.x) !== key && keyOf(value.y) !== key)) holds = false;
  });
  visitExpressions(body, (x) => {
    if (x.kind === "load" && x.buffer === buffer) loads += 1;
  });
  return holds && loads === sums;
}

/** Whether the statements load a buffer that they store, or one that overlaps a stored buffer. */
export const readsStoredBuffers = (
  body: readonly Statement[],
  buffers: ReadonlyMap<string, Buffer>,
): boolean => intersects(accessesOf(body).loaded, changedBuffers(body, buffers));
