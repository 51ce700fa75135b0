/**
 * The controls of the animation: play, pause, one step, back to the start, and a slider over the steps. All
 * steps are already computed, and playing only reveals them.
 */
import { element } from "../../shared/element.ts";

export interface Player {
  readonly element: HTMLElement;
  /** Sets the total number of steps and the number of steps that are shown. */
  set(steps: number, shown: number): void;
}

/** The speeds in steps per second. */
const paces = [10, 30, 100, 300] as const;

/** @param more an additional control in the same line */
export function player(more: HTMLElement, onShow: (shown: number, isSettled: boolean) => void): Player {
  const play = element("button", { type: "button", class: "primary" }, "Play");
  const step = element("button", { type: "button" }, "One step");
  const reset = element("button", { type: "button" }, "Reset");
  const pace = element(
    "select",
    { "aria-label": "Speed" },
    ...paces.map((each) =>
      element("option", { value: each, selected: each === 30 }, `${each} steps per second`),
    ),
  );
  const slider = element("input", { type: "range", min: 0, step: 1, "aria-label": "Step" });
  const count = element("output", { class: "count" });
  let [last, shown] = [0, 0];
  /**
   * Set while the animation plays: the time of the last frame, and how many steps should be visible by then.
   * The number of steps includes a fraction.
   */
  let playing: { time: number; due: number } | undefined;

  const refresh = () => {
    play.textContent = playing ? "Pause" : "Play";
    step.disabled = playing !== undefined || shown >= last;
    slider.max = String(last);
    slider.value = String(shown);
    count.textContent = `step ${shown} of ${last}`;
  };
  const show = (to: number, isSettled: boolean) => {
    shown = Math.min(last, Math.max(0, to));
    refresh();
    onShow(shown, isSettled);
  };
  const pause = () => {
    playing = undefined;
    show(shown, true);
  };
  const picture = (time: number) => {
    if (playing === undefined) return;
    const due = playing.due + ((time - playing.time) / 1000) * Number(pace.value);
    playing = { time, due };
    if (Math.floor(due) > shown) show(Math.floor(due), false);
    if (shown >= last) return pause();
    requestAnimationFrame(picture);
  };
  play.addEventListener("click", () => {
    if (playing) return pause();
    if (shown >= last) show(0, false);
    playing = { time: performance.now(), due: shown };
    refresh();
    requestAnimationFrame(picture);
  });
  step.addEventListener("click", () => show(shown + 1, true));
  reset.addEventListener("click", () => {
    playing = undefined;
    show(0, true);
  });
  slider.addEventListener("input", () => {
    playing = undefined;
    show(Number(slider.value), false);
  });
  slider.addEventListener("change", () => show(Number(slider.value), true));
  return {
    element: element(
      "div",
      { class: "player" },
      element("div", { class: "controls" }, play, step, reset, pace, more),
      element("div", { class: "timeline" }, slider, count),
    ),
    set(steps, now) {
      if (playing && steps === last && now === shown) return;
      [last, shown] = [steps, now];
      playing = playing && { time: performance.now(), due: now };
      refresh();
    },
  };
}
