// The candidates of a search: every combination of values, or some that are drawn at random; each a spec of
// its own. A candidate is known by its number, which follows from the spec alone.
import { randomKey, randomUnit } from "../../runtime/numbers/random.ts";
import type { Search } from "../../compiler/spec/search-schema.ts";
import { canonicalJson } from "../../compiler/util/json.ts";
import { sha256 } from "../../compiler/util/sha256.ts";
import { isLayer, withLayer, withValue } from "./place-value.ts";
import { axesOf, type Axis } from "./space.ts";

export interface Candidate {
  /** From 0, in the order in which they are made. */
  readonly number: number;
  /** What was chosen, by the paths as they were written. */
  readonly values: Readonly<Record<string, unknown>>;
  /** As a person would have written it; it has no search. */
  readonly spec: unknown;
}

/** What values may say instead of being one. */
const asWritten = "on";
const leftOut = "off";

/** Specs that come out equal (the rate of a layer that is off, say) are one candidate, the first. */
export function candidatesOf(spec: unknown, search: Search): Candidate[] {
  const plain = withValue(spec, ["training", "search"], undefined);
  const axes = axesOf(plain, search);
  const found: Candidate[] = [];
  const seen = new Set<string>();
  for (const values of choicesOf(axes, search)) {
    const candidate = place(plain, axes, values);
    const digest = sha256(canonicalJson(candidate));
    if (seen.has(digest)) continue;
    seen.add(digest);
    const named = Object.fromEntries(axes.map(({ key }, i) => [key, values[i]]));
    found.push({ number: found.length, values: named, spec: candidate });
    if (found.length === search.samples) break;
  }
  return found;
}

/** The values of each axis, combination after combination. */
function choicesOf(axes: readonly Axis[], { samples, seed }: Search): Iterable<readonly unknown[]> {
  const combinations = axes.reduce((product, { count }) => product * count, 1);
  return samples === undefined || samples >= combinations ? grid(axes) : draws(axes, seed, 100 * samples);
}

/** All combinations; the last axis changes fastest. */
function* grid([axis, ...others]: readonly Axis[]): Generator<readonly unknown[]> {
  if (axis === undefined) return yield [];
  for (let index = 0; index < axis.count; index++)
    for (const rest of grid(others)) yield [axis.at((index + 0.5) / axis.count), ...rest];
}

/** So many draws. A draw follows from the seed and its number, so more draws begin with the same ones. */
function* draws(axes: readonly Axis[], seed: number, limit: number): Generator<readonly unknown[]> {
  for (let draw = 0; draw < limit; draw++) {
    const key = randomKey(seed, draw, salt);
    yield axes.map((axis, index) => axis.at(randomUnit(key, index)));
  }
}

/** No other use of a seed draws with it; see `salts` of the runtime. */
const salt = -5;

/** Shorter paths first: what a longer one changes is part of what a shorter one put there. */
function place(spec: unknown, axes: readonly Axis[], values: readonly unknown[]): unknown {
  const order = axes.map((axis, index) => ({ ...axis, value: values[index] }));
  order.sort((a, b) => a.path.length - b.path.length);
  const off = order.filter(({ value }) => value === leftOut).map(({ path }) => path);
  const isGone = ({ path }: Axis) =>
    off.some((prefix) => prefix.length < path.length && prefix.every((step, i) => path[i] === step));
  return order
    .filter((axis) => axis.value !== asWritten && !isGone(axis))
    .reduce((changed, { path, value }) => {
      const put = value === leftOut ? undefined : value;
      return isLayer(path) ? withLayer(changed, path, put) : withValue(changed, path, put);
    }, spec);
}
