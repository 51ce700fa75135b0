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

// Why the system would not read or write a file, in words: what it says itself names its own calls.

/** A clause that stands after "cannot write a.ts: ". */
export function fileReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : undefined;
  switch (code) {
    case undefined:
      return error.message;
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    // Making a folder where a file lies is the one, going on through a file the other.
    case "EEXIST":
    case "ENOTDIR":
      return "a part of its path is a file, not a folder";
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "ENOSPC":
      return "the disk is full";
    case "EROFS":
      return "the disk is read-only";
    case "ENAMETOOLONG":
      return "its name is too long";
    default:
      return `the system says ${code}`;
  }
}
