/** The names of layers and inputs in a spec: where they are declared and where they are read. */
import { ResponseError, ErrorCodes } from "vscode-languageserver";
import type { Range, TextEdit } from "vscode-languageserver";
import { formatPath } from "../../compiler/diagnostics/diagnostic.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { isUsableName } from "../../compiler/spec/check/check-names.ts";
import { findSource } from "../../compiler/spec/check/check-references.ts";
import type { Scope } from "../../compiler/spec/check/check-references.ts";
import { keysOf, member, textOf, typeOf } from "../../compiler/spec/raw-spec.ts";
import type { Span } from "../../compiler/spec/read/locations.ts";
import type { WrittenLayer, WrittenList } from "../../compiler/spec/written-network.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import { scalarText } from "../../compiler/util/yaml-text.ts";
import { isJsonText } from "../../studio/editor/outline.ts";
import type { SpecText } from "./analyse.ts";
import { contains, insideQuotes, rangeOf, valueAt } from "./positions.ts";

/** What a name refers to. */
type Named = { readonly layer: WrittenLayer } | { readonly input: string };

/** A name in the text that refers to a layer or an input. */
interface Reference {
  readonly span: Span;
  readonly to: Named;
}

/** All references, in the order of the text of each key. */
export function referencesIn(spec: SpecText): readonly Reference[] {
  const { outline, network } = spec;
  const root = outline.spec;
  const inputs = keysOf(member(root, "inputs"));
  const found: Reference[] = [];
  const put = (path: SpecPath, to: (name: string) => Named | undefined): void => {
    const node = valueAt(spec, path);
    const name = textOf(path.reduce(member, root));
    const named = name === undefined ? undefined : to(name);
    if (node !== undefined && named !== undefined)
      found.push({ span: insideQuotes(spec.text, node), to: named });
  };
  const visit = (list: WrittenList, outer: readonly Scope[]): void =>
    list.forEach((layer, index) => {
      const scopes = [{ list, index }, ...outer];
      for (const path of pathsOfFrom(layer)) put(path, (name) => findSource(name, { scopes, inputs }));
      for (const inside of Object.values(layer.lists)) visit(inside, scopes);
    });
  visit(network, []);
  for (const path of outputPaths(root)) put(path, (name) => layerNamed(network, name));
  for (const path of inputPaths(root))
    put(path, (name) => (inputs.includes(name) ? { input: name } : undefined));
  return found;
}

const layerNamed = (network: WrittenList, name: string): Named | undefined => {
  const layer = network.find((each) => each.name === name);
  return layer && { layer };
};

function pathsOfFrom({ value, path }: WrittenLayer): SpecPath[] {
  const from = member(value, "from");
  const own = [...path, "from"];
  return Array.isArray(from) ? from.map((_, index) => [...own, index]) : [own];
}

/** The values that name a layer of the outermost list. */
export const outputPaths = (spec: unknown): SpecPath[] => [
  ["output"],
  ...keysOf(member(spec, "losses")).map((target) => ["losses", target, "from"]),
];

/** The values that name an input. */
export const inputPaths = (spec: unknown): SpecPath[] => [
  ["training", "sampleWeights"],
  ...keysOf(member(spec, "losses")).map((target) => ["losses", target, "sampleWeights"]),
  ...keysOf(member(spec, "inputs")).map((name) => ["inputs", name, "lengths"]),
  ...keysOf(member(member(spec, "data"), "targets")).map((name) => ["data", "targets", name, "nextOf"]),
];

/** The list of a layer, the lists around it, and its position in each; the innermost list is first. */
export function scopesAt(network: WrittenList, path: SpecPath): readonly Scope[] {
  const visit = (list: WrittenList, outer: readonly Scope[]): readonly Scope[] | undefined => {
    const index = list.findIndex((layer) => layer.path.every((step, i) => path[i] === step));
    if (index < 0) return outer;
    const scopes = [{ list, index }, ...outer];
    const inside = list[index].lists[String(path[list[index].path.length])];
    return inside === undefined ? scopes : visit(inside, scopes);
  };
  return visit(network, []) ?? [];
}

// The declaration of a name: the value of `name`, the key of an input, or a layer that has a default name.

const isSame = (one: Named, other: Named): boolean =>
  "layer" in one
    ? "layer" in other && one.layer === other.layer
    : "input" in other && one.input === other.input;

function declarationOf(spec: SpecText, named: Named): Span | undefined {
  if ("input" in named) {
    const key = valueAt(spec, ["inputs", named.input])?.key;
    return key && insideQuotes(spec.text, key);
  }
  const { path } = named.layer;
  const name = valueAt(spec, [...path, "name"]);
  if (name !== undefined) return insideQuotes(spec.text, name);
  return valueAt(spec, [...path, "type"]) ?? valueAt(spec, path);
}

