/** Encodes the rows of data.csv: two coordinates, and the index of the moon in sorted order of the names. */
export function encode(csv: string): { point: number[]; moon: number[] } {
  const [, ...lines] = csv.trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(","));
  return {
    point: rows.flatMap(([x, y]) => [Number(x), Number(y)]),
    moon: rows.map(([, , moon]) => ["lower", "upper"].indexOf(moon)),
  };
}
