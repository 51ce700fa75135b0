/** What a file looks like, for messages about a file of the wrong kind. */

export interface Looks {
  readonly what: string;
  /** Whether the file contains tensors that `tapeless import` can read. */
  readonly isTensors?: boolean;
}

/** The formats that are recognised by the beginning of a file, which is read as Latin-1. */
const beginnings: readonly (readonly [RegExp, Looks])[] = [
  [/^\x1f\x8b/, { what: "a gzip file" }],
  [/^PK\x03\x04/, { what: "a zip archive, such as .npz", isTensors: true }],
  [/^\x93NUMPY/, { what: "a NumPy array" }],
  [/^PAR1/, { what: "a Parquet file" }],
  [/^[^]{3}\0{5}\{"/, { what: "a .safetensors file", isTensors: true }],
  [/^\0\0[\x08-\x0e][\x01-\x04]/, { what: "an IDX file" }],
  [/^\s*\{[^\n]*\}\s*\n\s*\{/, { what: "a JSON Lines file" }],
  [/^\s*[{[]\s*["\n{]/, { what: "a JSON file, such as a spec" }],
  [/^(\s*#[^\n]*\n|\s*\n)*[\w-]+:(\s|$)/, { what: "a YAML file, such as a spec" }],
  [/^(\/[/*]|import\s|export\s)/, { what: "a TypeScript file" }],
];

/** The number of bytes from which the kind of a file is guessed. */
const beginning = 4096;

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, beginning)).toString("latin1").replace("\xef\xbb\xbf", "");

/** Whether the bytes begin like a checkpoint of any version of the format. */
export const isCheckpoint = (bytes: Uint8Array): boolean => textOf(bytes).startsWith('{"tapeless":');

/** Returns the kind of a file that is not a checkpoint. Undefined if it is not known. */
export function looksOf(bytes: Uint8Array): Looks | undefined {
  if (bytes.length === 0) return { what: "an empty file" };
  const text = textOf(bytes);
  const found = beginnings.find(([pattern]) => pattern.test(text));
  if (found !== undefined) return found[1];
  const [first = "", second = ""] = text.split(/\r?\n/);
  const isTable = [",", ";", "\t", "|"].some((separator) => {
    const [cells, others] = [first, second].map((line) => line.split(separator).length);
    return cells > 1 && cells === others;
  });
  return isTable && !text.includes("\0") ? { what: "a CSV file" } : undefined;
}
