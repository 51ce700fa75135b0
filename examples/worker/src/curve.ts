/** The points of an SVG polyline for the losses of all epochs, in a box of 600 × 200. */
export function curvePoints(losses: readonly number[], top: number): string {
  const step = 600 / Math.max(1, losses.length - 1);
  return losses.map((loss, i) => `${(i * step).toFixed(1)},${(200 * (1 - loss / top)).toFixed(1)}`).join(" ");
}
