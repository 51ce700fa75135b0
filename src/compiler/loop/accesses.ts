/**
 * The reads and writes of statements: the buffers and indices that they access, and the variables that they
 * mention.
 */
import { rowsVariable, visit } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { expressionsOf, visitStatements } from "./statements.ts";
import type { Buffer, For, Statement } from "./types.ts";

// Whether expressions mention variables. Every stage that moves, copies or vectorises loops needs this.

/** Whether x or one of its subexpressions is one of the variables. */
export function mentionsAny(x: Expression, names: ReadonlySet<string>): boolean {
  let found = false;
  visit(x, (part) => {
    if (part.kind === "variable" && names.has(part.name)) found = true;
  });
  return found;
}

/** Whether x or one of its subexpressions is the variable. */
export const mentions = (x: Expression, name: string): boolean => mentionsAny(x, new Set([name]));

/** Whether a loop runs over the batch, that is, its end depends on the number of rows. */
export const isOverBatch = ({ to }: For): boolean => mentions(to, rowsVariable);

// Reads and writes of statements. Loop fusion uses them to decide whether it may reorder statements.

export interface Access {
  readonly buffer: string;
  readonly at: readonly Expression[];
}

export interface Accesses {
  readonly loads: readonly Access[];
  readonly stores: readonly Access[];
  /** The variables that the statements read, and those that they define or assign. */
  readonly reads: ReadonlySet<string>;
  readonly assigns: ReadonlySet<string>;
  readonly loaded: ReadonlySet<string>;
  readonly stored: ReadonlySet<string>;
}

/** The accesses of single statements, and of lists of them. */
const known = new WeakMap<Statement | readonly Statement[], Accesses>();

export function accessesOf(statements: readonly Statement[]): Accesses {
  const key = statements.length === 1 ? statements[0] : statements;
  const accesses = known.get(key) ?? accessesIn(statements);
  known.set(key, accesses);
  return accesses;
}

function accessesIn(statements: readonly Statement[]): Accesses {
  const loads: Access[] = [];
  const stores: Access[] = [];
  const reads = new Set<string>();
  const assigns = new Set<string>();
  visitStatements(statements, (statement) => {
    if (statement.kind === "store") stores.push(statement);
    if (statement.kind === "let" || statement.kind === "assign") assigns.add(statement.name);
    for (const x of expressionsOf(statement))
      visit(x, (part) => {
        if (part.kind === "load") loads.push(part);
        if (part.kind === "variable") reads.add(part.name);
      });
  });
  return {
    loads,
    stores,
    reads,
    assigns,
    loaded: new Set(loads.map(({ buffer }) => buffer)),
    stored: new Set(stores.map(({ buffer }) => buffer)),
  };
}

/**
 * The buffers whose memory the statements change: the stored buffers, and all buffers that overlap a stored
 * one. A buffer that covers others is a second name for their memory.
 */
export function changedBuffers(
  statements: readonly Statement[],
  buffers: ReadonlyMap<string, Buffer>,
): ReadonlySet<string> {
  const { stored } = accessesOf(statements);
  const changed = new Set(stored);
  for (const [whole, { covers = [] }] of buffers) {
    if (covers.some((part) => stored.has(part))) changed.add(whole);
    if (stored.has(whole)) for (const part of covers) changed.add(part);
  }
  return changed;
}

export const intersects = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const x of a) if (b.has(x)) return true;
  return false;
};

/** Whether `later` must remain after `earlier`. */
export const conflicts = (earlier: Accesses, later: Accesses): boolean =>
  intersects(earlier.stored, later.loaded) ||
  intersects(earlier.stored, later.stored) ||
  intersects(earlier.loaded, later.stored) ||
  intersects(earlier.assigns, later.reads) ||
  intersects(earlier.reads, later.assigns);

/** Whether both access a common buffer, so that fusing them saves memory traffic. */
export const shareBuffers = (a: Accesses, b: Accesses): boolean =>
  intersects(a.stored, b.loaded) || intersects(a.loaded, b.loaded) || intersects(a.loaded, b.stored);

/**
 * Whether the iterations of two loops with the bounds of `loop` may interleave. If one loop stores a buffer
 * that the other accesses, different iterations must not access the same element. A sufficient condition is
 * that on some axis both indices are the loop variable plus a constant, and the two constants are equal or
 * differ by at least the extent of the loop.
 */
export function canInterleave(a: Accesses, b: Accesses, loop: For): boolean {
  const extent =
    loop.to.kind === "number" && loop.from.kind === "number" ? loop.to.value - loop.from.value : Infinity;
  const isDisjoint = (x: Expression, y: Expression | undefined): boolean => {
    const [p, q] = [shiftOf(x, loop.variable), y && shiftOf(y, loop.variable)];
    return p !== undefined && q !== undefined && (p === q || Math.abs(p - q) >= extent);
  };
  const holds = (stores: readonly Access[], others: readonly Access[]): boolean =>
    stores.every((s) =>
      others.every((o) => s.buffer !== o.buffer || s.at.some((index, axis) => isDisjoint(index, o.at[axis]))),
    );
  return holds(a.stores, b.loads) && holds(a.stores, b.stores) && holds(b.stores, a.loads);
}

/** The constant c of an index i + c, where i is the variable; undefined for other indices. */
function shiftOf(index: Expression, variable: string): number | undefined {
  if (index.kind === "variable") return index.name === variable ? 0 : undefined;
  if (index.kind !== "binary" || index.operator !== "+" || index.y.kind !== "number") return undefined;
  return index.x.kind === "variable" && index.x.name === variable ? index.y.value : undefined;
}
