/** Sizes and counts, as people read them. */

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
