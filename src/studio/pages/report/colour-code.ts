/** Plain colouring of a line of code: comments, texts, numbers, words of the language. */
import { element } from "../shared/element.ts";

const words =
  "const let function return for if else new export interface type readonly while of in throw import " +
  "extends true false null undefined void number string async await yield class this typeof case switch " +
  "default break continue";
const isWord: ReadonlySet<string> = new Set(words.split(" "));
const tokens =
  /(\/\/.*$|\/\*.*?(?:\*\/|$)|(?<=^|\s)#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`?)|(?<![\w$])(\d[\w.]*)|([A-Za-z_$][\w$]*)/g;
/** What the groups of `tokens` match, in their order. */
const kinds = ["comment", "text", "number", "word"] as const;
const longestColoured = 2000;

export function colouredCode(line: string): readonly (Node | string)[] {
  if (line.length > longestColoured) return [line];
  if (/^\s*\*/.test(line)) return [element("span", { class: "comment" }, line)];
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const match of line.matchAll(tokens)) {
    const [text, ...groups] = match;
    const name = kinds[groups.findIndex(Boolean)];
    if (name === "word" && !isWord.has(text)) continue;
    parts.push(line.slice(end, match.index), element("span", { class: name }, text));
    end = match.index + text.length;
  }
  return [...parts, line.slice(end)];
}
