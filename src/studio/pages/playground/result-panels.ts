/** The results of compiling a spec, in tabs: training, and the panels that explain the model. */
import type { CompileReply, PartRequest, SavedTrainer } from "../../browser/messages.ts";
import type { Lesson } from "./exercises.ts";
import { codePanel } from "./code-panel.ts";
import { explanationPanels, picturePanel } from "./explanation-panels.ts";
import type { GoTo } from "./explanation-panels.ts";
import { gradientsPanel } from "./gradients-panel.ts";
import { tabbed } from "./tabs.ts";
import type { Remedy } from "./train-display.ts";
import { trainPanel } from "./train-panel.ts";

export interface ResultPanels {
  readonly element: HTMLElement;
  /** The name of the tab that is shown. */
  readonly chosen: () => string;
  choose(tab: string): void;
  /** The text has changed and is being compiled: all results are out of date. Requests the results to show. */
  begin(): void;
  /** There will be no results for the current text. */
  stop(reason: "wrong" | "stopped"): void;
  /** Shows a result; `spec` returns the spec that was compiled. */
  receive(reply: CompileReply, spec: () => unknown): void;
}

interface ResultEvents {
  readonly goTo: GoTo;
  request(part: PartRequest["kind"]): void;
  requestNumbers(row: number, saved: SavedTrainer): void;
  remedy(): Remedy | undefined;
  /** Receives what changes in the lesson: the model, or its training. */
  learn(news: Partial<Lesson>): void;
  onTab(): void;
}

/** The layers are requested after this pause in milliseconds. The next change of the text need not wait for them. */
const layerPause = 250;

export function resultPanels(events: ResultEvents): ResultPanels {
  const { goTo, request, remedy, learn, onTab } = events;
  const training = trainPanel({
    onProgress: (reports, result) => learn({ reports, result, hasDiverged: false }),
    onDiverged: () => learn({ hasDiverged: true }),
    onSaved: (saved) => events.requestNumbers(gradients.row(), saved),
    remedy,
  });
  const gradients = gradientsPanel(goTo, () => {
    if (!training.save())
      gradients.showNumbers({ problem: "There is no data to train on, so there is no row." });
  });
  const explaining = explanationPanels(
    { Code: codePanel(goTo), Gradients: gradients, Picture: picturePanel(goTo) },
    {
      isVisible: (panel) => tabs.isVisible(panel),
      request,
      onFilled: (panel) => performance.measure(`edit to ${panel}`, "edit"),
    },
  );
  const tabs = tabbed(
    "Results of the spec",
    [{ name: "Train", element: training.element }, ...explaining.panels],
    onTab,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (reason: "wrong" | "stopped") => {
    explaining.show(reason);
    training.stop();
  };
  return {
    element: tabs.element,
    chosen: tabs.chosen,
    choose: tabs.choose,
    begin() {
      clearTimeout(timer);
      explaining.show("working");
      training.begin();
      request("trainer");
    },
    stop,
    receive(reply, spec) {
      if (reply.kind === "errors") return stop("wrong");
      if (reply.kind === "compiled") return explaining.show("compiled");
      if (reply.kind === "code" || reply.kind === "graphs") return explaining.receive(reply);
      if (reply.kind === "numbers") return gradients.showNumbers(reply.numbers);
      if (reply.kind === "layers") return training.showLayers(reply.layers);
      if (reply.kind !== "trainer") return;
      const isNew = training.show(reply.trainer);
      if (isNew) learn({ spec: spec(), reports: [], result: undefined, hasDiverged: false });
      if (isNew && reply.trainer.problem === undefined)
        timer = setTimeout(() => request("layers"), layerPause);
    },
  };
}
