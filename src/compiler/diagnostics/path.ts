/** Paths in a spec, such as `network[0].units`: written and read. */
import { showValue } from "../util/show-value.ts";
import type { SpecPath } from "./diagnostic.ts";

// A path in the spec as people write it: `network[2].units`. Names that are no plain words are quoted, since
// they may hold anything.

/** `["network", 2, "units"]` becomes `network[2].units`; the root is "the spec". */
export function formatPath(path: SpecPath): string {
  if (path.length === 0) return "the spec";
  return path.map(formatStep).join("").replace(/^\./, "");
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_$][\w$-]*$/.test(step) && step.length <= 64 ? `.${step}` : `[${showValue(step)}]`;
}

// A path in the spec as people write it, taken apart: the reverse of format-path.ts.

// A word or, after the first step, .word; [2]; ["any text"]
const step = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** `network[2].units` becomes `["network", 2, "units"]`; undefined for what is no path. */
export function parsePath(text: string): SpecPath | undefined {
  const path: (string | number)[] = [];
  const pattern = new RegExp(step);
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const [matched, word, index, quoted] = pattern.exec(text) ?? [];
    if (matched === undefined || (word !== undefined && matched.startsWith(".") !== start > 0))
      return undefined;
    if (word !== undefined) path.push(word);
    else if (index !== undefined) path.push(Number(index));
    else {
      const name = unquoted(quoted);
      if (name === undefined) return undefined;
      path.push(name);
    }
  }
  return path.length === 0 ? undefined : path;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
