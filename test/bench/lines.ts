// Measurements and their limits, as the bench prints them.

export interface Line {
  readonly what: string;
  readonly measured: string;
  /** The limit; missing for values from which others are computed. */
  readonly limit?: string;
  readonly holds?: boolean;
}

const verdict = ({ limit = "", holds }: Line): string =>
  holds === undefined ? "" : `${limit}${holds ? "  holds" : "  MISSED"}`;

/** Prints the lines in columns. If a limit is missed, sets the exit code to 1. */
export function printLines(lines: readonly Line[]): void {
  const width = Math.max(46, ...lines.map(({ what }) => what.length + 2));
  for (const line of lines)
    console.log(`${line.what.padEnd(width)}${line.measured.padStart(18)}   ${verdict(line)}`.trimEnd());
  if (lines.some(({ holds }) => holds === false)) process.exitCode = 1;
}
