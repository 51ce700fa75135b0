/** The first view: a spec in the editor, and next to it the results of compiling it. */
import type { CompileReply } from "../../browser/messages.ts";
import { element } from "../shared/element.ts";
import { codePanel, explanationPanels, gradientsPanel, picturePanel } from "./explanation-panels.ts";
import type { GoTo } from "./explanation-panels.ts";
import { startCompiler } from "./compiler.ts";
import type { Compiler } from "./compiler.ts";
import { createEditor, showProblems } from "./editor.ts";
import type { Editor } from "./editor.ts";
import { examplesOf, generatedData, planes } from "./examples.ts";
import { planeFile } from "./paths/spec-of-path.ts";
import { tabbed, allTab } from "./tabs.ts";
import { texts } from "./texts.ts";
import { trainPanel } from "./train-panel.ts";

export interface ModelPage {
  readonly element: HTMLElement;
  readonly text: () => string;
  readonly tab: () => string;
  /** The page's compiler, for other views. */
  readonly compiler: Compiler;
  open(text: string, tab?: string): void;
}

/** The pause in typing after which compilation starts, in milliseconds. */
const pause = 120;

export function modelPage(onChange: () => void): ModelPage {
  const { data, specs } = texts();
  const files = filesWith(data);
  const examples = examplesOf(specs);
  const status = element("output", { class: "status" });
  const problems = element("ul", { class: "problems" });
  const host = element("div", { class: "editor" });
  const training = trainPanel();
  const goTo: GoTo = (line, column) => editor.goTo(line, column);
  const explaining = explanationPanels(
    { Code: codePanel(goTo), Gradients: gradientsPanel(goTo), Picture: picturePanel(goTo) },
    { isVisible: (panel) => tabs.isVisible(panel), explain: () => compiler.explain() },
  );

  let changed = 0;
  const compile = () => {
    changed = performance.now();
    explaining.show("working");
    compiler.compile(editor.text(), files);
  };
  const handleReply = (reply: CompileReply) => {
    if (reply.kind === "errors") {
      status.textContent = errorCountText(reply.diagnostics);
      showDiagnostics(reply.diagnostics);
      explaining.show("wrong");
      return training.setStale(true);
    }
    if (reply.kind === "trainer") {
      showDiagnostics(reply.warnings);
      status.textContent = compiledText(reply);
      training.show(reply.trainer);
      return explaining.show("compiled");
    }
    status.dataset.explained = String(Math.round(performance.now() - changed));
    explaining.show(reply.explanation);
  };
  const showDiagnostics = (diagnostics: Diagnostics) => {
    editor.mark(diagnostics);
    showProblems(problems, diagnostics, editor.goTo);
  };

  const compiler = startCompiler(handleReply);
  const editor = createEditor(host, {
    text: "",
    compiler,
    onChange: afterPause(() => {
      compile();
      dataset.refresh();
      onChange();
    }),
  });
  const tabs = tabbed(
    "Results of the spec",
    [{ name: "Train", element: training.element }, ...explaining.panels],
    onChange,
  );

  const example = chooser("Example", [...examples.keys()], (name) =>
    editor.setText(examples.get(name) ?? ""),
  );
  const dataset = datasetChooser(editor);
  const open = (text: string, tab = allTab) => {
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

/** The data files that specs can name: those of the examples, and generated files. */
const filesWith = (data: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  ...data,
  ...generatedData(data["two-moons.csv"]),
  [planeFile.name]: planeFile.text,
});

/** Returns a function that runs `act` when it has not been called again for the length of the pause. */
function afterPause(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, pause);
  };
}

type Diagnostics = Parameters<typeof showProblems>[1];

function errorCountText(diagnostics: Diagnostics): string {
  const count = diagnostics.filter(({ severity }) => severity === "error").length;
  return `${count} ${count === 1 ? "error" : "errors"}`;
}

function compiledText({ trainer, milliseconds }: Extract<CompileReply, { kind: "trainer" }>): string {
  const parameters = trainer.facts.parameters.reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  return `compiled in ${Math.round(milliseconds)} ms · ${parameters.toLocaleString("en")} parameters`;
}

/**
 * A control that replaces the data set of the spec with another of the generated sets of points. It is hidden
 * if the spec does not use one of them.
 */
function datasetChooser(editor: Editor) {
  const dataset = chooser("Data", planes, (name) => {
    const current = dataFileIn(editor.text());
    if (current !== undefined) editor.setText(editor.text().replace(`data/${current}`, `data/${name}`));
  });
  return {
    element: dataset.element,
    refresh() {
      const current = dataFileIn(editor.text()) ?? "";
      dataset.element.hidden = !planes.includes(current);
      dataset.select.value = current;
    },
  };
}

/** The name of the CSV file in the folder `data` that the spec mentions, if any. */
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
