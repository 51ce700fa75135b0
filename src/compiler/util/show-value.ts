// A value of the user's as it stands in a message: on one line, never long, and without characters that could move the
// cursor or turn the direction of the text in a terminal.

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
