/**
 * A text with line numbers and syntax colours. All lines are in the document, so that the browser finds text in them;
 * the browser lays out only those in sight. Colours are highlights of ranges, which need no elements.
 */
import { element } from "../shared/element.ts";
import { lineRanges } from "./context.ts";
import "./listing.css";

// Syntax colours for a line of code: comments, strings, numbers, keywords.

const words =
  "const let function return for if else new export interface type readonly while of in throw import " +
  "extends true false null undefined void number string async await yield class this typeof case switch " +
  "default break continue";
const isWord: ReadonlySet<string> = new Set(words.split(" "));
const comments = /\/\/.*$|\/\*.*?(?:\*\/|$)|;;.*$|(?<=^|\s)#.*$/.source;
const texts = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`?/.source;
const tokens = new RegExp(`(${comments})|(${texts})|(?<![\\w$])(\\d[\\w.]*)|([A-Za-z_$][\\w$]*)`, "g");
/** The kinds of token, in the order of the groups in `tokens`. */
const kinds = ["comment", "text", "number", "word"] as const;
const maxColouredLength = 2000;

interface Token {
  readonly kind: (typeof kinds)[number];
  readonly start: number;
  readonly end: number;
}

function tokensOf(line: string): Token[] {
  if (line.length > maxColouredLength) return [];
  if (/^\s*\*/.test(line)) return [{ kind: "comment", start: 0, end: line.length }];
  return [...line.matchAll(tokens)].flatMap(({ 0: text, index, ...groups }) => {
    const kind = kinds.find((_, i) => groups[i + 1] !== undefined);
    if (kind === undefined || (kind === "word" && !isWord.has(text))) return [];
    return [{ kind, start: index, end: index + text.length }];
  });
}

/**
 * The highlight with this name, which `listing.css` colours. Undefined in browsers without highlights, which show plain
 * text.
 */
export function highlightOf(name: string): Highlight | undefined {
  if (typeof Highlight === "undefined") return undefined;
  const known = CSS.highlights.get(name);
  if (known !== undefined) return known;
  const made = new Highlight();
  CSS.highlights.set(name, made);
  return made;
}

// The listing.

export interface Listing {
  readonly element: HTMLElement;
  /**
   * Marks lines. Scrolls to the selected line `picked` or, if no line is selected, to the longest run of
   * `lines`.
   */
  mark(lines: readonly number[], picked: number | undefined): void;
  /** Marks the lines that belong to the item under the pointer, without scrolling. */
  hover(lines: readonly number[]): void;
  /** Scrolls until the line is the first one in sight. */
  scrollTo(line: number): void;
  /** A part of a line, in UTF-16 code units. */
  rangeOf(line: number, start: number, end: number): Range;
}

interface ListingOptions {
  readonly label: string;
  /** The number of the first line. */
  readonly first?: number;
  readonly classOf?: (line: number) => string;
  readonly onPick: (line: number) => void;
  /** Called with the line under the pointer, and with undefined when the pointer leaves. */
  readonly onHover?: (line: number | undefined) => void;
}

const lineHeight = 18;
const linesOfChunk = 100;

export function listing(texts: readonly string[], options: ListingOptions): Listing {
  const { label, first = 1, classOf = () => "", onPick, onHover } = options;
  const root = element("div", { class: "listing", tabindex: 0, role: "group", "aria-label": label });
  const rows = texts.map((text, i) =>
    element("div", { class: `line ${classOf(i + first)}`.trim(), "data-line": i + first }, `${text}\n`),
  );
  for (let start = 0; start < rows.length; start += linesOfChunk) {
    const own = rows.slice(start, start + linesOfChunk);
    const chunk = element("div", { class: "lines" }, ...own);
    chunk.style.containIntrinsicHeight = `${own.length * lineHeight}px`;
    root.append(chunk);
  }
  colourInSight(root);
  listenToLines(root, { onPick, onHover });

  const sets = {
    marked: new Set<HTMLElement>(),
    picked: new Set<HTMLElement>(),
    hovered: new Set<HTMLElement>(),
  };
  const setClass = (name: keyof typeof sets, lines: readonly number[]) => {
    for (const row of sets[name]) row.classList.remove(name);
    sets[name] = new Set(lines.flatMap((line) => rows[line - first] ?? []));
    for (const row of sets[name]) row.classList.add(name);
  };
  return {
    element: root,
    mark(lines, picked) {
      setClass("marked", lines);
      setClass("picked", picked === undefined ? [] : [picked]);
      const start = picked ?? lineRanges(lines)[0]?.[0];
      const row = start === undefined ? undefined : rows[start - first];
      if (row !== undefined && !isInSight(row, root)) row.scrollIntoView({ block: "center" });
    },
    hover: (lines) => setClass("hovered", lines),
    scrollTo: (line) => rows[line - first]?.scrollIntoView({ block: "start" }),
    rangeOf: (line, start, end) => partOf(rows[line - first], start, end),
  };
}

function partOf(row: HTMLElement, start: number, end: number): Range {
  const range = new Range();
  const text = row.firstChild ?? row;
  range.setStart(text, start);
  range.setEnd(text, end);
  return range;
}

/**
 * Colours the chunks in sight. A chunk that goes out of sight, or out of the document, loses its ranges, because every
 * range slows down changes of the document.
 */
function colourInSight(root: HTMLElement): void {
  const coloured = new Map<Element, readonly (readonly [highlight: Highlight, range: Range])[]>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        for (const [highlight, range] of coloured.get(target) ?? []) highlight.delete(range);
        coloured.delete(target);
        if (isIntersecting) coloured.set(target, colour(target));
      }
    },
    { root, rootMargin: "600px" },
  );
  for (const chunk of root.children) observer.observe(chunk);
}

function colour(chunk: Element): (readonly [Highlight, Range])[] {
  const rows = [...chunk.children].filter((row) => row instanceof HTMLElement);
  return rows.flatMap((row) =>
    tokensOf((row.textContent ?? "").trimEnd()).flatMap(({ kind, start, end }) => {
      const highlight = highlightOf(`code-${kind}`);
      const range = partOf(row, start, end);
      highlight?.add(range);
      return highlight === undefined ? [] : [[highlight, range] as const];
    }),
  );
}

function listenToLines(
  root: HTMLElement,
  { onPick, onHover }: Pick<ListingOptions, "onPick" | "onHover">,
): void {
  const lineOf = ({ target }: Event): number | undefined => {
    const row = target instanceof Element ? target.closest<HTMLElement>(".line") : null;
    return row === null ? undefined : Number(row.dataset.line);
  };
  root.addEventListener("click", (event) => {
    const line = lineOf(event);
    if (line !== undefined && getSelection()?.isCollapsed !== false) onPick(line);
  });
  if (onHover === undefined) return;
  root.addEventListener("pointerover", (event) => onHover(lineOf(event)));
  root.addEventListener("pointerleave", () => onHover(undefined));
}

function isInSight(row: HTMLElement, root: HTMLElement): boolean {
  const [inner, outer] = [row.getBoundingClientRect(), root.getBoundingClientRect()];
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}
