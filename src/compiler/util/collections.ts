/** Maps of values: grouped by a key, or with other values. */

/** Values in groups of one key each, in the order in which keys first appear. (Node 20 has no `Map.groupBy`.) */
export function groupBy<V, K>(values: Iterable<V>, keyOf: (value: V) => K): Map<K, [V, ...V[]]> {
  const groups = new Map<K, [V, ...V[]]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

// A record of the same keys, with other values.

/** `Object.fromEntries` defines own properties, so that no key reaches a prototype. */
export const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
