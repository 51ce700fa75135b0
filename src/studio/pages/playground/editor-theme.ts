/**
 * How the editor looks. It stands in a shadow root, where it makes its styles by rules and not by style
 * elements, which the page's policy would refuse; so what is said of it is said here, and not in the page's
 * style sheet. The page's colours come in as properties.
 */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const theme = EditorView.theme({
  "&": { height: "100%", background: "var(--ground)", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "13px", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-gutters": { background: "var(--raised)", color: "var(--quiet)", borderRightColor: "var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "light-dark(#eef3fb80, #23304480)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "light-dark(#cfe0fa, #2e4a75)",
  },
  "&.cm-focused .cm-matchingBracket": { background: "light-dark(#d5ecd9, #2d4a35)" },
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
  ".cm-completionDetail": { opacity: "0.7", marginLeft: "12px" },
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

export const editorTheme = [theme, syntaxHighlighting(colours)];
