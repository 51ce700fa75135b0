// What was thrown, in one clean line. Anything can be thrown, also what cannot be made a text.
import { printable } from "./show-value.ts";

const longest = 300;

/** "TypeError: x is not a function"; of what is no error, the text of the value. */
export function errorText(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const [line] = text.split("\n");
    return printable(line.length > longest ? `${line.slice(0, longest)}…` : line);
  } catch {
    return "a value that has no text was thrown";
  }
}
