/** Encodes the rows of data.csv as the spec says: each measurement is scaled to mean 0 and variance 1. */
export function encode(csv: string): { patient: number[]; progression: number[] } {
  const [, ...lines] = csv.trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(",").map(Number));
  const scales = Array.from({ length: 10 }, (_, column) => scaleOf(rows.map((row) => row[column])));
  return {
    patient: rows.flatMap((row) => scales.map((scale, column) => scale(row[column]))),
    progression: rows.flatMap((row) => row.slice(10)),
  };
}

function scaleOf(values: readonly number[]): (value: number) => number {
  const meanOf = (numbers: readonly number[]) =>
    numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const mean = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  return (value) => (value - mean) / deviation;
}
