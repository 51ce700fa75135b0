/** Names and labels come from specs and data: nothing in them may move a cursor, change a colour or break a line. */

/** Control characters become their escapes: a line break is written `\u000a`. */
export const plainText = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
