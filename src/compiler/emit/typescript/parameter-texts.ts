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

/** The bytes of the numbers in a typed array (little-endian). */
export function bytesOfNumbers(numbers: readonly number[], float: "f32" | "f64"): Uint8Array {
  const array = float === "f32" ? Float32Array.from(numbers) : Float64Array.from(numbers);
  return new Uint8Array(array.buffer);
}

/** Base64, broken into lines of the page width. */
export function base64Lines(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64");
  return text.match(/.{1,108}/g)?.join("\n") ?? "";
}
