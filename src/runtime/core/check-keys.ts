// What callers without types may get wrong: a record that is none, a key that does not exist.
import { InputError } from "./input-error.ts";

/** Throws for what is no object, and for an own key that is not known: a misspelt option would be ignored. */
export function checkKeys(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || !given)
    throw new InputError(`${what}: expected an object, got ${valueText(given)}`);
  // Not Object.keys: a step allocates nothing.
  for (const key in given)
    if (!known.includes(key) && Object.hasOwn(given, key))
      throw new InputError(`${what}: unknown key "${key}"; the keys are ${known.join(", ")}`);
}

/** Without WebAssembly all but the seed change nothing. */
export const checkTrainerOptions = (options: object): void =>
  checkKeys("createTrainer", options, ["seed", "backend", "threads", "selfCheck"]);

/** A value of any kind in a message: nothing of the caller's is run to print it. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "bigint") return `${value}n`;
  return Object(value) === value ? `a value of type ${typeof value}` : String(value);
}
