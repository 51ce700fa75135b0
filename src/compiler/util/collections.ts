/** Lists of consecutive integers, lists that are mapped, values grouped by a key, and the values of records. */

/** `count` consecutive integers. */
export const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

/** Whether two lists have the same members in the same order. */
export const sameMembers = <V>(a: readonly V[], b: readonly V[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** The list with f applied to each member; the list itself if f returns every member unchanged. */
export function mapMembers<V>(list: readonly V[], f: (value: V) => V): readonly V[] {
  const mapped = list.map(f);
  return sameMembers(mapped, list) ? list : mapped;
}

/** Values grouped by key, in the order in which keys first occur. (Node 20 has no `Map.groupBy`.) */
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

// Maps the values of a record.

/** `Object.fromEntries` defines own properties, so a key `__proto__` stays an ordinary key. */
export const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
