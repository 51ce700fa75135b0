/**
 * Whether the iterations of a loop may run at the same time: none touches what another stores. On some axis of each buffer that is
 * stored, all that one iteration touches lies within a stretch of its own.
 *
 *     for i step 4: y[i + 2, j] = y[i, j] + 1      one stretch is i … i + 3
 */
import { accessesOf } from "../../loop/accesses.ts";
import { lanesOf, substitute, visit } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { mentions } from "../../loop/mentions.ts";
import { rangeOf, rangesOf } from "../../loop/intervals.ts";
import type { Ranges } from "../../loop/intervals.ts";
import { substituteVariables, visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { Buffer, For, Statement } from "../../loop/types.ts";
import { linearOf } from "../linear.ts";

/** An access with the number of elements along the last axis that it reaches. */
interface Touch {
  readonly at: readonly Expression[];
  readonly width: number;
}

interface Touches {
  readonly loads: readonly Touch[];
  readonly stores: readonly Touch[];
}

const holdsLoad = (x: Expression): boolean => {
  let found = false;
  visit(x, (part) => {
    if (part.kind === "load") found = true;
  });
  return found;
};

/** The loop's body in terms of its loop variables: integers that have names of their own are what they stand for. */
function withoutNames(body: readonly Statement[]): readonly Statement[] {
  const values = new Map<string, Expression>();
  visitStatements(body, (s) => {
    if (s.kind !== "let" || s.mutable || s.value.type !== "i32" || lanesOf(s.value) > 1) return;
    if (!holdsLoad(s.value)) values.set(s.name, substitute(s.value, values));
  });
  return substituteVariables(body, values);
}

/** v kept between bounds that are the same for all iterations: tiles that overlap store the same numbers twice. */
function isClamped(x: Expression, v: string): boolean {
  if (x.kind === "variable") return x.name === v;
  if (x.kind !== "call" || (x.name !== "minimum" && x.name !== "maximum")) return false;
  const [varying, ...others] = x.operands.filter((operand) => mentions(operand, v));
  return varying !== undefined && others.length === 0 && isClamped(varying, v);
}

/** Where an index lies from `factor` times the loop's variable on; nothing where that is not known. */
interface Stretch {
  readonly factor: number;
  readonly least: number;
  readonly most: number;
  readonly isClamped: boolean;
}

function stretchOf(index: Expression, width: number, v: string, ranges: Ranges): Stretch | undefined {
  const { terms, constant } = linearOf(index);
  let [factor, least, most, clamped] = [0, constant, constant + width - 1, false];
  for (const { part, factor: own } of terms) {
    if (mentions(part, v)) {
      if (!isClamped(part, v)) return undefined;
      factor += own;
      clamped ||= part.kind !== "variable";
      continue;
    }
    const range = rangeOf(part, ranges);
    least += Math.min(own * range.least, own * range.most);
    most += Math.max(own * range.least, own * range.most);
  }
  return { factor, least, most, isClamped: clamped };
}

/** Whether on this axis each iteration keeps to a stretch of its own. */
function keepsApart(
  axis: number,
  { loads, stores }: Touches,
  { variable: v, step }: For,
  ranges: Ranges,
): boolean {
  const stretches = [...loads, ...stores].map(({ at, width }) =>
    stretchOf(at[axis], axis === at.length - 1 ? width : 1, v, ranges),
  );
  let [least, most] = [Infinity, -Infinity];
  for (const stretch of stretches) {
    if (stretch === undefined || stretch.factor <= 0 || stretch.factor !== stretches[0]?.factor) return false;
    if (stretch.isClamped && loads.length > 0) return false;
    least = Math.min(least, stretch.least);
    most = Math.max(most, stretch.most);
  }
  return most - least < (stretches[0]?.factor ?? 0) * step;
}

function touchesOf(body: readonly Statement[], ranges: Ranges): ReadonlyMap<string, Touches> {
  const touches = new Map<string, { loads: Touch[]; stores: Touch[] }>();
  const of = (buffer: string) => {
    const known = touches.get(buffer) ?? { loads: [], stores: [] };
    touches.set(buffer, known);
    return known;
  };
  visitStatements(body, (s) => {
    if (s.kind !== "store") return;
    const stored = s.count === undefined ? Infinity : rangeOf(s.count, ranges).most;
    of(s.buffer).stores.push({ at: s.at, width: Math.min(lanesOf(s.value), stored) });
  });
  visitExpressions(body, (x) => {
    if (x.kind === "load")
      of(x.buffer).loads.push({ at: x.at, width: 1 + (lanesOf(x) - 1) * (x.stride ?? 1) });
  });
  return touches;
}

const accumulates = (loop: For): boolean => {
  const own = new Set<string>();
  const assigned: string[] = [];
  visitStatements(loop.body, (s) => {
    if (s.kind === "let") own.add(s.name);
    if (s.kind === "assign") assigned.push(s.name);
  });
  return assigned.some((name) => !own.has(name));
};

/** Buffers that lie in one another, where one is stored. */
function overlap(body: readonly Statement[], buffers: ReadonlyMap<string, Buffer>): boolean {
  const { loaded, stored } = accessesOf(body);
  const touched = [...new Set([...loaded, ...stored])];
  return touched.some((whole) =>
    buffers
      .get(whole)
      ?.covers?.some((part) => touched.includes(part) && (stored.has(whole) || stored.has(part))),
  );
}

/**
 * The buffers that would have to be each thread's own for the loop's iterations to run at the same time, often none; undefined where
 * they may not, whatever is whose.
 */
export function sharedStores(
  loop: For,
  buffers: ReadonlyMap<string, Buffer>,
  batchSize: number,
): readonly string[] | undefined {
  if (accumulates(loop) || overlap(loop.body, buffers)) return undefined;
  const plain = { ...loop, body: withoutNames(loop.body) };
  const ranges = rangesOf([plain], batchSize);
  const shared: string[] = [];
  for (const [name, touches] of touchesOf(plain.body, ranges)) {
    if (touches.stores.length === 0) continue;
    const axes = touches.stores[0].at.map((_, axis) => axis);
    if (!axes.some((axis) => keepsApart(axis, touches, plain, ranges))) shared.push(name);
  }
  return shared;
}
