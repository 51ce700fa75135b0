/** Completion of keys, values, names of layers and inputs, and columns of the data file. */
import { CompletionItemKind, MarkupKind, TextEdit } from "vscode-languageserver";
import type { CompletionItem } from "vscode-languageserver";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { SchemaNode } from "../../compiler/spec/json-schema.ts";
import { keysOf, member, textOf } from "../../compiler/spec/raw-spec.ts";
import { writtenNetwork } from "../../compiler/spec/written-network.ts";
import { collector } from "../../compiler/diagnostics/errors.ts";
import { cursorIn, insertedText, isJsonText } from "../../studio/editor/outline.ts";
import type { CursorLocation } from "../../studio/editor/outline.ts";
import { suggest } from "../../studio/editor/suggest.ts";
import type { Suggestion } from "../../studio/editor/suggest.ts";
import { syntaxOf } from "./analyse.ts";
import type { SpecText } from "./analyse.ts";
import { inputPaths, outputPaths, scopesAt } from "./names.ts";
import { rangeOf } from "./positions.ts";

/** What completion needs besides the text. */
export interface CompletionContext {
  readonly schema: SchemaNode;
  /** Returns the columns of a data file, by the name that the spec uses. */
  readonly columns: (file: string) => Promise<readonly string[]>;
}

export async function completionsAt(
  { text, index }: SpecText,
  offset: number,
  { schema, columns }: CompletionContext,
): Promise<CompletionItem[]> {
  const location = cursorIn(text, offset, syntaxOf);
  const kinds = location.mayBeKey ? (["value", "key"] as const) : [location.at];
  const items: CompletionItem[] = [];
  for (const kind of kinds) {
    const at = { ...location, at: kind };
    for (const suggestion of [...suggest(schema, at), ...(await namesFor(at, columns))])
      items.push(itemOf(suggestion, { text, location, kind }));
  }
  return items.map((item, order) => ({
    ...item,
    sortText: String(order).padStart(4, "0"),
    textEdit: TextEdit.replace(
      rangeOf(index, { start: location.from, end: location.to }),
      item.insertText ?? item.label,
    ),
  }));
}

interface Target {
  readonly text: string;
  readonly location: CursorLocation;
  readonly kind: CursorLocation["at"];
}

function itemOf(suggestion: Suggestion, { text, location, kind }: Target): CompletionItem {
  const { label, detail, about, isText } = suggestion;
  return {
    label,
    kind: kind === "key" ? CompletionItemKind.Property : CompletionItemKind.Value,
    detail,
    ...(about !== "" && { documentation: { kind: MarkupKind.Markdown, value: about } }),
    // In JSON, the text that the user typed begins with a quote, so the filter must begin with one too.
    filterText: isJsonText(text) && isText ? JSON.stringify(label) : label,
    insertText: insertedText(text, location, { label, isText, kind }),
  };
}

// Names that the schema does not list, because they are those of the spec and of its data.

async function namesFor(
  { path, at, spec }: CursorLocation,
  columns: CompletionContext["columns"],
): Promise<Suggestion[]> {
  const named =
    (detail: string) =>
    (label: string): Suggestion => ({ label, detail, about: "", isText: true });
  if (at === "key") return missingNames(path, spec).map(named("declared in this spec"));
  const key = typeof path.at(-1) === "number" ? path.at(-2) : path.at(-1);
  if (isColumnPath(path)) return (await columnNames(spec, columns)).map(named("a column of the data file"));
  const inputs = keysOf(member(spec, "inputs"));
  const network = writtenNetwork(spec, collector()) ?? [];
  if (isOneOf(inputPaths(spec), path)) return inputs.map(named("an input"));
  if (isOneOf(outputPaths(spec), path)) return network.map(({ name }) => name).map(named("a layer"));
  if (path[0] !== "network" || key !== "from") return [];
  const scopes = scopesAt(network, path);
  const layers = scopes.flatMap(({ list, index }) => list.slice(0, index).map(({ name }) => name));
  return [...layers.map(named("an earlier layer")), ...inputs.map(named("an input"))];
}

const isOneOf = (paths: readonly SpecPath[], path: SpecPath): boolean =>
  paths.some((each) => each.length === path.length && each.every((step, i) => path[i] === step));

/** For a key of `data.inputs`, `data.targets` or `losses`: the declared names that have no entry yet. */
function missingNames(path: SpecPath, spec: unknown): string[] {
  const place = path.join(".");
  const declared = { "data.inputs": "inputs", "data.targets": "targets", losses: "targets" };
  if (!(place === "data.inputs" || place === "data.targets" || place === "losses")) return [];
  const present = keysOf(path.reduce(member, spec));
  return keysOf(member(spec, declared[place])).filter((name) => !present.includes(name));
}

/** Whether the value at the path is the name of a column. */
function isColumnPath(path: SpecPath): boolean {
  const place = path.map((step) => (typeof step === "number" ? "#" : step)).join(".");
  return columnPlaces.some((pattern) => pattern.test(place));
}

const columnPlaces = [
  /^data\.(inputs|targets)\.[^.]+\.columns(\.#)?$/,
  /^data\.(time\.column|windows\.group)$/,
  /^training\.(test|validation)\.(column|group)$/,
];

async function columnNames(spec: unknown, columns: CompletionContext["columns"]): Promise<readonly string[]> {
  const data = member(spec, "data");
  const file = textOf(member(data, "file")) ?? textOf(member(data, "train"));
  return file === undefined ? [] : columns(file);
}
