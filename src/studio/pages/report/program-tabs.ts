/** One button for each program of which there is something to show. */
import { element } from "../shared/element.ts";
import { titled } from "./titled.ts";
import type { ProgramName } from "../../explanation.ts";

export interface ProgramTabs {
  readonly element: HTMLElement;
  current(): ProgramName | undefined;
  choose(program: ProgramName): void;
}

/** `onChoose` hears of every change, the first one included. */
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