/** What the name at the offset refers to: as a reference, or as its declaration. */
function namedAt(spec: SpecText, offset: number): Named | undefined {
  const reference = referencesIn(spec).find(({ span }) => contains(span, offset));
  if (reference !== undefined) return reference.to;
  const layers: Named[] = allLayers(spec.network).map((layer) => ({ layer }));
  const inputs: Named[] = keysOf(member(spec.outline.spec, "inputs")).map((input) => ({ input }));
  return [...layers, ...inputs].find((named) => {
    const span = declarationOf(spec, named);
    return span !== undefined && contains(span, offset);
  });
}

export const allLayers = (list: WrittenList): readonly WrittenLayer[] =>
  list.flatMap((layer) => [layer, ...Object.values(layer.lists).flatMap(allLayers)]);

/** The declaration of the name at the offset. */
export function definitionAt(spec: SpecText, offset: number): Range | undefined {
  const named = namedAt(spec, offset);
  const span = named && declarationOf(spec, named);
  return span && rangeOf(spec.index, span);
}

/** The declaration of the name at the offset, and all references to it. */
export function occurrencesAt(spec: SpecText, offset: number): Range[] {
  const named = namedAt(spec, offset);
  if (named === undefined) return [];
  const uses = referencesIn(spec).filter(({ to }) => isSame(to, named));
  return [declarationOf(spec, named) ?? [], ...uses.map(({ span }) => span)]
    .flat()
    .map((span) => rangeOf(spec.index, span));
}

// Renaming a layer changes its declaration and all references. A layer with a default name gets the key `name`.

/** The range and the text that a rename at the offset replaces; undefined if there is no layer. */
export function renameableAt(
  spec: SpecText,
  offset: number,
): { readonly range: Range; readonly placeholder: string } | undefined {
  const named = namedAt(spec, offset);
  if (named === undefined || !("layer" in named)) return undefined;
  const use = referencesIn(spec).find(({ span }) => contains(span, offset));
  const span = use?.span ?? declarationOf(spec, named);
  return span && { range: rangeOf(spec.index, span), placeholder: named.layer.name };
}

/**
 * The edits that rename the layer at the offset.
 * @throws ResponseError if there is no layer, or the name is invalid or in use
 */
export function renameAt(spec: SpecText, offset: number, newName: string): TextEdit[] {
  const named = namedAt(spec, offset);
  if (named === undefined || !("layer" in named)) throw refusal("only layers can be renamed");
  if (!isUsableName(newName)) throw refusal(nameRule);
  const { layer } = named;
  const taken = [
    ...keysOf(member(spec.outline.spec, "inputs")),
    ...allLayers(spec.network).map(({ name }) => name),
  ];
  if (newName !== layer.name && taken.includes(newName))
    throw refusal(`${showValue(newName)} is already the name of an input or a layer`);
  const uses = referencesIn(spec).filter(({ to }) => isSame(to, named));
  const edits = uses.map(({ span }) => nameEdit(spec, span, newName));
  return [declarationEdit(spec, layer, newName), ...edits];
}

const nameRule = "a name has at most 64 letters, digits, underscores and hyphens, and begins with a letter";

const refusal = (message: string) => new ResponseError(ErrorCodes.InvalidRequest, message);

/** Replaces a name. In YAML, a name such as `true` needs quotes. */
function nameEdit({ text, index }: SpecText, span: Span, name: string): TextEdit {
  const isQuoted = /["']/.test(text.charAt(span.start - 1));
  return { range: rangeOf(index, span), newText: isQuoted ? name : scalarText(name) };
}

function declarationEdit(spec: SpecText, layer: WrittenLayer, newName: string): TextEdit {
  const { text, index } = spec;
  const name = valueAt(spec, [...layer.path, "name"]);
  if (name !== undefined) return nameEdit(spec, insideQuotes(text, name), newName);
  const whole = valueAt(spec, layer.path);
  if (whole === undefined) throw refusal(`${formatPath(layer.path)} is not in the text`);
  const isJson = isJsonText(text);
  const type = typeOf(layer.value) ?? "";
  const pair = (key: string, value: string) =>
    isJson ? `"${key}": "${value}"` : `${key}: ${scalarText(value)}`;
  const typeValue = valueAt(spec, [...layer.path, "type"]);
  if (typeValue === undefined) {
    const newText = `{ ${pair("type", type)}, ${pair("name", newName)} }`;
    return { range: rangeOf(index, whole), newText };
  }
  const isFlow = isJson || text.charAt(whole.start) === "{";
  const { column } = index.at(typeValue.key?.start ?? typeValue.start);
  const separator = isFlow ? ", " : `\n${" ".repeat(column - 1)}`;
  const end = { start: typeValue.end, end: typeValue.end };
  return { range: rangeOf(index, end), newText: `${separator}${pair("name", newName)}` };
}
