/** Encodes the rows of data.csv: four lengths, and the index of the species in sorted order of the names. */
export function encode(csv: string): { flower: number[]; species: number[] } {
  const [, ...lines] = csv.trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(","));
  return {
    flower: rows.flatMap((row) => row.slice(0, 4).map(Number)),
    species: rows.flatMap((row) =>
      row.slice(4).map((name) => ["setosa", "versicolor", "virginica"].indexOf(name)),
    ),
  };
}
