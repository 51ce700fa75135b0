/**
 * The passes view of the report: for each pass on each graph, the removed and added lines and the savings.
 */
import { element } from "../shared/element.ts";
import { countText, sizeText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedPass, GraphCounts } from "../../explanation.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { lazyList } from "./table.ts";
import { link } from "./links.ts";
import { programTabs } from "./controls.ts";

export function passesPanel(context: Context): Panel {
  const { passes } = context.index.explanation;
  const list = element("ol", { class: "passes" });
  const shown = element("div", { class: "scroll pass" });
  let own: readonly number[] = [];
  const linkTo = (place: number) => ({ view: "passes", pick: { kind: "pass", key: String(place) } }) as const;
  const tabs = programTabs([...new Set(passes.map(({ program }) => program))], (program) => {
    own = [...passes.keys()].filter((place) => passes[place].program === program);
    list.replaceChildren(
      ...own.map((place) => {
        const { pass, before, after, diff } = passes[place];
        const isUnchanged = diff.length === 0;
        const gained = isUnchanged ? "–" : signed(after.nodes - before.nodes);
        return element(
          "li",
          { class: isUnchanged && "idle", title: isUnchanged ? "No change" : `${gained} nodes` },
          link(context, linkTo(place), pass),
          element("span", { class: "gained quiet", "aria-hidden": "true" }, gained),
        );
      }),
    );
  });
  const root = element(
    "section",
    { class: "passes-panel" },
    element(
      "header",
      {},
      element("h1", {}, "Passes"),
      element(
        "p",
        { class: "intro" },
        "A pass replaces a graph by an equivalent one: it folds constants, applies rewrite rules, shares " +
          "common subexpressions, or removes unused nodes. The number next to each pass is the change in " +
          "the number of nodes. Removed lines are marked −, added lines +. The keys ← and → step through " +
          "the passes.",
      ),
      tabs.element,
    ),
    element("div", { class: "columns" }, list, shown),
  );
  const step = (by: number) => {
    const here = own.indexOf(Number(context.selection.state().pick?.key ?? own[0]));
    const next = own[Math.max(0, Math.min(own.length - 1, here + by))];
    if (next !== undefined) context.selection.go(linkTo(next));
  };
  const show = (pick: Pick | undefined) => {
    const picked = pick?.kind === "pass" ? Number(pick.key) : undefined;
    const start = passes.findIndex(({ program }) => program === "gradient");
    if (picked === undefined && tabs.current() === undefined) {
      const first = passes[Math.max(0, start)];
      if (first !== undefined) tabs.choose(first.program);
    }
    if (picked !== undefined && passes[picked] !== undefined) tabs.choose(passes[picked].program);
    const place =
      picked !== undefined && own.includes(picked)
        ? picked
        : (own.find((each) => passes[each].diff.length > 0) ?? own[0]);
    for (const [i, item] of [...list.children].entries())
      item.toggleAttribute("data-current", own[i] === place);
    shown.replaceChildren(...(passes[place] === undefined ? [] : passParts(passes[place], shown)));
    shown.scrollTop = 0;
  };
  return {
    element: root,
    show,
    onKey: ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
      step(key === "ArrowRight" ? 1 : -1);
      return true;
    },
  };
}

const signed = (count: number): string =>
  count === 0 ? "±0" : count > 0 ? `+${countText(count)}` : `−${countText(-count)}`;

function passParts({ pass, program, before, after, diff }: ExplainedPass, root: HTMLElement): HTMLElement[] {
  const counts = element(
    "table",
    { class: "counts" },
    element("tr", {}, ...["", "before", "after", "change"].map((title) => element("th", {}, title))),
    ...rowsOf(before, after),
  );
  const lines = lazyList({
    count: diff.length,
    root,
    height: 18,
    draw: (i) =>
      element(
        "div",
        { class: `line ${{ "-": "went", "+": "came", " ": "same" }[diff[i].sign]}` },
        `${{ "-": "−", "+": "+", " ": " " }[diff[i].sign]} ${diff[i].text}`,
      ),
  });
  return [
    element("h2", {}, pass, element("span", { class: "quiet" }, ` on the graph of ${program}`)),
    counts,
    diff.length === 0 ? element("p", {}, "No change.") : element("div", { class: "diff" }, ...lines.parts),
  ];
}

function rowsOf(before: GraphCounts, after: GraphCounts): HTMLElement[] {
  const rows = [
    ["nodes", before.nodes, after.nodes, countText],
    ["work", before.flops, after.flops, workText],
    ["bytes moved", before.bytesMoved, after.bytesMoved, sizeText],
    ["peak memory", before.peakBytes, after.peakBytes, sizeText],
  ] as const;
  return rows.map(([title, from, to, text]) => {
    const change = to === from ? "" : `${to > from ? "+" : "−"}${text(Math.abs(to - from))}`;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, title),
      ...[text(from), text(to)].map((cell) => element("td", { class: "number" }, cell)),
      element("td", { class: `number ${to < from ? "good" : ""}` }, change),
    );
  });
}
