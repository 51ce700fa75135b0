// The error class for invalid input (a batch, a data file, a checkpoint, a flag), checks of option names, and
// texts for messages.

/**
 * The error for invalid input. `line` is the line in the data file, or describes the row if the data has no
 * lines.
 */
export class InputError extends Error {
  readonly line: number | string | undefined;
  constructor(message: string, line?: number | string) {
    super(message);
    this.name = "InputError";
    this.line = line;
  }
}

/** Prepares a text for a message: truncates it to `most` characters and escapes control characters. */
export function shown(text: string, most = 60): string {
  return text
    .slice(0, most)
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (sign) => `\\u${sign.codePointAt(0)?.toString(16).padStart(4, "0")}`,
    )
    .concat(text.length > most ? "…" : "");
}

/** Throws unless `given` is an object with only known keys, so that a misspelt option is not ignored. */
export function checkKeys(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || !given)
    throw new InputError(`${what} must be an object, got ${valueText(given)}`);
  // Object.keys would allocate, and a step must not allocate.
  for (const key in given)
    if (!known.includes(key) && Object.hasOwn(given, key))
      throw new InputError(`${what}: unknown key "${key}"; known keys: ${known.join(", ")}`);
}

/**
 * Throws for unknown options of createTrainer. All trainers accept the same options, but only trainers with
 * WebAssembly kernels use options other than `seed`.
 */
export const checkTrainerOptions = (options: object): void =>
  checkKeys("createTrainer", options, ["seed", "backend", "threads", "selfCheck"]);

/** Describes any value for a message, without calling functions of the value such as toString(). */
export function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "bigint") return `${value}n`;
  return Object(value) === value ? `a value of type ${typeof value}` : String(value);
}
