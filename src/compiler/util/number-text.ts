/** Numbers as people write them in a formula. */

/** 0.09999999999999998 is the double 1 − 0.9: returns 0.9 if writing `1 − 0.9` is shorter, else undefined. */
export function complementOf(value: number): number | undefined {
  const other = Number((1 - value).toPrecision(8));
  const isShorter = String(value).length > 12 && String(other).length <= 8;
  return isShorter && 1 - other === value ? other : undefined;
}

/** Six digits; `…` marks omitted digits. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "NaN";
  const short = Number(value.toPrecision(6));
  return short === value ? String(value) : `${short}…`;
}

// Sizes and counts, formatted for people.

/** `14.2 kB`; a kilobyte is a thousand bytes. */
export const sizeText = (bytes: number): string => `${scaled(bytes, bytes < 1000 ? 0 : 1)}B`;

/** `1.3 MFLOP`: floating-point operations. */
export const workText = (flops: number): string => `${scaled(flops, flops < 1000 ? 0 : 1)}FLOP`;

/** `12,345` */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** `1 kernel`, `1,200 kernels` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

function scaled(value: number, digits: number): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let rest = value;
  let step = 0;
  while (rest >= 999.95 && step < prefixes.length - 1) {
    rest /= 1000;
    step++;
  }
  return `${rest.toFixed(digits)} ${prefixes[step]}`;
}
