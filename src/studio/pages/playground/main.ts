/** The playground: the compiler in a web page. */
import "../shared/theme.css";
import "./playground.css";
import "./paths/paths.css";
import { element } from "../shared/element.ts";
import { fragmentOf, stateOf, type PageState } from "./address.ts";
import { moonsSpec } from "./examples.ts";
import { modelPage } from "./model-page.ts";
import { pathsPage, type PathsPage } from "./paths/paths-page.ts";
import { firstState } from "./paths/state.ts";
import type { PathsState } from "./paths/state.ts";
import { allTab } from "./tabs.ts";

const notice = element("p", { class: "notice", role: "status", hidden: true });

function showNotice(text: string): void {
  notice.textContent = text;
  notice.hidden = text === "";
}

/** Returns the state in the address or, if there is none, that of the first example. */
function stateFromAddress(): PageState {
  const first: PageState = {
    text: moonsSpec,
    tab: allTab,
    view: "Model",
    paths: undefined,
    drawn: [],
  };
  if (location.hash.length < 2) return first;
  try {
    return stateOf(location.hash.slice(1));
  } catch (error) {
    showNotice(`${error instanceof Error ? error.message : error}. Showing an example instead.`);
    return first;
  }
}

/** The two views of the page; one of them is visible. */
const views = ["Model", "Paths"] as const;

function start(): void {
  let isOpen = false;
  let view = "Model";
  const model = modelPage(() => storeState());
  /** Created when the view is first shown, because creation compiles the specs of the optimizers. */
  let paths: PathsPage | undefined;
  const host = element("main", {}, model.element);
  const buttons = views.map((name) => element("button", { type: "button" }, name));
  buttons.forEach((button, i) => button.addEventListener("click", () => show(views[i])));
  const state = (): PageState => ({ ...model.state(), view, paths: paths?.state() });
  const show = (name: string, pathsState?: PathsState) => {
    view = views.find((each) => each === name) ?? "Model";
    if (view === "Paths" && (paths === undefined || pathsState)) {
      paths ??= pathsPage(model.compiler, { onChange: () => storeState(), onSpec: openSpec });
      host.append(paths.element);
      paths.open(pathsState ?? firstState());
    }
    model.element.hidden = view !== "Model";
    if (paths) paths.element.hidden = view !== "Paths";
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(views[i] === view)));
    storeState();
  };
  const openSpec = (text: string) => {
    model.open({ text, drawn: [] });
    show("Model");
  };
  /** Stores the state in the address, so that it survives a reload and the Back button. */
  const storeState = () => {
    if (!isOpen) return;
    const fragment = fragmentOf(state());
    if (fragment !== undefined) history.replaceState(null, "", `#${fragment}`);
    else showNotice("the spec is too long for a link: save it in a file");
  };
  const share = element("button", { type: "button" }, "Copy link");
  share.addEventListener("click", () => {
    storeState();
    void navigator.clipboard.writeText(location.href).then(
      () => showNotice("Link copied. It contains the spec itself; nothing was sent to a server."),
      () => showNotice("Copy the link from the address bar."),
    );
  });
  const header = element(
    "header",
    {},
    element("h1", {}, "tapeless playground"),
    element("nav", { class: "views", "aria-label": "View" }, ...buttons),
    share,
  );
  document.body.append(header, notice, host);
  const open = () => {
    const opened = stateFromAddress();
    model.open(opened);
    show(opened.view, opened.paths);
    isOpen = true;
  };
  window.addEventListener("hashchange", open);
  open();
}

// The page's other scripts define the sources of the workers and the data. They have all run when the
// document is complete.
document.addEventListener("DOMContentLoaded", start);
