/**
 * Texts for messages: a value of the user, an error of any kind, a word of a shell command, and the nearest known
 * name to an unknown one.
 */
import { distance } from "fastest-levenshtein";

// Values in messages: on one line, short, and without characters that move the cursor or change the direction of the
// text in a terminal.

/** Control characters (C0, DEL, C1), line separators, zero-width and bidirectional marks. */
export const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const longest = 60;

/**
 * A text from outside (a file name, a sentence of another program) as it may be shown: what a terminal obeys
 * becomes \uXXXX.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"));

/**
 * The value as JSON would write it, shortened to about 60 characters; lists and objects are only named, with
 * their size.
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

/** Names of the user's in a row: at most twelve, and of each at most 60 characters. */
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

/** The digits of a large one take as long as its square. */
const showBigInt = (value: bigint): string => {
  const isShort = BigInt.asIntN(128, value) === value;
  return isShort ? `${value}n` : "a bigint of more than 128 bits";
};

function showObject(value: object): string {
  if (ArrayBuffer.isView(value)) return "an array of numbers in memory";
  const keys = Object.keys(value);
  if (keys.length === 0) return "an empty object";
  const shown = keys.slice(0, 3).map((key) => (key.length > 20 ? `${key.slice(0, 20)}…` : key));
  const text = shown.join(", ").replace(unprintable, "?");
  return `an object with ${text}${keys.length > 3 ? ", …" : ""}`;
}

// A thrown value in one line. Anything can be thrown, also a value without a text.

const longestLine = 300;

/** "TypeError: x is not a function"; of what is no error, the text of the value. */
export function errorText(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const [line] = text.split("\n");
    return printable(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line);
  } catch {
    return "a value that has no text was thrown";
  }
}

// Why the system refused to read or write a file, in words: the system's own message names its calls.

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

// A text as one word of a shell command, always on one line.

/**
 * Plain words stay as they are; single quotes keep all else but line breaks and their like, which are written
 * as escapes.
 */
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

// The known name nearest to an unknown one: "did you mean". Near means few edits for the length of the word; a far
// name is no help, so there is no suggestion then.

// Edit distance costs the product of both lengths; real names are shorter.
const longestWord = 100;

/**
 * The candidate within two fifths of the longer one's length in edits (one at least), upper and lower case
 * alike; or undefined.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > longestWord) return undefined;
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_ ]/g, "");
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of candidates) {
    if (candidate.length > longestWord) continue;
    const edits = distance(plain(word), plain(candidate));
    const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, candidate.length)));
    if (edits <= allowed && edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}
