/** The first view: a spec in the editor, and beside it what the compiler makes of it. */
import type { CompileAnswer } from "../../browser/messages.ts";
import type { Explanation } from "../../inspect/explanation.ts";
import { element } from "../shared/element.ts";
import { codePanel } from "./code-panel.ts";
import { startCompiler, type Compiler } from "./compiler.ts";
import { createEditor } from "./editor.ts";
import { gradientsPanel } from "./gradients-panel.ts";
import { picturePanel } from "./picture-panel.ts";
import { examplesOf } from "./examples.ts";
import { madeData, planes } from "./made-data.ts";
import { planeFile } from "./paths/spec-of-path.ts";
import { showProblems } from "./problems.ts";
import { tabbed, type Tab } from "./tabs.ts";
import { texts } from "./texts.ts";
import { trainPanel } from "./train-panel.ts";

export interface ModelPage {
  readonly element: HTMLElement;
  readonly text: () => string;
  readonly tab: () => string;
  /** The page's compiler, for what else compiles. */
  readonly compiler: Compiler;
  open(text: string, tab?: string): void;
}

/** Leads to a place in the spec; lines and columns from 1. */
export type GoTo = (line: number, column: number) => void;

/** A panel that shows what the compiler tells of a model. */
export interface ExplanationPanel {
  readonly element: HTMLElement;
  show(explanation: Explanation): void;
}

/** How long nothing must be typed before it is compiled. */
const pause = 120;

export function modelPage(onChange: () => void): ModelPage {
  const { data, specs } = texts();
  const files: Record<string, string> = {
    ...data,
    ...madeData(data["two-moons.csv"]),
    [planeFile.name]: planeFile.text,
  };
  const examples = examplesOf(specs);
  const status = element("output", { class: "status" });
  const problems = element("ul", { class: "problems" });
  const host = element("div", { class: "editor" });
  const training = trainPanel();
  /** Stands in a panel until it is filled. */
  const waiting = element("p", { class: "quiet waiting", role: "status" });
  let isWrong = false;
  let shown: Explanation | undefined;
  const goTo: GoTo = (line, column) => editor.goTo(line, column);
  const explaining: Readonly<Record<string, ExplanationPanel>> = {
    Code: codePanel(goTo),
    Gradients: gradientsPanel(goTo),
    Picture: picturePanel(goTo),
  };
  /** The panel that is seen is filled: an explanation of a large model is much to work out and to draw. */
  const fill = () => {
    const panel = Object.hasOwn(explaining, tabs.chosen()) ? explaining[tabs.chosen()] : undefined;
    if (panel === undefined) return;
    waiting.textContent = isWrong ? "The spec has errors." : "working …";
    panel.element.prepend(waiting);
    if (shown === undefined) return isWrong ? undefined : compiler.explain();
    // What is worked at is told before the work, which stops the page, begins.
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (shown === undefined || panel !== explaining[tabs.chosen()]) return;
        panel.show(shown);
        waiting.remove();
      }),
    );
  };
  const panels: Tab[] = [
    { name: "Train", panel: training.element },
    ...Object.entries(explaining).map(([name, panel]) => ({
      name,
      panel: panel.element,
      onShow: () => fill(),
    })),
  ];

  let changed = 0;
  const compile = () => {
    changed = performance.now();
    shown = undefined;
    isWrong = false;
    compiler.compile(editor.text(), files);
  };
  const hear = (answer: CompileAnswer) => {
    if (answer.kind === "faults") {
      const count = answer.diagnostics.filter(({ severity }) => severity === "error").length;
      status.textContent = `${count} ${count === 1 ? "error" : "errors"}`;
      tell(answer.diagnostics);
      isWrong = true;
      fill();
      return training.setStale(true);
    }
    if (answer.kind === "trainer") {
      tell(answer.warnings);
      isWrong = false;
      const parameters = answer.trainer.facts.parameters.reduce(
        (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
        0,
      );
      status.textContent = `compiled in ${Math.round(answer.milliseconds)} ms · ${parameters.toLocaleString("en")} parameters`;
      training.show(answer.trainer);
      return fill();
    }
    shown = answer.explanation;
    status.dataset.explained = String(Math.round(performance.now() - changed));
    fill();
  };
  const tell: (diagnostics: Parameters<typeof showProblems>[1]) => void = (diagnostics) => {
    editor.mark(diagnostics);
    showProblems(problems, diagnostics, editor.goTo);
  };

  const compiler = startCompiler(hear);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const editor = createEditor(host, {
    text: "",
    compiler,
    onChange() {
      clearTimeout(timer);
      timer = setTimeout(() => {
        compile();
        refreshDatasets();
        onChange();
      }, pause);
    },
  });
  const tabs = tabbed("What becomes of the spec", panels, onChange);

  const example = chooser("Example", [...examples.keys()], (name) =>
    editor.setText(examples.get(name) ?? ""),
  );
  const dataset = chooser("Data", planes, (name) => {
    const current = dataFileIn(editor.text());
    if (current !== undefined) editor.setText(editor.text().replace(`data/${current}`, `data/${name}`));
  });
  const refreshDatasets = () => {
    const current = dataFileIn(editor.text()) ?? "";
    dataset.element.hidden = !planes.includes(current);
    dataset.select.value = current;
  };
  const open = (text: string, tab = "Train") => {
    editor.setText(text);
    tabs.choose(tab);
  };
  const left = element(
    "section",
    { class: "left", "aria-label": "Spec" },
    element("div", { class: "bar" }, example.element, dataset.element),
    host,
    status,
    problems,
  );
  const right = element("section", { class: "right", "aria-label": "Result" }, tabs.element);
  return {
    element: element("div", { class: "model-page" }, left, right),
    text: editor.text,
    tab: tabs.chosen,
    compiler,
    open,
  };
}

/** The file of the data section, if the page has it in a folder `data`. */
const dataFileIn = (text: string): string | undefined => /data\/([\w-]+\.csv)/.exec(text)?.[1];

function chooser(label: string, names: readonly string[], onChoose: (name: string) => void) {
  const select = element(
    "select",
    {},
    ...names.map((name) => element("option", { value: name }, name.replace(/\.csv$/, ""))),
  );
  select.addEventListener("change", () => onChoose(select.value));
  return { element: element("label", { class: "chooser" }, `${label} `, select), select };
}
