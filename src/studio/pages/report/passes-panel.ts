/**
 * The passes view of the report: for each pass on each graph, the savings, each application of a rewrite rule, and the
 * removed and added lines.
 */
import { element } from "../shared/element.ts";
import { countText, sizeText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedApplication, ExplainedPass, GraphCounts } from "../../explanation.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { lazyList } from "./table.ts";
import { link, listed, nodeLink, ruleLink } from "./links.ts";
import { programTabs } from "./controls.ts";
import { math } from "../shared/math.ts";

/** A pass, or one application of a rule in it. Both are counted from 0. */
interface Place {
  readonly pass: number;
  readonly application: number | undefined;
}

/** The selection of a place: `3` is a pass, `3.0` its first application of a rule. */
const pickOf = ({ pass, application }: Place): Pick => ({
  kind: "pass",
  key: application === undefined ? String(pass) : `${pass}.${application}`,
});

function placeOf({ kind, key }: Pick, passes: readonly ExplainedPass[]): Place | undefined {
  const [pass, application] = key.split(".").map(Number);
  if (kind !== "pass" || passes[pass] === undefined) return undefined;
  return {
    pass,
    application: passes[pass].applications[application] === undefined ? undefined : application,
  };
}

/** The application of a rule after a place, or before it. The last one of a pass precedes the first one of the next. */
function nextRule(places: readonly Place[], { pass, application }: Place, by: number): Place | undefined {
  const start = application ?? -1;
  const isAfter = (place: Place): boolean =>
    place.pass > pass || (place.pass === pass && Number(place.application) > start);
  const isHere = (place: Place): boolean => place.pass === pass && place.application === application;
  return by > 0 ? places.find(isAfter) : places.findLast((place) => !isAfter(place) && !isHere(place));
}

export function passesPanel(context: Context): Panel {
  const { passes } = context.index.explanation;
  const list = element("ol", { class: "passes" });
  const shown = element("div", { class: "scroll pass" });
  let own: readonly number[] = [];
  const linkTo = (pass: number, application?: number) =>
    ({ view: "passes", pick: pickOf({ pass, application }) }) as const;
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
  const columns = element("div", { class: "columns" }, list, shown);
  const root = element("section", { class: "passes-panel" }, headOf(tabs.element), columns);
  const here = (): Place | undefined => {
    const { pick } = context.selection.state();
    return pick && placeOf(pick, passes);
  };
  const step = (by: number) => {
    const at = own.indexOf(here()?.pass ?? own[0]);
    const next = own[Math.max(0, Math.min(own.length - 1, at + by))];
    if (next !== undefined) context.selection.go(linkTo(next));
  };
  const stepRule = (by: number) => {
    const places = own.flatMap((pass) =>
      [...passes[pass].applications.keys()].map((k) => ({ pass, application: k })),
    );
    const next = nextRule(places, here() ?? { pass: own[0], application: undefined }, by);
    if (next !== undefined) context.selection.go(linkTo(next.pass, next.application));
  };
  let drawn: { readonly pass: number; readonly parts: PassParts } | undefined;
  const show = (pick: Pick | undefined) => {
    const picked = pick && placeOf(pick, passes);
    const start = passes.findIndex(({ program }) => program === "gradient");
    if (picked === undefined && tabs.current() === undefined) {
      const first = passes[Math.max(0, start)];
      if (first !== undefined) tabs.choose(first.program);
    }
    if (picked !== undefined) tabs.choose(passes[picked.pass].program);
    const place =
      picked !== undefined && own.includes(picked.pass)
        ? picked.pass
        : (own.find((each) => passes[each].diff.length > 0) ?? own[0]);
    for (const [i, item] of [...list.children].entries())
      item.toggleAttribute("data-current", own[i] === place);
    if (passes[place] === undefined) return;
    if (drawn?.pass !== place) {
      drawn = { pass: place, parts: passParts(context, passes[place], shown, (k) => linkTo(place, k)) };
      shown.replaceChildren(...drawn.parts.elements);
      shown.scrollTop = 0;
    }
    drawn.parts.mark(picked?.application);
  };
  return {
    element: root,
    show,
    onKey: ({ key, shiftKey }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
      (shiftKey ? stepRule : step)(key === "ArrowRight" ? 1 : -1);
      return true;
    },
  };
}

