// The one error class for what the user handed over: a batch, a data file, a checkpoint, a flag.

/**
 * What was given is wrong. `line` is the line of the data file, or which row or item it is in words, where
 * there is one.
 */
export class InputError extends Error {
  readonly line: number | string | undefined;
  constructor(message: string, line?: number | string) {
    super(message);
    this.name = "InputError";
    this.line = line;
  }
}

/** The text as a message shows it: at most `most` characters, and none that moves the cursor of a terminal. */
export function shown(text: string, most = 60): string {
  return text
    .slice(0, most)
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (sign) => `\\u${sign.codePointAt(0)?.toString(16).padStart(4, "0")}`,
    )
    .concat(text.length > most ? "…" : "");
}
