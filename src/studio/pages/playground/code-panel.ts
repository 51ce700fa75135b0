/** The emitted file, coloured; a line that comes from a place in the spec leads there. */
import type { Explanation } from "../../explanation.ts";
import { typescriptLanguage } from "@codemirror/lang-javascript";
import { classHighlighter, highlightTree } from "@lezer/highlight";
import { element } from "../shared/element.ts";
import type { ExplanationPanel, GoTo } from "./explanation-panels.ts";

export function codePanel(goTo: GoTo): ExplanationPanel {
  const facts = element("p", { class: "quiet" });
  const save = element("a", { class: "save" }, "Save the file");
  const lines = element("ol", {
    class: "code-lines",
    tabindex: 0,
    "aria-label": "The emitted TypeScript file",
  });
  let address: string | undefined;
  let shown: Explanation | undefined;
  return {
    element: element("div", { class: "code" }, element("div", { class: "controls" }, facts, save), lines),
    show(explanation) {
      if (explanation === shown) return;
      shown = explanation;
      const { code, model } = explanation;
      const places = new Map(code.lines.flatMap(({ line, place }) => (place ? [[line, place]] : [])));
      const count = code.text.split("\n").length - 1;
      facts.textContent =
        `${count.toLocaleString("en")} lines, ${Math.round(code.text.length / 1024)} KiB: one file, without ` +
        "imports";
      if (address !== undefined) URL.revokeObjectURL(address);
      address = URL.createObjectURL(new Blob([code.text], { type: "text/plain" }));
      save.href = address;
      save.download = `${model.name}.ts`;
      lines.replaceChildren(
        ...coloured(code.text).map((parts, index) => {
          const place = places.get(index + 1);
          const row = element("li", { class: place ? "has-place" : undefined }, ...parts);
          if (place) {
            row.title = `from line ${place.line} of the spec`;
            row.addEventListener("click", () => goTo(place.line, place.column));
          }
          return row;
        }),
      );
    },
  };
}

/** For each line its pieces, those that are something with a class. */
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
