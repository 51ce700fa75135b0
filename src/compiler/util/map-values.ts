/** A record of the same keys, with other values. */

/** `Object.fromEntries` defines own properties, so that no key reaches a prototype. */
export const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
