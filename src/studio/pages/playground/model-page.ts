/** The first view: a spec in the editor, and beside it what the compiler makes of it. */
import type { CompileAnswer } from "../../browser/messages.ts";
import { element } from "../shared/element.ts";
import { codePanel } from "./code-panel.ts";
import { startCompiler, type Compiler } from "./compiler.ts";
import { createEditor } from "./editor.ts";
import { explanationPanels, type GoTo } from "./explanation-panels.ts";
import { gradientsPanel } from "./gradients-panel.ts";
import { picturePanel } from "./picture-panel.ts";
import { examplesOf } from "./examples.ts";
import { madeData, planes } from "./made-data.ts";
import { planeFile } from "./paths/spec-of-path.ts";
import { showProblems } from "./problems.ts";
import { tabbed, together } from "./tabs.ts";
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
  const goTo: GoTo = (line, column) => editor.goTo(line, column);
  const explaining = explanationPanels(
    { Code: codePanel(goTo), Gradients: gradientsPanel(goTo), Picture: picturePanel(goTo) },
    { isSeen: (panel) => tabs.isSeen(panel), explain: () => compiler.explain() },
  );

  let changed = 0;
  const compile = () => {
    changed = performance.now();
    explaining.show("working");
    compiler.compile(editor.text(), files);
  };
  const hear = (answer: CompileAnswer) => {
    if (answer.kind === "faults") {
      const count = answer.diagnostics.filter(({ severity }) => severity === "error").length;
      status.textContent = `${count} ${count === 1 ? "error" : "errors"}`;
      tell(answer.diagnostics);
      explaining.show("wrong");
      return training.setStale(true);
    }
    if (answer.kind === "trainer") {
      tell(answer.warnings);
      const parameters = answer.trainer.facts.parameters.reduce(
        (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
        0,
      );
      status.textContent = `compiled in ${Math.round(answer.milliseconds)} ms · ${parameters.toLocaleString("en")} parameters`;
      training.show(answer.trainer);
      return explaining.show("compiled");
    }
    status.dataset.explained = String(Math.round(performance.now() - changed));
    explaining.show(answer.explanation);
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
  const tabs = tabbed(
    "What becomes of the spec",
    [{ name: "Train", element: training.element }, ...explaining.panels],
    onChange,
  );

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
  const open = (text: string, tab = together) => {
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
