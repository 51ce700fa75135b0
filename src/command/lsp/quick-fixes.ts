/** Quick fixes: replaces a misspelt word by the one that the hint of its diagnostic suggests. */
import { CodeActionKind } from "vscode-languageserver";
import type { CodeAction, Diagnostic } from "vscode-languageserver";
import { scalarText } from "../../compiler/util/yaml-text.ts";
import { didYouMean, suggestedName } from "../../compiler/util/message-text.ts";
import { isJsonText } from "../../studio/editor/outline.ts";
import type { SpecText } from "./analyse.ts";
import { insideQuotes, offsetAt, rangeOf } from "./positions.ts";

/** `diagnostics`: those that the editor shows at the cursor. */
export const quickFixes = (spec: SpecText, uri: string, diagnostics: readonly Diagnostic[]): CodeAction[] =>
  diagnostics.flatMap((diagnostic) => fixOf(spec, uri, diagnostic) ?? []);

function fixOf(spec: SpecText, uri: string, diagnostic: Diagnostic): CodeAction | undefined {
  const { text, index } = spec;
  const { message } = diagnostic;
  const hint = /^hint: (.*)$/m.exec(typeof message === "string" ? message : message.value)?.[1] ?? "";
  const name = diagnostic.source === "tapeless" ? suggestedName(hint) : undefined;
  if (name === undefined) return undefined;
  const { start, end } = diagnostic.range;
  const marked = { start: offsetAt(index, start), end: offsetAt(index, end) };
  const inside = insideQuotes(text, marked);
  const word = text.slice(inside.start, inside.end);
  // The marked text is the misspelt word, unless the document has changed or the location is that of an object.
  if (word === name || didYouMean(word, [name]) === undefined) return undefined;
  const isPlain = inside.start === marked.start && !isJsonText(text);
  const newText = isPlain ? scalarText(name) : name;
  return {
    title: `Replace ${word} by ${name}`,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    isPreferred: true,
    edit: { changes: { [uri]: [{ range: rangeOf(index, inside), newText }] } },
  };
}
