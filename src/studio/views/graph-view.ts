/** The graphs of a model after all passes: in the text form that parses back, and as pictures. */
import { gzipSync, strToU8 } from "fflate";
import { printGraph } from "../../compiler/ir/print.ts";
import type { ReportData } from "../explain/report-data.ts";
import type { Subject } from "../explain/subject.ts";
import { pageCode } from "../web/page-code.ts";
import { pageHtml } from "../web/page-html.ts";
import { graphFormats } from "./picture-formats.ts";
import type { View } from "./view.ts";

export function graphView(subject: Subject): View {
  const { graphs } = subject.compilation;
  const { begin, measure, gradient, update, predict, evaluate, summarise } = graphs;
  const all = [begin, measure, gradient, update, predict, evaluate, summarise].flatMap(
    (graph) => graph ?? [],
  );
  return {
    ...graphFormats(subject),
    text: () => all.map(printGraph).join("\n"),
    json: () =>
      all.map((graph) => ({ name: graph.name, nodes: graph.nodes.length, text: printGraph(graph) })),
  };
}

/** The report on a compilation: one page that holds all there is to say of it, and asks nobody for anything. */
export async function reportPage(data: ReportData): Promise<string> {
  const code = await pageCode("report");
  // Browsers unpack gzip themselves. It has no date in it, so the same compilation gives the same page.
  const packed = gzipSync(strToU8(JSON.stringify(data)), { mtime: 0 });
  const title = `${data.explanation.model.name}: what tapeless derived`;
  return pageHtml({ ...code, title, data: Buffer.from(packed).toString("base64") });
}
