/** Encodes the rows of data.csv as the spec says: pixels from 0 to 16 are divided by 16. */
export function encode(csv: string): { pixels: number[]; digit: number[] } {
  const [, ...lines] = csv.trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(",").map(Number));
  return {
    pixels: rows.flatMap((row) => row.slice(0, 64).map((pixel) => pixel / 16)),
    digit: rows.flatMap((row) => row.slice(64)),
  };
}
