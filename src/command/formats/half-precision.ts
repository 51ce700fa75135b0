/** Numbers of 16 bits, of which the language has none: as NumPy's and safetensors' files hold them. */

/** IEEE's: sign, exponent (5 bits, bias 15) and fraction (10 bits). */
export function float16(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, (bits & 0x3ff) / 0x400];
  if (exponent === 0) return sign * 2 ** -14 * fraction;
  if (exponent < 0x1f) return sign * 2 ** (exponent - 15) * (1 + fraction);
  return fraction === 0 ? sign * Infinity : NaN;
}

/** bfloat16 is the upper half of a number of 32 bits. */
export function bfloat16(bits: number): number {
  const wide = new DataView(new ArrayBuffer(4));
  wide.setUint16(0, bits);
  return wide.getFloat32(0);
}
