/**
 * How the text of one graph differs from that of another. Every line of a graph's text defines a value or an
 * output, and their order says no more than that operands come first: so lines are compared by what they say,
 * not by where they stand, and a value whose definition changed is shown as both of its lines, the old one
 * above the new one. It takes time in proportion to the text.
 */
import type { DiffLine } from "../explanation.ts";

/** How many unchanged lines stand around what changed. */
const context = 1;

/** Both texts name the same values alike. Of equal texts it is empty. */
export function graphDiff(before: string, after: string): DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const [inOld, inFresh] = [new Set(old), new Set(fresh)];
  const definedAnew = new Set(fresh.flatMap((line) => (inOld.has(line) ? [] : (keyOf(line) ?? []))));
  const changed = new Map<string, string>();
  // What goes without a successor is shown behind the line after which it stood.
  const gone = new Map<string, string[]>([["", []]]);
  let last = "";
  for (const line of old) {
    const key = keyOf(line);
    if (inFresh.has(line)) gone.set((last = line), []);
    else if (key !== undefined && definedAnew.has(key)) changed.set(key, line);
    else gone.get(last)?.push(line);
  }
  const goneAfter = (line: string): DiffLine[] => (gone.get(line) ?? []).map((text) => ({ sign: "-", text }));
  const all = fresh.flatMap((line): DiffLine[] => {
    if (inOld.has(line)) return [{ sign: " ", text: line }, ...goneAfter(line)];
    const from = changed.get(keyOf(line) ?? "");
    return [...(from === undefined ? [] : [{ sign: "-" as const, text: from }]), { sign: "+", text: line }];
  });
  return aroundChanges([...goneAfter(""), ...all]);
}

const linesOf = (text: string): string[] => text.trimEnd().split("\n");

/** What a line defines: `%name`, or the place of an output. */
const keyOf = (line: string): string | undefined =>
  /^\s*(%\S+): |^(output "[^"]*") = /.exec(line)?.slice(1).find(Boolean);

function aroundChanges(lines: readonly DiffLine[]): DiffLine[] {
  const isShown = new Array<boolean>(lines.length).fill(false);
  lines.forEach(({ sign }, i) => {
    if (sign !== " ") isShown.fill(true, Math.max(0, i - context), i + context + 1);
  });
  return lines.flatMap((line, i): DiffLine[] => {
    if (isShown[i]) return [line];
    const isGap = isShown[i - 1] === true && isShown.indexOf(true, i) > 0;
    return isGap ? [{ sign: " ", text: "…" }] : [];
  });
}
