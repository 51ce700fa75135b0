/** Renders tables as HTML, and a report of tables and pictures as one file without a script. */
import { pageCode } from "../web/page-code.ts";
import { staticPage } from "../web/page-html.ts";
import { escapeXml } from "./svg.ts";
import { cellTexts } from "./table.ts";
import type { TableParts } from "./table.ts";

/** Whether what a report checks is correct, and the facts from which this follows. */
export interface Verdict {
  readonly holds: boolean;
  readonly facts: readonly string[];
}

/** The verdict in one word, with a symbol, because not everybody can distinguish its colours. */
export const verdictWord = (holds: boolean): string => (holds ? "✓ correct" : "✗ WRONG");

interface ReportParts {
  readonly title: string;
  readonly verdict?: Verdict;
  /** Tables, or pictures as SVG text from `pageSvg`. */
  readonly items: readonly (TableParts | string)[];
}

export async function htmlPage({ title, verdict, items }: ReportParts): Promise<string> {
  const { style } = await pageCode("document");
  const body = [
    `<h1>${escapeXml(title)}</h1>`,
    ...(verdict === undefined ? [] : [verdictHtml(verdict)]),
    ...items.map((item) => (typeof item === "string" ? `<figure>\n${item}</figure>` : tableHtml(item))),
  ];
  return staticPage({ title, style, body: body.join("\n") });
}

function verdictHtml({ holds, facts }: Verdict): string {
  const lines = facts.map((fact) => `<p>${escapeXml(fact)}</p>`);
  const head = `<strong>${verdictWord(holds)}</strong>`;
  return `<div class="verdict" data-outcome="${holds ? "correct" : "wrong"}">${[head, ...lines].join("\n")}</div>`;
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
