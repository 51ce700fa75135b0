/** The panel of an exercise: its steps, and which of them are solved. */
import "./exercises.css";
import { element } from "../shared/element.ts";
import { exercises, exerciseWithId, type Exercise, type Lesson } from "./exercises.ts";

export interface ExercisePanel {
  /** The menu of exercises. */
  readonly menu: HTMLElement;
  readonly element: HTMLElement;
  readonly chosen: () => string | undefined;
  /** Shows an exercise with all steps unsolved, or none. */
  choose(id: string | undefined): void;
  /** Receives what changes in the lesson, and marks the next step if it is solved now. */
  learn(news: Partial<Lesson>): void;
}

const none = "none";

/** @param onOpen opens an exercise that the user chose */
export function exercisePanel(onOpen: (exercise: Exercise | undefined) => void): ExercisePanel {
  const state: { exercise?: Exercise | undefined; solved: number; lesson: Lesson } = {
    solved: 0,
    lesson: { spec: undefined, reports: [], result: undefined, hasDiverged: false },
  };
  const host = element("section", { class: "exercise", "aria-label": "Exercise", hidden: true });
  const menu = element(
    "select",
    {},
    ...[[none, none], ...exercises.map(({ id, title }) => [id, title])].map(([value, text]) =>
      element("option", { value }, text),
    ),
  );
  const open = (id: string) => onOpen(exerciseWithId(id));
  menu.addEventListener("change", () => open(menu.value));
  const draw = () => {
    const { exercise, solved } = state;
    menu.value = exercise?.id ?? none;
    host.hidden = exercise === undefined;
    if (exercise === undefined) return;
    const isSolved = solved === exercise.steps.length;
    const next = exercises[exercises.indexOf(exercise) + 1];
    host.dataset.solved = String(isSolved);
    host.replaceChildren(
      element("h2", {}, exercise.title),
      element("ol", {}, ...exercise.steps.map(({ text }, i) => stepItem(text, i < solved, i === solved))),
      element(
        "p",
        { class: "exercise-state", role: "status" },
        isSolved ? "Solved." : `${solved} of ${exercise.steps.length} steps solved.`,
      ),
      ...(isSolved && next ? [nextButton(next, open)] : []),
    );
  };
  return {
    menu: element("label", { class: "chooser" }, "Exercise ", menu),
    element: host,
    chosen: () => state.exercise?.id,
    choose(id) {
      Object.assign(state, { exercise: exerciseWithId(id ?? ""), solved: 0 });
      draw();
    },
    learn(news) {
      state.lesson = { ...state.lesson, ...news };
      const { exercise, solved, lesson } = state;
      // One report solves one step, because the next step asks for something else.
      if (exercise?.steps[solved]?.isSolved(lesson) !== true) return;
      state.solved++;
      draw();
    },
  };
}

function stepItem(text: string, isSolved: boolean, isNext: boolean): HTMLElement {
  const state = isSolved ? "solved" : isNext ? "next" : "later";
  const mark = element("span", { class: "step-mark" }, isSolved ? "✓ solved" : isNext ? "now" : "");
  return element("li", { class: state }, text, " ", mark);
}

function nextButton({ id, title }: Exercise, open: (id: string) => void): HTMLElement {
  const button = element("button", { type: "button", class: "primary" }, `Next: ${title}`);
  button.addEventListener("click", () => open(id));
  return button;
}
