// The one error class for what the user handed over: a batch, a data file, a checkpoint, a flag.

/** What was given is wrong. `line` is the line of the data file, or which row or item it is in words, where there is one. */
export class InputError extends Error {
  readonly line: number | string | undefined;
  constructor(message: string, line?: number | string) {
    super(message);
    this.name = "InputError";
    this.line = line;
  }
}
