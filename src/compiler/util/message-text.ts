/**
 * Text for messages: a user's value, an error of any kind, a word of a shell command, and the known name that
 * is nearest to an unknown one.
 */
import { distance } from "fastest-levenshtein";

// Values in messages: short, on one line, and without characters that move the cursor or change the direction of text
// in a terminal.

/** Control characters (C0, DEL, C1), line separators, zero-width and bidirectional marks. */
export const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const longest = 60;

/**
 * Makes external text, such as file names and messages of other programs, safe to print: control characters
 * become \uXXXX.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"));

/**
 * The value as JSON, shortened to about 60 characters. A long list is described by its length, and an object by its
 * first keys.
 */
export function showValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return showText(value);
  if (typeof value === "bigint") return showBigInt(value);
  if (Array.isArray(value)) return showList(value);
  if (typeof value === "object" && value !== null) return showObject(value);
  if (typeof value === "function") return "a function";
  return printable(String(value));
}

/** A list of names from the spec or the data: at most 12 names, each of at most 60 characters. */
export function showNames(names: readonly string[]): string {
  const cut = (name: string) => (name.length > longest ? `${name.slice(0, longest)}…` : name);
  const shown = names.slice(0, 12).map((name) => printable(cut(name)));
  return names.length > shown.length ? `${shown.join(", ")}, … (${names.length} in all)` : shown.join(", ");
}

function showText(text: string): string {
  const start = text.length > longest ? text.slice(0, longest) : text;
  const quoted = printable(JSON.stringify(start));
  return text.length > longest ? `${quoted}… (${text.length} characters)` : quoted;
}

function showList(list: readonly unknown[]): string {
  if (list.length === 0) return "an empty list";
  const simple =
    list.length <= 8 && list.every((item) => typeof item !== "object" && typeof item !== "function");
  const text = simple ? `[${list.map(showValue).join(", ")}]` : "";
  return simple && text.length <= longest ? text : `a list of ${list.length}`;
}

/** A large bigint is not printed, because that takes time quadratic in its length. */
const showBigInt = (value: bigint): string => {
  const isShort = BigInt.asIntN(128, value) === value;
  return isShort ? `${value}n` : "a bigint of more than 128 bits";
};

function showObject(value: object): string {
  if (ArrayBuffer.isView(value)) return "a typed array";
  const keys = Object.keys(value);
  if (keys.length === 0) return "an empty object";
  const shown = keys.slice(0, 3).map((key) => (key.length > 20 ? `${key.slice(0, 20)}…` : key));
  const text = shown.join(", ").replace(unprintable, "?");
  return `an object with ${text}${keys.length > 3 ? ", …" : ""}`;
}

// A thrown value on one line. Anything can be thrown, even a value that cannot be converted to a string.

const longestLine = 300;

/** "TypeError: x is not a function"; for a value that is not an error, the value as text. */
export function errorText(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const [line] = text.split("\n");
    return printable(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line);
  } catch {
    return "a value that cannot be shown was thrown";
  }
}

// The reason why the system refused to read or write a file, in words. The system's own message would name
// system calls.

/** Returns the clause that follows "cannot write a.ts: ". */
export function fileReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : undefined;
  switch (code) {
    case undefined:
      return error.message;
    case "ENOENT":
      return "no such file or folder";
    case "EISDIR":
      return "it is a folder";
    // EEXIST: a folder cannot be created because a file has its name. ENOTDIR: a path leads through a file.
    case "EEXIST":
    case "ENOTDIR":
      return "part of its path is a file, not a folder";
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
      return `the system reports ${code}`;
  }
}

// Quotes a text as one word of a shell command, always on one line.

/** Plain words stay unchanged. Others are single-quoted, or escaped if they have control characters. */
export function shellWord(text: string): string {
  if (/^[\w,./:=@%+-]+$/.test(text)) return text;
  if (!/\p{Cc}/u.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text
    .replaceAll(/[\\']/g, "\\$&")
    .replaceAll(/\p{Cc}/gu, (character) =>
      [...new TextEncoder().encode(character)]
        .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
        .join(""),
    );
  return `$'${escaped}'`;
}

// "did you mean": finds the known name with the smallest edit distance to an unknown one. Distant names would
// not help, so they are not suggested.

// Edit distance takes time proportional to the product of both lengths. Real names are shorter than this
// limit.
const longestWord = 100;

/** The name in lower case, without separators. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, "");

/** Whether two names differ in the order of two neighbouring letters. This is one mistake of typing. */
function isSwap(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const at = one.split("").findIndex((letter, i) => letter !== other[i]);
  return at >= 0 && `${one.slice(0, at)}${one[at + 1]}${one[at]}${one.slice(at + 2)}` === other;
}

/**
 * The nearest candidate, ignoring case and separators. The maximum number of edits is two fifths of the longer
 * name's length, but at least 1.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > longestWord) return undefined;
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of candidates) {
    if (candidate.length > longestWord) continue;
    const [given, known] = [plainName(word), plainName(candidate)];
    const edits = isSwap(given, known) ? 1 : distance(given, known);
    const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, candidate.length)));
    if (edits <= allowed && edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** The name that a hint suggests first with the words `did you mean "…"?`. */
export function suggestedName(hint: string): string | undefined {
  const quoted = /^did you mean ("(?:[^"\\]|\\.)*")\?/.exec(hint)?.[1];
  const name: unknown = quoted === undefined ? undefined : JSON.parse(quoted);
  return typeof name === "string" ? name : undefined;
}
