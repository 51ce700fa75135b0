/**
 * Tabs with the keyboard behaviour of the ARIA practices: arrow keys move between tabs. Each tab shows one
 * panel, except the first, which shows all panels side by side.
 */
import { element } from "../shared/element.ts";

export interface Panel {
  readonly name: string;
  readonly element: HTMLElement;
  /** Called when the panel becomes visible. */
  readonly onShow?: () => void;
}

export interface Tabs {
  readonly element: HTMLElement;
  readonly chosen: () => string;
  readonly isVisible: (panel: string) => boolean;
  /** Shows a tab; the tab with all panels if there is none with this name. */
  choose(tab: string): void;
}

/** The tab that shows all panels. */
export const allTab = "All";

export function tabbed(label: string, panels: readonly Panel[], onChoose: (tab: string) => void): Tabs {
  let chosen = allTab;
  const names = [allTab, ...panels.map(({ name }) => name)];
  const idOf = (panel: string) => `panel-${panel}`;
  const buttons = names.map((name) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": name === allTab ? panels.map((panel) => idOf(panel.name)).join(" ") : idOf(name),
      },
      name,
    ),
  );
  for (const { name, element: panel } of panels) {
    panel.id = idOf(name);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-label", name);
    panel.prepend(element("h2", { class: "panel-name" }, name));
  }
  const host = element("div", { class: "tabs" });
  const isVisible = (panel: string) => chosen === allTab || chosen === panel;
  const choose = (wanted: string) => {
    // A link may name a tab that this version of the page does not have.
    const tab = names.includes(wanted) ? wanted : allTab;
    chosen = tab;
    host.classList.toggle("together", tab === allTab);
    buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(names[i] === tab));
      button.tabIndex = names[i] === tab ? 0 : -1;
    });
    for (const { name, element: panel, onShow } of panels) {
      panel.hidden = !isVisible(name);
      if (isVisible(name)) onShow?.();
    }
    onChoose(tab);
  };
  buttons.forEach((button, i) => {
    button.addEventListener("click", () => choose(names[i]));
    button.addEventListener("keydown", ({ key }) => {
      const way = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (way === undefined) return;
      const next = (i + way + names.length) % names.length;
      choose(names[next]);
      buttons[next].focus();
    });
  });
  host.append(
    element("div", { role: "tablist", "aria-label": label }, ...buttons),
    element("div", { class: "panels" }, ...panels.map((panel) => panel.element)),
  );
  return { element: host, chosen: () => chosen, isVisible, choose };
}
