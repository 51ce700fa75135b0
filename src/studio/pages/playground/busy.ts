/**
 * The line below the editor that says what the compiler does. Compiling a large spec can take minutes, so it can be
 * cancelled.
 */
import "./busy.css";
import { element } from "../shared/element.ts";

/** Shorter compilations do not show the button, which would only flicker. In milliseconds. */
const patience = 600;

export interface BusyLine {
  readonly element: HTMLElement;
  /** Shows that compilation has begun. */
  begin(): void;
  /** Shows the result. */
  end(text: string): void;
}

export function busyLine(onCancel: () => void): BusyLine {
  const status = element("output", { class: "status" });
  const cancel = element("button", { type: "button", hidden: true }, "Cancel");
  const line = element("div", { class: "busy-line" }, status, cancel);
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = () => {
    clearInterval(timer);
    cancel.hidden = true;
    line.classList.remove("is-busy");
  };
  cancel.addEventListener("click", onCancel);
  return {
    element: line,
    begin() {
      stop();
      line.classList.add("is-busy");
      const begun = performance.now();
      timer = setInterval(() => {
        const seconds = Math.floor((performance.now() - begun) / 1000);
        status.textContent = `compiling … ${seconds} s`;
        cancel.hidden = false;
      }, patience);
    },
    end(text) {
      stop();
      status.textContent = text;
    },
  };
}
