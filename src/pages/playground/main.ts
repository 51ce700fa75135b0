/** The playground: the compiler in a page. */
import "../shared/theme.css";
import "./playground.css";
import { element } from "../shared/element.ts";
import { fragmentOf, stateOf, type PageState } from "./address.ts";
import { examplesOf } from "./examples.ts";
import { modelPage } from "./model-page.ts";
import { texts } from "./texts.ts";

const notice = element("p", { class: "notice", role: "status", hidden: true });

function tell(text: string): void {
  notice.textContent = text;
  notice.hidden = text === "";
}

/** What the address says, or the first example. */
function stateFromAddress(): PageState {
  const first: PageState = { text: [...examplesOf(texts().specs).values()][0], tab: "Train", view: "Model" };
  if (location.hash.length < 2) return first;
  try {
    return stateOf(location.hash.slice(1));
  } catch (error) {
    tell(`${error instanceof Error ? error.message : error}. Here is an example instead.`);
    return first;
  }
}

function start(): void {
  let isOpen = false;
  const model = modelPage(() => keep());
  const state = (): PageState => ({ text: model.text(), tab: model.tab(), view: "Model" });
  /** In the address, so that reloading and going back lose nothing. */
  const keep = () => {
    if (!isOpen) return;
    const fragment = fragmentOf(state());
    if (fragment !== undefined) history.replaceState(null, "", `#${fragment}`);
    else tell("the spec is too long for an address: keep it in a file");
  };
  const share = element("button", { type: "button" }, "Copy link");
  share.addEventListener("click", () => {
    keep();
    void navigator.clipboard.writeText(location.href).then(
      () => tell("The link is copied: it holds the spec itself, and nothing was sent anywhere."),
      () => tell("The link is in the address bar: copy it from there."),
    );
  });
  const header = element("header", {}, element("h1", {}, "tapeless playground"), share);
  document.body.append(header, notice, element("main", {}, model.element));
  const open = () => {
    const { text, tab } = stateFromAddress();
    model.open(text, tab);
    isOpen = true;
  };
  window.addEventListener("hashchange", open);
  open();
}

// The scripts beside this one leave the texts of workers and data; all have run when the document is complete.
document.addEventListener("DOMContentLoaded", start);
