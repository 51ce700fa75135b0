/** Tabs as the ARIA practices have them: arrows go from tab to tab, one panel is seen. */
import { element } from "../shared/element.ts";

export interface Tab {
  readonly name: string;
  readonly panel: HTMLElement;
  /** Called when it comes to be seen. */
  readonly onShow?: () => void;
}

export interface Tabs {
  readonly element: HTMLElement;
  readonly chosen: () => string;
  choose(name: string): void;
}

export function tabbed(label: string, tabs: readonly Tab[], onChoose: (name: string) => void): Tabs {
  let chosen = tabs[0].name;
  const buttons = tabs.map(({ name }) =>
    element(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` },
      name,
    ),
  );
  for (const { name, panel } of tabs) {
    panel.id = `panel-${name}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `tab-${name}`);
  }
  const choose = (name: string) => {
    if (!tabs.some((tab) => tab.name === name)) return;
    chosen = name;
    tabs.forEach((tab, i) => {
      const isChosen = tab.name === name;
      buttons[i].setAttribute("aria-selected", String(isChosen));
      buttons[i].tabIndex = isChosen ? 0 : -1;
      tab.panel.hidden = !isChosen;
      if (isChosen) tab.onShow?.();
    });
    onChoose(name);
  };
  buttons.forEach((button, i) => {
    button.addEventListener("click", () => choose(tabs[i].name));
    button.addEventListener("keydown", ({ key }) => {
      const way = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (way === undefined) return;
      const next = (i + way + tabs.length) % tabs.length;
      choose(tabs[next].name);
      buttons[next].focus();
    });
  });
  const list = element("div", { role: "tablist", "aria-label": label }, ...buttons);
  return {
    element: element("div", { class: "tabs" }, list, ...tabs.map(({ panel }) => panel)),
    chosen: () => chosen,
    choose,
  };
}
