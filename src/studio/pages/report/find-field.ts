/** A field that finds text in a listing: all matches are coloured, and Enter steps through them. */
import { element } from "../shared/element.ts";
import { highlightOf } from "./listing.ts";
import type { Listing } from "./listing.ts";

export interface FindField {
  readonly element: HTMLElement;
  focus(): void;
}

interface Match {
  readonly line: number;
  readonly start: number;
}

/** The largest number of matches that are coloured and counted. */
const maxMatches = 2000;

/** Upper and lower case are equal. Lines count from 1. */
function matchesOf(texts: readonly string[], wanted: string): Match[] {
  if (wanted === "") return [];
  const found: Match[] = [];
  const sought = wanted.toLowerCase();
  for (const [i, text] of texts.entries()) {
    const lower = text.toLowerCase();
    // The positions are those of the text only if lower case does not change its length.
    if (lower.length !== text.length) continue;
    for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, at + sought.length)) {
      found.push({ line: i + 1, start: at });
      if (found.length === maxMatches) return found;
    }
  }
  return found;
}

/** @param onFind receives the line of the current match */
export function findField(
  texts: readonly string[],
  { rangeOf }: Listing,
  onFind: (line: number) => void,
): FindField {
  const input = element("input", {
    type: "search",
    placeholder: "Find in the code  ( f )",
    "aria-label": "Find in the code",
  });
  const count = element("span", { class: "quiet", role: "status" });
  let matches: readonly Match[] = [];
  let place = 0;
  const show = () => {
    const [all, current] = [highlightOf("code-find"), highlightOf("code-found")];
    all?.clear();
    current?.clear();
    const { length } = input.value;
    for (const [i, { line, start }] of matches.entries())
      (i === place ? current : all)?.add(rangeOf(line, start, start + length));
    const total = matches.length === maxMatches ? `${maxMatches} or more` : String(matches.length);
    if (input.value === "") count.textContent = "";
    else count.textContent = matches.length === 0 ? "no match" : `${place + 1} of ${total}`;
    const match = matches[place];
    if (match !== undefined) onFind(match.line);
  };
  const step = (by: number) => {
    place = matches.length === 0 ? 0 : (place + by + matches.length) % matches.length;
    show();
  };
  input.addEventListener("input", () => {
    matches = matchesOf(texts, input.value);
    place = 0;
    show();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else if (event.key !== "Escape") return;
    else {
      input.value = "";
      matches = [];
      show();
      input.blur();
    }
    event.preventDefault();
    event.stopPropagation();
  });
  const button = (label: string, text: string, by: number) => {
    const made = element("button", { type: "button", "aria-label": label, title: label }, text);
    made.addEventListener("click", () => step(by));
    return made;
  };
  return {
    element: element(
      "div",
      { class: "find", role: "search" },
      input,
      button("Previous match", "▲", -1),
      button("Next match", "▼", 1),
      count,
    ),
    focus: () => input.focus(),
  };
}
