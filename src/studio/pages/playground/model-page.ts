/** The first view: a spec in the editor, and next to it the results of compiling it. */
import type { CompileReply, PageFiles } from "../../browser/messages.ts";
import { element } from "../shared/element.ts";
import { stateOfExercise, type PageState } from "./address.ts";
import { busyLine } from "./busy.ts";
import { startCompiler } from "./compiler.ts";
import type { Compiler } from "./compiler.ts";
import { createEditor, showProblems } from "./editor.ts";
import type { Editor } from "./editor.ts";
import { examplesOf } from "./examples.ts";
import { exercisePanel } from "./exercise-panel.ts";
import { loadedFiles } from "./loaded-files.ts";
import { pageFiles } from "./page-files.ts";
import { resultPanels } from "./result-panels.ts";
import { rateBinding } from "./spec-bindings.ts";
import { specControls } from "./spec-controls.ts";
import { allTab } from "./tabs.ts";
import { texts } from "./texts.ts";
import type { Remedy } from "./train-display.ts";

/** What the page stores in its address. */
export type ModelState = Pick<PageState, "text" | "tab" | "exercise" | "drawn">;

export interface ModelPage {
  readonly element: HTMLElement;
  readonly state: () => ModelState;
  /** The page's compiler, for other views. */
  readonly compiler: Compiler;
  open(state: Omit<ModelState, "tab"> & Partial<ModelState>): void;
}

/** The pause in typing after which the controls and the address follow the text, in milliseconds. */
const pause = 50;

export function modelPage(onChange: () => void): ModelPage {
  const { data, binaries, specs } = texts();
  const exercise = exercisePanel((chosen) => {
    if (chosen === undefined) exercise.choose(undefined);
    else open(stateOfExercise(chosen.id));
    onChange();
  });
  const results = resultPanels({
    goTo: (line, column) => editor.goTo(line, column),
    request: (part) => compiler.request(part),
    requestNumbers: (row, saved) => compiler.requestNumbers(row, saved),
    remedy: () => lowerRate(editor),
    learn: exercise.learn,
    onTab: onChange,
  });
  const compile = () => {
    summary.begin();
    files.generateFor(editor.text());
    compiler.compile(editor.text());
    results.begin();
  };
  const stop = (text: string) => {
    summary.show(text, []);
    results.stop("stopped");
  };
  const compiler = startCompiler({
    onReply(reply) {
      summary.receive(reply);
      results.receive(reply, editor.spec);
    },
    onDeath: (message) => stop(`the compiler stopped (${message}) and was started again: change the spec`),
  });
  const files = pageFiles({ data, binaries }, compiler.setFiles);
  const refreshLater = afterPause(() => {
    controls.refresh(editor.spec());
    onChange();
  });
  const host = element("div", { class: "editor" });
  const editor = createEditor(host, {
    text: "",
    compiler,
    onChange() {
      performance.mark("edit");
      compile();
      refreshLater();
    },
  });
  const summary = compilerSummary(editor, () => {
    compiler.cancel();
    stop("cancelled: change the spec to compile it again");
  });
  const drawLater = afterPause(() => {
    files.draw(controls.drawn());
    compile();
    onChange();
  });
  const controls = specControls(editor, drawLater);
  const loadFiles = (own: PageFiles) => {
    files.load(own);
    compile();
  };
  const loaded = loadedFiles({ onSpec: editor.setText, onChange: loadFiles });
  loaded.acceptDrops(document.documentElement);
  const open: ModelPage["open"] = ({ text, tab = allTab, exercise: id, drawn }) => {
    controls.showDrawn(drawn);
    files.draw(drawn);
    exercise.choose(id);
    editor.setText(text);
    results.choose(tab);
  };
  const example = chooser("Example", examplesOf(specs), editor.setText);
  const bar = element("div", { class: "bar" }, example, exercise.menu, loaded.button);
  const parts = [bar, loaded.list, exercise.element, controls.element, host, ...summary.elements];
  const state = (): ModelState => {
    const [tab, drawn] = [results.chosen(), controls.drawn()];
    return { text: editor.text(), tab, exercise: exercise.chosen(), drawn };
  };
  return { element: columns(parts, results.element), state, compiler, open };
}

const columns = (spec: readonly HTMLElement[], results: HTMLElement): HTMLElement =>
  element(
    "div",
    { class: "model-page" },
    element("section", { class: "left", "aria-label": "Spec" }, ...spec),
    element("section", { class: "right", "aria-label": "Result" }, results),
  );

/** The change that lowers the learning rate to a tenth, if the text states the rate. */
function lowerRate(editor: Editor): Remedy | undefined {
  const spec = editor.spec();
  const reading = rateBinding.read(spec);
  if ("problem" in reading || reading.value === 0) return undefined;
  const lower = Number((reading.value / 10).toPrecision(6));
  const edits = rateBinding.write(lower, spec);
  if (!editor.canEdit(edits)) return undefined;
  return { label: `Use the learning rate ${lower}`, act: () => void editor.edit(edits) };
}

/** What the compiler says about the text, below the editor: its status, the savings of frozen layers, the problems. */
function compilerSummary(editor: Editor, onCancel: () => void) {
  const busy = busyLine(onCancel);
  const savings = element("p", { class: "status savings", hidden: true });
  const problems = element("ul", { class: "problems" });
  const showSavings = (text: string) => {
    savings.textContent = text;
    savings.hidden = text === "";
  };
  const show = (text: string, diagnostics: Diagnostics) => {
    busy.end(text);
    showSavings("");
    editor.mark(diagnostics);
    showProblems(problems, diagnostics, editor.goTo);
  };
  return {
    elements: [busy.element, savings, problems],
    begin: busy.begin,
    show,
    receive(reply: CompileReply) {
      if (reply.kind === "savings") showSavings(reply.text);
      else if (reply.kind === "errors") show(errorCountText(reply.diagnostics), reply.diagnostics);
      else if (reply.kind === "compiled") show(compiledText(reply), reply.warnings);
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

const compiledText = ({ parameters, milliseconds }: Extract<CompileReply, { kind: "compiled" }>): string =>
  `compiled in ${Math.round(milliseconds)} ms · ${parameters.toLocaleString("en")} parameters`;

function chooser(
  label: string,
  choices: ReadonlyMap<string, string>,
  onChoose: (text: string) => void,
): HTMLElement {
  const select = element(
    "select",
    {},
    ...[...choices.keys()].map((name) => element("option", { value: name }, name)),
  );
  select.addEventListener("change", () => onChoose(choices.get(select.value) ?? ""));
  return element("label", { class: "chooser" }, `${label} `, select);
}
