/** A measure for people, as the results of `train` have it: four digits after the point, or four in all for what that would hide. */
export function figureText(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.001 && size < 1e6) ? value.toFixed(4) : value.toPrecision(4);
}
