// What the text of a JSON object tells and the parsed value does not: how often keys are written, and,
// without recursion, how deep it is.

/**
 * How many keys the outermost object is written with, and how deep lists and objects are nested. The text
 * must be right JSON.
 */
export function jsonShape(text: string): { keys: number; depth: number } {
  let [keys, deepest] = [0, 0];
  scan(text, (depth, isKey) => {
    deepest = Math.max(deepest, depth);
    if (isKey && depth === 1) keys++;
  });
  return { keys, depth: deepest };
}

/** Those keys, in their order. */
export function outerKeys(text: string): string[] {
  const keys: string[] = [];
  scan(text, (depth, isKey, start, end) => {
    if (isKey && depth === 1) keys.push(JSON.parse(text.slice(start, end)));
  });
  return keys;
}

/** Visits each bracket that opens and each colon, at their depth; for a colon with the place of the key before it. */
function scan(
  text: string,
  visit: (depth: number, isKey: boolean, start: number, end: number) => void,
): void {
  let [depth, start, end] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        start = at;
        at = endOfText(text, at);
        end = at + 1;
        break;
      case "{":
      case "[":
        visit(++depth, false, 0, 0);
        break;
      case "}":
      case "]":
        depth--;
        break;
      case ":":
        visit(depth, true, start, end);
    }
  }
}

/** Where the quote is that ends the text that begins here. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0 || end < 0) return end < 0 ? text.length : end;
  }
}