const headOf = (tabs: HTMLElement): HTMLElement =>
  element(
    "header",
    {},
    element("h1", {}, "Passes"),
    element(
      "p",
      { class: "intro" },
      "A pass replaces a graph by an equivalent one: it folds constants, applies rewrite rules, shares " +
        "common subexpressions, or removes unused nodes. The number next to each pass is the change in " +
        "the number of nodes. Each application of a rewrite rule is listed, in terms of the values that " +
        "both sides read. Removed lines are marked −, added lines +. The keys ← and → step through the passes; " +
        "with Shift, they step through the applications of rules.",
    ),
    tabs,
  );

const signed = (count: number): string =>
  count === 0 ? "±0" : count > 0 ? `+${countText(count)}` : `−${countText(-count)}`;

interface PassParts {
  readonly elements: readonly HTMLElement[];
  /** Marks one application of a rule, and the changed lines of its result. */
  mark(application: number | undefined): void;
}

function passParts(
  context: Context,
  { pass, program, before, after, applications, diff }: ExplainedPass,
  root: HTMLElement,
  linkTo: (application: number) => Parameters<typeof link>[1],
): PassParts {
  const counts = element(
    "table",
    { class: "counts" },
    element("tr", {}, ...["", "before", "after", "change"].map((title) => element("th", {}, title))),
    ...rowsOf(before, after),
  );
  const rules = lazyList({
    count: applications.length,
    root,
    height: 64,
    draw: (i) => applicationItem(context, applications[i], link(context, linkTo(i), `${i + 1}`)),
  });
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
  const mark = (application: number | undefined): void => {
    for (const [, item] of [...rules.drawn(), ...lines.drawn()]) item.removeAttribute("data-current");
    if (application === undefined) return;
    const item = rules.item(application);
    item?.setAttribute("data-current", "");
    const [result] = applications[application].nodes;
    const start = `%${result?.slice(program.length + 1)}:`;
    const changed = diff.flatMap(({ text }, i) =>
      text.trimStart().startsWith(start) ? (lines.item(i) ?? []) : [],
    );
    for (const line of changed) line.setAttribute("data-current", "");
    item?.scrollIntoView({ block: "nearest" });
  };
  return {
    elements: [
      element("h2", {}, pass, element("span", { class: "quiet" }, ` on the graph of ${program}`)),
      counts,
      ...(applications.length === 0
        ? []
        : [element("h3", {}, "Applied rules"), element("div", { class: "applications" }, ...rules.parts)]),
      ...(diff.length === 0
        ? [element("p", {}, "No change.")]
        : [element("h3", {}, "Changed lines"), element("div", { class: "diff" }, ...lines.parts)]),
    ],
    mark,
  };
}

function applicationItem(
  context: Context,
  { rule, before, after, nodes }: ExplainedApplication,
  number: HTMLElement,
): HTMLElement {
  const known = nodes.filter((id) => context.index.nodes.has(id));
  return element(
    "div",
    { class: "application" },
    number,
    element(
      "div",
      {},
      element("div", {}, ruleLink(context, rule), ": ", math(before), " ⇒ ", math(after)),
      known.length === 0
        ? ""
        : element("div", { class: "quiet" }, "values: ", ...listed(known.map((id) => nodeLink(context, id)))),
    ),
  );
}

function rowsOf(before: GraphCounts, after: GraphCounts): HTMLElement[] {
  const rows = [
    ["nodes", before.nodes, after.nodes, countText],
    ["work", before.flops, after.flops, workText],
    ["bytes moved", before.bytesMoved, after.bytesMoved, sizeText],
    ["peak of live values", before.peakBytes, after.peakBytes, sizeText],
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
