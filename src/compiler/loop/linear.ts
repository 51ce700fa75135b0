/** Index arithmetic in linear form: a position in memory as a sum of multiples of loop variables. */
import { sizeOf } from "../ir/types.ts";
import { keyOf } from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { mentions } from "./accesses.ts";
import type { Buffer } from "./types.ts";

/**
 * A linear form: a sum of terms factor · part, plus a constant. A part is a loop variable or a non-linear
 * expression.
 */
export interface Linear {
  readonly terms: readonly { readonly part: Expression; readonly factor: number }[];
  readonly constant: number;
}

const scaled = (x: Linear, by: number): Linear => ({
  terms: x.terms.map(({ part, factor }) => ({ part, factor: factor * by })),
  constant: x.constant * by,
});

function summed(x: Linear, y: Linear): Linear {
  const terms = [...x.terms];
  for (const term of y.terms) {
    const key = keyOf(term.part);
    const at = terms.findIndex(({ part }) => keyOf(part) === key);
    if (at < 0) terms.push(term);
    else terms[at] = { part: term.part, factor: terms[at].factor + term.factor };
  }
  return joinQuotients({
    terms: terms.filter(({ factor }) => factor !== 0),
    constant: x.constant + y.constant,
  });
}

/**
 * ⌊p / (e·m)⌋ · m·f + (⌊p / e⌋ mod m) · f = ⌊p / e⌋ · f, for a reshape that does not move elements in memory.
 * For e = 1, ⌊p / e⌋ is p.
 */
function joinQuotients(sum: Linear): Linear {
  const { terms, constant } = sum;
  for (const [i, { part: quotient, factor: large }] of terms.entries()) {
    if (!isDivision(quotient, "quotient")) continue;
    const j = terms.findIndex(
      ({ part, factor }) =>
        isDivision(part, "remainder") &&
        large === part.y.value * factor &&
        isQuotientOf(part.x, quotient.x, quotient.y.value / part.y.value),
    );
    if (j < 0) continue;
    const { part, factor } = terms[j];
    const rest = terms.filter((_, k) => k !== i && k !== j);
    if (isDivision(part, "remainder"))
      return summed({ terms: rest, constant }, scaled(linearOf(part.x), factor));
  }
  return sum;
}

type Division = Extract<Expression, { kind: "binary" }> & {
  readonly y: Extract<Expression, { kind: "number" }>;
};

const isDivision = (x: Expression, operator: "quotient" | "remainder"): x is Division =>
  x.kind === "binary" && x.operator === operator && x.y.kind === "number";

/** Whether x is ⌊p / e⌋. For e = 1, that is p. */
const isQuotientOf = (x: Expression, p: Expression, e: number): boolean =>
  e === 1 ? keyOf(x) === keyOf(p) : isDivision(x, "quotient") && x.y.value === e && keyOf(x.x) === keyOf(p);

export function linearOf(x: Expression): Linear {
  if (x.kind === "number") return { terms: [], constant: x.value };
  if (x.kind === "binary" && x.type === "i32") {
    if (x.operator === "+") return summed(linearOf(x.x), linearOf(x.y));
    if (x.operator === "-") return summed(linearOf(x.x), scaled(linearOf(x.y), -1));
    if (x.operator === "*" && x.y.kind === "number") return scaled(linearOf(x.x), x.y.value);
  }
  return { terms: [{ part: x, factor: 1 }], constant: 0 };
}

const stridesOf = (buffer: Buffer, batchSize: number): number[] =>
  buffer.shape.map((_, axis) => sizeOf(buffer.shape.slice(axis + 1), batchSize));

/** The position of an element in its buffer, computed from one index per axis. */
export function positionIn(buffer: Buffer, at: readonly Expression[], batchSize: number): Linear {
  const strides = stridesOf(buffer, batchSize);
  return at
    .map((index, axis) => scaled(linearOf(index), strides[axis]))
    .reduce(summed, { terms: [], constant: 0 });
}

/** The factor of a variable in a position; undefined if the variable also occurs in a non-linear term. */
export function factorOf({ terms }: Linear, variable: string): number | undefined {
  let factor = 0;
  for (const { part, factor: own } of terms) {
    if (part.kind === "variable" && part.name === variable) factor = own;
    else if (mentions(part, variable)) return undefined;
  }
  return factor;
}

/**
 * The distance in memory between the elements of neighbouring lanes; undefined if it varies from lane to
 * lane. The first lane of each vector is at a multiple of `lanes`. With four lanes, for example, ⌊v / 16⌋ is
 * the same in all lanes of a vector, and v mod 16 increases by one from lane to lane. The `aligned` variables
 * are multiples of `lanes`.
 */
export function factorInLanes(
  { terms }: Linear,
  v: string,
  lanes: number,
  aligned: ReadonlySet<string>,
): number | undefined {
  let sum = 0;
  for (const { part, factor } of terms) {
    if (!mentions(part, v)) continue;
    if (part.kind === "variable") sum += factor;
    else if (part.kind !== "binary" || !isInOneRun(part, v, lanes, aligned)) return undefined;
    else if (part.operator === "remainder") sum += factor;
    else if (part.operator !== "quotient") return undefined;
  }
  return sum;
}

/** Whether the dividends of all lanes are between the same two neighbouring multiples of the divisor. */
function isInOneRun(
  { x, y }: Extract<Expression, { kind: "binary" }>,
  v: string,
  lanes: number,
  aligned: ReadonlySet<string>,
): boolean {
  const { terms, constant } = linearOf(x);
  const isMultiple = (part: Expression) => part.kind === "variable" && aligned.has(part.name);
  return (
    y.kind === "number" &&
    y.value % lanes === 0 &&
    constant % lanes === 0 &&
    terms.every(({ part, factor }) =>
      part.kind === "variable" && part.name === v ? factor === 1 : factor % lanes === 0 || isMultiple(part),
    )
  );
}
