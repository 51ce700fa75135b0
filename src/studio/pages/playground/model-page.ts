/** The first view: a spec in the editor, and next to it the results of compiling it. */
import type { CompileReply, PageFiles } from "../../browser/messages.ts";
import { element } from "../shared/element.ts";
import { codePanel, explanationPanels, gradientsPanel, picturePanel } from "./explanation-panels.ts";
import type { GoTo } from "./explanation-panels.ts";
import { startCompiler } from "./compiler.ts";
import type { Compiler } from "./compiler.ts";
import { createEditor, showProblems } from "./editor.ts";
import type { Editor } from "./editor.ts";
import { examplesOf, generatedData, planes } from "./examples.ts";
import { loadedFiles } from "./loaded-files.ts";
import { planeFile } from "./paths/spec-of-path.ts";
import { tabbed, allTab } from "./tabs.ts";
import { bytesOfBase64, texts } from "./texts.ts";
import type { PageTexts } from "./texts.ts";
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
  const { data, binaries, specs } = texts();
  const ofExamples = exampleFiles(data, binaries);
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
    compiler.compile(editor.text());
  };
  const handleReply = (reply: CompileReply) => {
    if (reply.kind === "savings") return summary.showSavings(reply.text);
    if (reply.kind === "errors") {
      summary.show(errorCountText(reply.diagnostics), reply.diagnostics);
      explaining.show("wrong");
      return training.setStale(true);
    }
    if (reply.kind === "trainer") {
      summary.show(compiledText(reply), reply.warnings);
      training.show(reply.trainer);
      return explaining.show("compiled");
    }
    summary.status.dataset.explained = String(Math.round(performance.now() - changed));
    explaining.show(reply.explanation);
  };

  const compiler = startCompiler(handleReply);
  compiler.setFiles(ofExamples);
  const editor = createEditor(host, {
    text: "",
    compiler,
    onChange: afterPause(() => {
      compile();
      dataset.refresh();
      onChange();
    }),
  });
  const summary = compilerSummary(editor);
  const tabs = tabbed(
    "Results of the spec",
    [{ name: "Train", element: training.element }, ...explaining.panels],
    onChange,
  );

  const example = exampleChooser(examplesOf(specs), editor);
  const dataset = datasetChooser(editor);
  const loaded = loadedFiles({
    onSpec: editor.setText,
    onChange(files) {
      // A loaded file takes precedence over the file of an example.
      compiler.setFiles({ ...ofExamples, ...files });
      compile();
    },
  });
  const open = (text: string, tab = allTab) => {
    editor.setText(text);
    tabs.choose(tab);
  };
  const left = element(
    "section",
    { class: "left", "aria-label": "Spec" },
    element("div", { class: "bar" }, example.element, dataset.element, loaded.button),
    loaded.list,
    host,
    ...summary.elements,
  );
  loaded.acceptDrops(document.documentElement);
  const right = element("section", { class: "right", "aria-label": "Result" }, tabs.element);
  return {
    element: element("div", { class: "model-page" }, left, right),
    text: editor.text,
    tab: tabs.chosen,
    compiler,
    open,
  };
}

/** The files that specs can name without loading: those of the examples, and generated files. */
const exampleFiles = (data: PageTexts["data"], binaries: PageTexts["binaries"]): PageFiles => ({
  ...data,
  ...Object.fromEntries(Object.entries(binaries).map(([name, base64]) => [name, bytesOfBase64(base64)])),
  ...generatedData(data["two-moons.csv"]),
  [planeFile.name]: planeFile.text,
});

/** What the compiler says about the text, below the editor: its status, the savings of frozen layers, the problems. */
function compilerSummary(editor: Editor) {
  const status = element("output", { class: "status" });
  const savings = element("p", { class: "status savings", hidden: true });
  const problems = element("ul", { class: "problems" });
  const showSavings = (text: string) => {
    savings.textContent = text;
    savings.hidden = text === "";
  };
  return {
    elements: [status, savings, problems],
    status,
    showSavings,
    show(text: string, diagnostics: Diagnostics) {
      status.textContent = text;
      showSavings("");
      editor.mark(diagnostics);
      showProblems(problems, diagnostics, editor.goTo);
    },
  };
}

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

const exampleChooser = (examples: ReadonlyMap<string, string>, editor: Editor) =>
  chooser("Example", [...examples.keys()], (name) => editor.setText(examples.get(name) ?? ""));

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
