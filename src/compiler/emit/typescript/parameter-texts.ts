/** Numbers and bytes as text: the shortest decimals with the same bits, or base64. */

/** The shortest decimal that converts to this number in its type. */
export function numberText(value: number, float: "f32" | "f64"): string {
  if (Object.is(value, -0)) return "-0";
  if (float === "f64") return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

/** The bytes of these numbers, one list after the other, in a typed array (little-endian). */
export function bytesOfNumbers(lists: readonly ArrayLike<number>[], float: "f32" | "f64"): Uint8Array {
  const count = lists.reduce((sum, { length }) => sum + length, 0);
  const array = float === "f32" ? new Float32Array(count) : new Float64Array(count);
  let start = 0;
  for (const numbers of lists) {
    array.set(numbers, start);
    start += numbers.length;
  }
  return new Uint8Array(array.buffer);
}

/** Browsers have this function, but not `Buffer`. */
declare function btoa(text: string): string;

/** The bytes in a line of base64 of the page width: three bytes are four characters. */
const bytesOfLine = 81;

/** Base64, broken into lines of the page width. */
export function base64Lines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += bytesOfLine)
    lines.push(btoa(String.fromCharCode(...bytes.subarray(start, start + bytesOfLine))));
  return lines.join("\n");
}
