/** Formats a number for display: three digits, with a power of ten if the number is small or large. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace("e+", "e");
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** Formats a fraction from 0 to 1 as a percentage. */
export const percent = (fraction: number): string => `${formatNumber(100 * fraction)} %`;

/** Formats a duration, such as "1 h 04 min" or "12 s". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours === 0) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
}
