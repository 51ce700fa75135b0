// A text as one word of a shell's command line, on one line whatever it holds.

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
      [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
    );
  return `$'${escaped}'`;
}
