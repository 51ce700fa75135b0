// Figures beside what is promised of them, as the bench prints them.

export interface Line {
  readonly what: string;
  readonly measured: string;
  /** What is promised; empty for figures that others are made of. */
  readonly limit?: string;
  readonly holds?: boolean;
}

const verdict = ({ limit = "", holds }: Line): string =>
  holds === undefined ? "" : `${limit}${holds ? "  holds" : "  MISSED"}`;

/** Prints them in columns; a limit that is missed makes the process end with 1. */
export function printLines(lines: readonly Line[]): void {
  const width = Math.max(46, ...lines.map(({ what }) => what.length + 2));
  for (const line of lines)
    console.log(`${line.what.padEnd(width)}${line.measured.padStart(18)}   ${verdict(line)}`.trimEnd());
  if (lines.some(({ holds }) => holds === false)) process.exitCode = 1;
}
