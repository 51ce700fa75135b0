/** Renders tables as HTML, and tables and pictures as one self-contained HTML page. */
import { escapeXml } from "./svg.ts";
import { cellTexts } from "./table.ts";
import type { TableParts } from "./table.ts";

/** Items are tables, or pictures as SVG text from `pageSvg`. */
export function htmlPage(title: string, items: readonly (TableParts | string)[]): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(title)}</title>`,
    `<style>\n${style}\n</style></head>`,
    `<body>\n<h1>${escapeXml(title)}</h1>`,
    ...items.map((item) => (typeof item === "string" ? `<figure>\n${item}</figure>` : tableHtml(item))),
    "</body>\n</html>\n",
  ].join("\n");
}

export function tableHtml(parts: TableParts): string {
  const { rows, foot } = cellTexts(parts);
  const row = (cells: readonly string[], tag: "td" | "th") =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeXml(cell)}</${tag}>`).join("")}</tr>`;
  return [
    "<table>",
    ...(parts.title === undefined ? [] : [`<caption>${escapeXml(parts.title)}</caption>`]),
    `<thead>${row(parts.head, "th")}</thead>`,
    `<tbody>${rows.map((cells) => row(cells, "td")).join("\n")}</tbody>`,
    ...(foot.length === 0 ? [] : [`<tfoot>${foot.map((cells) => row(cells, "td")).join("\n")}</tfoot>`]),
    "</table>",
  ].join("\n");
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { overflow-wrap: anywhere }
table { display: block; width: max-content; max-width: 100%; overflow-x: auto; margin: 1.5rem 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding-bottom: 0.4rem }
th, td { padding: 0.15rem 0.8rem; text-align: right }
td + td { white-space: nowrap }
th:first-child, td:first-child { text-align: left }
thead, tfoot { border-block: 1px solid #8888 }
figure { margin: 1.5rem 0; overflow-x: auto }
svg { max-width: 100%; height: auto }`.trim();
