/**
 * The report on one compilation: views in the middle, details on the right, and one selection that all of
 * them share.
 */
import "../shared/theme.css";
import "./report.css";
import { element } from "../shared/element.ts";
import { countText, sizeText, workText } from "../../../compiler/util/number-text.ts";
import { codePanel } from "./code-panel.ts";
import type { Context, Panel, State } from "./context.ts";
import { details } from "./details.ts";
import { drawerBar } from "./drawer.ts";
import { gradientsPanel } from "./gradients-panel.ts";
import { graphPanel } from "./graph-panel.ts";
import { helpDialog, themeButton, titled } from "./controls.ts";
import { kernelsPanel } from "./kernels-panel.ts";
import { layersPanel } from "./layers-panel.ts";
import { memoryPanel } from "./memory-panel.ts";
import { passesPanel } from "./passes-panel.ts";
import { reportData, type ReportData } from "./report-data.ts";
import { indexOf } from "./report-index.ts";
import { searchField } from "./search.ts";
import { selectionOf, viewNames, type Selection, type ViewName } from "./selection.ts";

type Makers = Partial<Record<ViewName, () => Panel>>;

/** The views for which this report has data, in the order of the menu. */
function makersOf(context: Context): Makers {
  const { pictures, derivations, passes, kernels, memory } = context.index.explanation;
  return {
    ...(pictures.length > 0 && { graph: () => graphPanel(context) }),
    ...(derivations.length > 0 && { gradients: () => gradientsPanel(context) }),
    ...(passes.length > 0 && { passes: () => passesPanel(context) }),
    ...(kernels.length > 0 && { kernels: () => kernelsPanel(context) }),
    ...(memory.buffers.length > 0 && { memory: () => memoryPanel(context) }),
    layers: () => layersPanel(context),
    code: () => codePanel(context),
  };
}

function start(data: ReportData): void {
  const index = indexOf(data.explanation);
  const view = viewNames.find((name) => name === data.show) ?? "layers";
  const selection = selectionOf({ view, pick: data.pick });
  const context: Context = { index, selection };
  const makers = makersOf(context);
  const views = viewNames.filter((name) => makers[name] !== undefined);
  const panels = new Map<ViewName, Panel>();
  const centre = element("main", { tabindex: -1 });
  const aside = element("aside", { "aria-label": "Details", "aria-live": "polite", tabindex: 0 });
  const bar = drawerBar(aside, () => selection.go({ pick: undefined }));
  const links = views.map(linkTo);
  const search = searchField(context);
  const help = helpDialog(views.length);
  document.body.append(
    pageHeader(context, search.element, help),
    element("nav", { class: "views", "aria-label": "Views" }, ...links),
    centre,
    aside,
    help,
  );

  const viewOf = (state: State): ViewName => (views.includes(state.view) ? state.view : (views[0] ?? "code"));
  const show = (state: State) => {
    const view = viewOf(state);
    const panel = panels.get(view) ?? makers[view]?.();
    if (panel === undefined) return;
    panels.set(view, panel);
    if (panel.element.parentNode !== centre) replaceKeepingScroll(centre, panel.element);
    panel.show(state.pick);
    for (const [i, name] of views.entries()) {
      links[i].href = selection.href({ view: name });
      if (name === view) links[i].setAttribute("aria-current", "page");
      else links[i].removeAttribute("aria-current");
    }
    // On a phone, the menu is wider than the window.
    links[views.indexOf(view)]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    aside.toggleAttribute("data-nothing", state.pick === undefined || state.pick.kind === "pass");
    aside.replaceChildren(bar, ...details(context, state.pick));
    aside.scrollTop = 0;
  };
  selection.onChange(show);
  show(selection.state());
  listenToKeys({
    selection,
    views,
    help,
    focusSearch: search.focus,
    panel: () => panels.get(viewOf(selection.state())),
  });
}

/** Creates a link to the view. Its label includes the number key that opens the view. */
const linkTo = (view: ViewName, i: number): HTMLAnchorElement =>
  element("a", { "data-view": view }, element("span", {}, titled(view)), element("kbd", {}, String(i + 1)));

function pageHeader(context: Context, search: HTMLElement, help: HTMLDialogElement): HTMLElement {
  const helpButton = element("button", { type: "button", "aria-label": "Keys" }, "?");
  helpButton.addEventListener("click", () => help.showModal());
  return element(
    "header",
    { class: "top" },
    element(
      "div",
      { class: "model" },
      element("strong", {}, context.index.explanation.model.name),
      element("span", { class: "quiet" }, summary(context)),
    ),
    search,
    themeButton(),
    helpButton,
  );
}

/** Makes `content` the only child of the host and preserves its scroll positions. */
function replaceKeepingScroll(host: HTMLElement, content: HTMLElement): void {
  const scrolls = [...content.querySelectorAll("*"), content].map((each) => [each, each.scrollTop] as const);
  host.replaceChildren(content);
  for (const [each, top] of scrolls) if (top > 0) each.scrollTop = top;
}

interface KeyTargets {
  readonly selection: Selection;
  readonly views: readonly ViewName[];
  readonly help: HTMLDialogElement;
  readonly focusSearch: () => void;
  /** Returns the visible panel, which receives the keys that the page does not handle. */
  readonly panel: () => Panel | undefined;
}

function listenToKeys({ selection, views, help, focusSearch, panel }: KeyTargets): void {
  addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const isSearch = (key === "k" && (ctrlKey || metaKey)) || (key === "/" && !isField(target));
    if (
      event.defaultPrevented ||
      (!isSearch && (ctrlKey || metaKey || altKey || isField(target) || help.open))
    )
      return;
    const place = Number(key) - 1;
    if (isSearch) focusSearch();
    else if (key === "?") help.showModal();
    else if (key === "Escape") selection.go({ pick: undefined });
    else if (panel()?.onKey?.(event) !== true) {
      if (views[place] === undefined) return;
      selection.go({ view: views[place] });
    }
    event.preventDefault();
  });
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLSelectElement ||
  target instanceof HTMLTextAreaElement;

function summary({ index }: Context): string {
  const { model, kernels, memory, layers } = index.explanation;
  const ofStep = kernels.filter(({ program }) => program === "gradient" || program === "update");
  const work = ofStep.reduce((sum, { flops }) => sum + flops, 0);
  const parts = [
    `${layers.length} layers`,
    `${countText(model.parameters)} parameters`,
    work > 0 && `${workText(work)} per step of ${model.batchSize} rows`,
    `arena ${sizeText(memory.bytes)}`,
    `${model.dtype}, ${model.target}`,
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

start(await reportData());
