/** The bar above the details on a phone, where they are a drawer: it makes the drawer taller, or closes it. */
import { element } from "../shared/element.ts";
import "./drawer.css";

export function drawerBar(drawer: HTMLElement, close: () => void): HTMLElement {
  const taller = element("button", { type: "button", class: "taller", "aria-expanded": "false" }, "More");
  taller.addEventListener("click", () => {
    const isTall = drawer.toggleAttribute("data-tall");
    taller.textContent = isTall ? "Less" : "More";
    taller.setAttribute("aria-expanded", String(isTall));
  });
  const closing = element("button", { type: "button", "aria-label": "Close the details" }, "×");
  closing.addEventListener("click", close);
  return element("div", { class: "drawer-bar" }, taller, closing);
}
