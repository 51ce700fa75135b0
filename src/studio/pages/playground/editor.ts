/**
 * The spec editor for JSON and YAML: completion from the schema, a theme, and the list of problems below the
 * editor.
 */
import { autocompletion } from "@codemirror/autocomplete";
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { json, jsonLanguage } from "@codemirror/lang-json";
import { yaml, yamlLanguage } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import type { Diagnostic as Mark } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, hoverTooltip } from "@codemirror/view";
import type { Tooltip } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { element } from "../shared/element.ts";
import type { Compiler } from "./compiler.ts";
import { editSpec, specIn, type SpecEdit } from "../../editor/edit-spec.ts";
import { cursorIn, insertedText, isJsonText, outlineOf } from "../../editor/outline.ts";

// The theme of the editor. The editor is in a shadow root, so the page's style sheet does not apply to it. It
// inserts its styles as rules, because the page's policy forbids style elements. The page's colours reach it
// as CSS properties.

const theme = EditorView.theme({
  "&": { height: "100%", background: "var(--ground)", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "13px", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-gutters": { background: "var(--raised)", color: "var(--quiet)", borderRightColor: "var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "light-dark(#eef3fb80, #23304480)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "light-dark(#e3ecfc, #20324d)",
  },
  "&.cm-focused .cm-matchingBracket": { background: "light-dark(#e0f2e4, #1d3426)" },
  ".cm-tooltip": {
    background: "var(--raised)",
    color: "var(--ink)",
    border: "1px solid var(--line)",
    borderRadius: "5px",
    maxWidth: "440px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--accent)",
    color: "var(--ground)",
  },
  ".cm-completionDetail": { opacity: "0.9", marginLeft: "12px" },
  ".cm-completionInfo, .hover": { padding: "5px 9px", fontFamily: "var(--sans)", fontSize: "13px" },
  ".hover": { display: "grid" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", fontSize: "13px", whiteSpace: "pre-wrap" },
  ".cm-panels": { background: "var(--raised)", color: "var(--ink)" },
  ".cm-foldPlaceholder": {
    background: "var(--raised)",
    color: "var(--quiet)",
    border: "1px solid var(--line)",
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.content], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--backward)" },
  { tag: tags.comment, color: "var(--quiet)" },
]);

const editorTheme = [theme, syntaxHighlighting(colours)];

export interface Editor {
  readonly text: () => string;
  setText(text: string): void;
  /** The spec in the text, as far as it can be read. */
  spec(): unknown;
  /** Changes values of the spec in its text, in one step of the history. Returns false if the text cannot be edited. */
  edit(edits: readonly SpecEdit[]): boolean;
  /** Whether the text can be edited in this way. */
  canEdit(edits: readonly SpecEdit[]): boolean;
  /** Shows the errors at their locations. */
  mark(diagnostics: readonly Diagnostic[]): void;
  /** Moves the cursor to a location. Lines and columns count from 1. */
  goTo(line: number, column: number): void;
}

/** The syntax tree of a text in JSON or YAML. */
const parseText = (text: string) =>
  (isJsonText(text) ? jsonLanguage : yamlLanguage).parser.parse(text).topNode;

const languageOf = (text: string) => (isJsonText(text) ? json() : yaml());

export function createEditor(
  host: HTMLElement,
  { text, compiler, onChange }: { text: string; compiler: Compiler; onChange: (text: string) => void },
): Editor {
  const language = new Compartment();
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        basicSetup,
        language.of(languageOf(text)),
        editorTheme,
        autocompletion({ override: [(context) => complete(context, compiler)] }),
        hoverTooltip((of, position) => hover(of, position, compiler)),
        EditorView.domEventHandlers({ beforeinput: typeOver }),
        EditorView.contentAttributes.of({ "aria-label": "The spec, as JSON or YAML" }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          const before = update.startState.doc.toString();
          const now = update.state.doc.toString();
          if (isJsonText(before) !== isJsonText(now))
            queueMicrotask(() => view.dispatch({ effects: language.reconfigure(languageOf(now)) }));
          onChange(now);
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    setText: (now) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } }),
    spec: () => specIn(view.state.doc.toString(), parseText),
    edit(edits) {
      const changes = editSpec(view.state.doc.toString(), edits, parseText);
      if (changes === undefined) return false;
      view.dispatch(...changes.map((change) => ({ changes: change, sequential: true })));
      return true;
    },
    canEdit: (edits) => editSpec(view.state.doc.toString(), edits, parseText) !== undefined,
    mark: (diagnostics) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          diagnostics.map((each) => markOf(view.state, each)),
        ),
      ),
    goTo(line, column) {
      const at = view.state.doc.line(Math.min(line, view.state.doc.lines));
      const anchor = Math.min(at.to, at.from + column - 1);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
  };
}

