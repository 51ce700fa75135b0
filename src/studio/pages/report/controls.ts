/** Small controls of the report: titles, the theme button, the tabs of programs, the help dialog. */
import type { ProgramName } from "../../explanation.ts";
import { element } from "../shared/element.ts";

/** Capitalises a name: `gradient` becomes `Gradient`. */
export const titled = (name: string): string => name.replace(/^./, (letter) => letter.toUpperCase());

// The theme button: it switches between the system's setting, light and dark. The choice is stored if the
// browser allows it.

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];
const key = "tapeless-theme";

export function themeButton(): HTMLElement {
  const button = element("button", { type: "button", class: "theme" });
  let theme: Theme = remembered();
  const apply = () => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = { system: "◐ System", light: "○ Light", dark: "● Dark" }[theme];
    button.setAttribute("aria-label", `Colours: ${theme}`);
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    remember(theme);
    apply();
  });
  apply();
  return button;
}

function remembered(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? "system";
  } catch {
    return "system";
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    return;
  }
}

// The tabs of programs: one button for each program that has content.

interface ProgramTabs {
  readonly element: HTMLElement;
  current(): ProgramName | undefined;
  choose(program: ProgramName): void;
}

/** `onChoose` is called for every choice, including the initial one. */
export function programTabs(
  programs: readonly ProgramName[],
  onChoose: (program: ProgramName) => void,
): ProgramTabs {
  let current: ProgramName | undefined;
  const buttons = programs.map((program) => {
    const button = element("button", { type: "button", "aria-pressed": "false" }, titled(program));
    button.addEventListener("click", () => choose(program));
    return button;
  });
  const choose = (program: ProgramName) => {
    if (program === current) return;
    current = program;
    for (const [i, button] of buttons.entries())
      button.setAttribute("aria-pressed", String(programs[i] === program));
    onChoose(program);
  };
  return {
    element: element("div", { class: "tabs", role: "group", "aria-label": "Programs" }, ...buttons),
    current: () => current,
    choose,
  };
}

// The keyboard shortcuts.

const keysOf = (views: number): readonly (readonly [keys: string, what: string])[] => [
  ["/  or  Ctrl K", "search"],
  [`1 … ${views}`, "go to a view"],
  ["Tab, Enter", "go from link to link, follow one"],
  ["Esc", "clear the selection"],
  ["Alt ←, Alt →", "back, forward: every selection and view is an entry in the browser's history"],
  ["← →", "in Gradients: previous value, next value; in Passes: previous pass, next pass"],
  ["↑ ↓", "in Code: previous line, next line; in tables: previous row, next row"],
  ["f, Enter, Shift Enter", "in Code: find text, next match, previous match"],
  ["+ − 0", "in Graph: zoom in, zoom out, fit all"],
  ["Enter, o, c", "in Graph: unfold or fold the group, all groups"],
  ["?", "show this list"],
];

/** Creates the help dialog of a page with this number of views. */
export function helpDialog(views: number): HTMLDialogElement {
  const close = element("button", { type: "submit" }, "Close");
  return element(
    "dialog",
    { class: "help", "aria-label": "Keys" },
    element("h2", {}, "Keys"),
    element(
      "dl",
      {},
      ...keysOf(views).flatMap(([key, what]) => [
        element("dt", {}, element("kbd", {}, key)),
        element("dd", {}, what),
      ]),
    ),
    element("form", { method: "dialog" }, close),
  );
}
