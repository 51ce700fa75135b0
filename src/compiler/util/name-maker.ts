/** Makes names that differ from `taken` and from each other, by appending a mark and a number. */
export function nameMaker(taken: Iterable<string>, mark: string): (base: string) => string {
  const used = new Set(taken);
  const next = new Map<string, number>();
  return (base) => {
    let name = base;
    for (let k = next.get(base) ?? 2; used.has(name); k++) {
      name = `${base}${mark}${k}`;
      next.set(base, k + 1);
    }
    used.add(name);
    return name;
  };
}
