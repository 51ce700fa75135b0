/**
 * The view of graphs: the graphs of a model after all passes, as text, and as pictures in SVG and for
 * Graphviz.
 */
import { gzipSync, strToU8 } from "fflate";
import { gradientStorage } from "../../compiler/ir/storage.ts";
import { printGraph } from "../../compiler/ir/text.ts";
import { explainNodes } from "../explain/explain-nodes.ts";
import { graphsAfter } from "../explain/explain-passes.ts";
import { laidOut, planPictures } from "../explain/explain-picture.ts";
import type { ReportData } from "../explain/report-data.ts";
import type { Subject } from "../explain/subject.ts";
import type { ExplainedNode, NodeId, Picture } from "../explanation.ts";
import { pictureDot } from "../picture/picture-dot.ts";
import { pictureSvg } from "../picture/picture-svg.ts";
import type { PicturePlan } from "../picture/place-lanes.ts";
import { pageCode } from "../web/page-code.ts";
import { pageHtml } from "../web/page-html.ts";
import type { View } from "./view.ts";

// The pictures of views, in SVG and for Graphviz.

type PictureFormats = Required<Pick<View, "svg" | "dot">>;

/** If a step has more boxes, it is drawn with its groups closed, unless a layer is selected. */
const maxOpenBoxes = 90;

/**
 * Draws all programs. `of` selects one program, such as `step` or `predict`, or a layer. For a layer, the
 * step is drawn with that layer open.
 */
export function graphFormats(subject: Subject): PictureFormats {
  const { of, compilation } = subject;
  const plansOf = () => {
    const plans = planPictures(explainNodes(subject));
    if (of === undefined) return plans;
    const named = plans.filter(({ name }) => name === of);
    return named.length > 0 ? named : plans.slice(0, 1);
  };
  const isLayer = compilation.model.network.some(({ name }) => name === of);
  // A layer is drawn open, and so are the blocks that contain it.
  const isOpen = (picture: Picture) => (id: string) => {
    const path = id.slice(id.indexOf("/") + 1);
    return isLayer ? path === of || `${of}`.startsWith(`${path}.`) : isSmall(picture);
  };
  return formats(subject, plansOf, isOpen);
}

/**
 * Draws the gradient graph without the update. If `of` is a parameter, only the derivation of its gradient is
 * drawn.
 */
export function gradientFormats(subject: Subject): PictureFormats {
  const { of } = subject;
  const plansOf = () => {
    const nodes = explainNodes(subject).filter(({ program }) => program === "gradient");
    const chosen = of === undefined ? nodes : derivationOf(gradientStorage(of), nodes);
    const title = of === undefined ? "Gradients" : `Gradient of the loss with respect to ${of}`;
    return planPictures(chosen).map((plan) => ({ ...plan, title }));
  };
  return formats(subject, plansOf, (picture) => () => of !== undefined || isSmall(picture));
}

/** Draws the graphs after a pass, if the pass has any. */
export function passFormats(subject: Subject): Partial<PictureFormats> {
  const { pass } = subject;
  const graphs = pass === undefined ? subject.compilation.rematerialised : graphsAfter(pass, subject);
  if (graphs.length === 0) return {};
  const after = pass === undefined ? "" : `, after ${pass}`;
  const plansOf = () =>
    planPictures(explainNodes(subject, undefined, graphs)).map((plan) => ({
      ...plan,
      title: plan.title + after,
    }));
  return formats(subject, plansOf, (picture) => () => isSmall(picture));
}

const isSmall = (picture: Picture): boolean => valueCount(picture) <= maxOpenBoxes;

const valueCount = ({ boxes }: Picture): number =>
  boxes.reduce((sum, { inside }) => sum + (inside === undefined ? 1 : valueCount(inside)), 0);

function formats(
  { compilation: { model } }: Subject,
  plansOf: () => readonly PicturePlan[],
  isOpen: (picture: Picture) => (id: string) => boolean,
): PictureFormats {
  return {
    dot: () => pictureDot(plansOf()),
    svg: async () => {
      const pictures = await laidOut(plansOf(), model.network);
      return pictureSvg(
        model.name,
        pictures.map((each) => ({ ...each, isOpen: isOpen(each.picture) })),
      );
    },
  };
}

/** Returns the backward nodes from which a gradient is computed, and the forward values that they read. */
function derivationOf(storage: string, nodes: readonly ExplainedNode[]): ExplainedNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const chosen = new Set<NodeId>();
  const waiting = nodes.filter(({ outputs }) => outputs.includes(storage));
  for (const node of waiting) {
    if (chosen.has(node.id)) continue;
    chosen.add(node.id);
    const isEnd = node.region === "forward" && node.isNamed && !node.outputs.includes(storage);
    if (!isEnd) waiting.push(...node.operands.flatMap((id) => byId.get(id) ?? []));
  }
  return nodes.filter(({ id }) => chosen.has(id));
}

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

/** Builds the report on a compilation: one self-contained page with the complete explanation. */
export async function reportPage(data: ReportData): Promise<string> {
  const code = await pageCode("report");
  // Browsers decompress gzip natively. The time stamp of the gzip data is set to 0, so that the same
  // compilation always produces the same page.
  const packed = gzipSync(strToU8(JSON.stringify(data)), { mtime: 0 });
  const title = `${data.explanation.model.name}: compilation report`;
  return pageHtml({ ...code, title, data: Buffer.from(packed).toString("base64") });
}
