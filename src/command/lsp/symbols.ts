/** The outline of a spec: its keys, inputs, targets and layers, with the output shapes of the layers. */
import { SymbolKind } from "vscode-languageserver";
import type { DocumentSymbol } from "vscode-languageserver";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { textOf, typeOf } from "../../compiler/spec/raw-spec.ts";
import type { Located } from "../../compiler/spec/read/locations.ts";
import type { WrittenList } from "../../compiler/spec/written-network.ts";
import type { SpecText } from "./analyse.ts";
import { layerOutputs } from "./layer-facts.ts";
import type { LayerFacts } from "./layer-facts.ts";
import { rangeOf, valueAt } from "./positions.ts";

/** `layers`: what is known about the layers; empty for a spec with errors. */
export function symbolsOf(spec: SpecText, layers: readonly LayerFacts[]): DocumentSymbol[] {
  const outputs = layerOutputs(layers);
  return [...spec.located.members].flatMap(([key, node]): DocumentSymbol[] => {
    if (node.key === undefined) return [];
    const value = textOf(Reflect.get(Object(spec.outline.spec), key));
    const symbol = symbolAt(spec, node, {
      name: String(key),
      detail: value ?? "",
      kind: SymbolKind.Property,
    });
    return [{ ...symbol, children: childrenOf(spec, String(key), node, outputs) }];
  });
}

type Outputs = ReadonlyMap<string, string>;

function childrenOf(spec: SpecText, key: string, node: Located, outputs: Outputs): DocumentSymbol[] {
  if (key === "network") return layerSymbols(spec, spec.network, outputs);
  if (key !== "inputs" && key !== "targets") return [];
  return [...node.members].map(([name, member]) =>
    symbolAt(spec, member, { name: String(name), detail: "", kind: SymbolKind.Variable }),
  );
}

function layerSymbols(spec: SpecText, list: WrittenList, outputs: Outputs): DocumentSymbol[] {
  return list.flatMap(({ path, name, value, lists }): DocumentSymbol[] => {
    const node = valueAt(spec, path);
    if (node === undefined) return [];
    const detail = [typeOf(value), outputs.get(pathKey(path))].filter((text) => text !== undefined).join(" ");
    const inside = Object.values(lists).flatMap((each) => layerSymbols(spec, each, outputs));
    return [{ ...symbolAt(spec, node, { name, detail, kind: SymbolKind.Class }), children: inside }];
  });
}

const pathKey = (path: SpecPath): string => JSON.stringify(path);

function symbolAt(
  { index }: SpecText,
  node: Located,
  facts: Pick<DocumentSymbol, "name" | "detail" | "kind">,
): DocumentSymbol {
  const start = node.key?.start ?? node.start;
  const range = rangeOf(index, { start, end: Math.max(start, node.end) });
  const selectionRange = rangeOf(index, node.key ?? { start, end: Math.max(start, node.end) });
  // An empty name is not valid in the protocol.
  return { ...facts, name: facts.name === "" ? '""' : facts.name, range, selectionRange };
}
