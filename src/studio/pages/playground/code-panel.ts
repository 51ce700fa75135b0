/**
 * The panel of the emitted file, with syntax colours. A line that comes from the spec links to that location in the
 * spec. After a change of the spec, most declarations of the file are the same. Their elements stay on the page, so
 * that the new code appears at once and the view does not move.
 */
import "./code-panel.css";
import { typescriptLanguage } from "@codemirror/lang-javascript";
import { classHighlighter, highlightTree } from "@lezer/highlight";
import { groupBy } from "../../../compiler/util/collections.ts";
import type { EmittedCode } from "../../browser/messages.ts";
import { declarationsIn } from "./declarations.ts";
import { element } from "../shared/element.ts";
import type { ExplanationPanel, GoTo } from "./explanation-panels.ts";

export function codePanel(goTo: GoTo): ExplanationPanel {
  const facts = element("p", { class: "quiet" });
  const save = element("a", { class: "save" }, "Save the file");
  const lines = codeLines(goTo);
  let address: string | undefined;
  let shown: EmittedCode | undefined;
  return {
    element: element(
      "div",
      { class: "code" },
      element("div", { class: "controls" }, facts, save),
      lines.element,
    ),
    needs: "code",
    show({ code }) {
      if (code === undefined || code === shown) return;
      shown = code;
      const count = code.text.split("\n").length - 1;
      facts.textContent =
        `${count.toLocaleString("en")} lines, ${Math.round(code.text.length / 1024)} KiB: one file, without ` +
        "imports";
      if (address !== undefined) URL.revokeObjectURL(address);
      address = URL.createObjectURL(new Blob([code.text], { type: "text/plain" }));
      save.href = address;
      save.download = `${code.model}.ts`;
      lines.show(code);
    },
  };
}

/** A declaration on the page: its text, and a list with one item for each line. */
interface ShownDeclaration {
  readonly text: string;
  readonly list: HTMLElement;
}

/** The lines of the file, as one numbered list for each declaration. */
function codeLines(goTo: GoTo) {
  const host = element("div", {
    class: "code-lines",
    role: "group",
    tabindex: 0,
    "aria-label": "The emitted TypeScript file",
  });
  let shown: readonly ShownDeclaration[] = [];
  host.addEventListener("click", ({ target }) => {
    const row = target instanceof Element ? target.closest("li") : null;
    const { line, column } = row?.dataset ?? {};
    if (line !== undefined && column !== undefined) goTo(Number(line), Number(column));
  });
  return {
    element: host,
    show({ text, locations }: EmittedCode) {
      const known = groupBy(shown, (each) => each.text);
      const next = declarationsIn(text).map(
        (each): ShownDeclaration => known.get(each)?.shift() ?? { text: each, list: listOf(each) },
      );
      for (const { list } of [...known.values()].flat()) list.remove();
      let following = host.firstElementChild;
      let first = 0;
      for (const { list } of next) {
        if (list === following) following = following.nextElementSibling;
        else host.insertBefore(list, following);
        list.setAttribute("start", String(first + 1));
        for (const row of list.children) if (row instanceof HTMLElement) link(row, locations[first++]);
      }
      shown = next;
    },
  };
}

/** Links a line to the location from which it comes. */
function link(row: HTMLElement, location: EmittedCode["locations"][number]): void {
  const { line, column } = row.dataset;
  if (line === location?.line.toString() && column === location?.column.toString()) return;
  row.classList.toggle("has-location", location !== undefined);
  if (location === undefined) {
    delete row.dataset.line;
    delete row.dataset.column;
    row.removeAttribute("title");
    return;
  }
  Object.assign(row.dataset, { line: location.line, column: location.column });
  row.title = `from line ${location.line} of the spec`;
}

function listOf(text: string): HTMLElement {
  const rows = coloured(text);
  const list = element("ol", {}, ...rows.map((parts) => element("li", {}, ...parts)));
  // The height of a list that is not drawn yet.
  list.style.setProperty("--lines", String(rows.length));
  return list;
}

/** Splits each line into tokens, which are elements with a class, and the text between them. */
function coloured(text: string): (Node | string)[][] {
  const rows: (Node | string)[][] = [[]];
  const put = (piece: string, kind: string) =>
    piece.split("\n").forEach((part, i) => {
      if (i > 0) rows.push([]);
      if (part !== "")
        rows[rows.length - 1].push(kind === "" ? part : element("span", { class: kind }, part));
    });
  let at = 0;
  highlightTree(typescriptLanguage.parser.parse(text), classHighlighter, (from, to, kind) => {
    put(text.slice(at, from), "");
    put(text.slice(from, to), kind);
    at = to;
  });
  put(text.slice(at), "");
  return rows;
}