/**
 * Replaces a selection with typed text in place of the browser. When Chromium replaces a selection, it
 * preserves the look of the selection with a style attribute, which the page's policy forbids. The editor's
 * input handlers still run; one of them puts a typed bracket around the selection.
 */
function typeOver(event: InputEvent, view: EditorView): boolean {
  const { inputType, data, isComposing } = event;
  const { from, to, empty } = view.state.selection.main;
  if (inputType !== "insertText" || data === null || isComposing || empty) return false;
  const insert = () =>
    view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handler) => handler(view, from, to, data, insert))) view.dispatch(insert());
  event.preventDefault();
  return true;
}

function markOf({ doc }: EditorState, { severity, code, message, hint, location }: Diagnostic): Mark {
  const line = doc.line(Math.min(Math.max(location?.line ?? 1, 1), doc.lines));
  const from = Math.min(line.to, line.from + (location?.column ?? 1) - 1);
  const to = Math.max(from, Math.min(line.to, line.from + (location?.endColumn ?? 2) - 1));
  const text = hint === undefined ? message : `${message}\nhint: ${hint}`;
  return { from, to, severity, source: code, message: text };
}

const outlineIn = (state: EditorState) =>
  outlineOf(syntaxTree(state).topNode, (from, to) => state.doc.sliceString(from, to));

async function complete(context: CompletionContext, compiler: Compiler): Promise<CompletionResult | null> {
  if (!context.explicit && context.matchBefore(/["\w-]/) === null) return null;
  const text = context.state.doc.toString();
  const { parser } = isJsonText(text) ? jsonLanguage : yamlLanguage;
  const location = cursorIn(text, context.pos, (of) => parser.parse(of).topNode);
  const { from, to, at, mayBeKey, path, spec } = location;
  const kinds = mayBeKey ? (["value", "key"] as const) : [at];
  const found = await Promise.all(
    kinds.map(async (kind) =>
      (await compiler.suggest({ path, at: kind, spec })).map((each) => ({ ...each, kind })),
    ),
  );
  const suggestions = found.flat();
  if (suggestions.length === 0) return null;
  const isJson = isJsonText(text);
  return {
    from,
    to,
    filter: true,
    options: suggestions.map(({ label, detail, about, isText, kind }) => ({
      // In JSON, the text that the user typed begins with a quote, so the label must begin with one too.
      label: isJson && isText ? JSON.stringify(label) : label,
      displayLabel: label,
      apply: insertedText(text, location, { label, isText, kind }),
      detail,
      info: about === "" ? undefined : about,
      type: kind === "key" ? "property" : "enum",
    })),
  };
}

async function hover(view: EditorView, position: number, compiler: Compiler): Promise<Tooltip | null> {
  const { keyAt, spec } = outlineIn(view.state);
  const key = keyAt(position);
  if (key === undefined) return null;
  const { detail, about } = await compiler.describe({ path: key.path, at: "value", spec });
  if (detail === "" && about === "") return null;
  const shown = element("div", { class: "hover" }, element("b", {}, detail), element("span", {}, about));
  return { pos: key.from, end: key.to, create: () => ({ dom: shown }) };
}

/**
 * Shows the problems of the spec below the editor. A click or Enter on a problem moves the cursor to its
 * location.
 */
export function showProblems(
  host: HTMLElement,
  diagnostics: readonly Diagnostic[],
  goTo: (line: number, column: number) => void,
): void {
  host.replaceChildren(
    ...diagnostics.map(({ severity, code, message, hint, notes = [], location }) => {
      const { line = 1, column = 1 } = location ?? {};
      const row = element(
        "button",
        { type: "button", class: `problem ${severity}` },
        element("span", { class: "where" }, `${line}:${column}`),
        element("span", {}, `${message} `, element("span", { class: "code" }, code)),
        ...[...(hint === undefined ? [] : [`hint: ${hint}`]), ...notes].map((text) =>
          element("span", { class: "hint" }, text),
        ),
      );
      row.addEventListener("click", () => goTo(line, column));
      return element("li", {}, row);
    }),
  );
}
