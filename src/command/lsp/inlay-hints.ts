/** The output shape, parameters, bytes and FLOPs of each layer, at the end of the line where the layer begins. */
import type { InlayHint, Range } from "vscode-languageserver";
import type { SpecText } from "./analyse.ts";
import { factsText } from "./layer-facts.ts";
import type { LayerFacts } from "./layer-facts.ts";
import { offsetAt, positionAt, valueAt } from "./positions.ts";

/** The hints of the layers that begin in the range. */
export function inlayHints(spec: SpecText, layers: readonly LayerFacts[], range: Range): InlayHint[] {
  const { index } = spec;
  const [first, last] = [offsetAt(index, range.start), offsetAt(index, range.end)];
  return layers.flatMap((layer): InlayHint[] => {
    const node = valueAt(spec, layer.path);
    if (node === undefined || node.start < first || node.start > last) return [];
    const { line } = index.at(node.start);
    const lineEnd = index.offset(line, index.lines[line - 1].trimEnd().length + 1);
    const position = positionAt(index, Math.min(node.end, lineEnd));
    return [{ position, label: factsText(layer), paddingLeft: true }];
  });
}
