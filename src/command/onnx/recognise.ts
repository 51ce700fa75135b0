/**
 * Recognises the layers of an ONNX file. The nodes are read in order, and each is compared with the rows of the table
 * of patterns. The other nodes are collected with the reason.
 */
import type { ModelNode } from "../../compiler/library/onnx/model-file.ts";
import { groupBy } from "../../compiler/util/collections.ts";
import { patterns } from "./patterns/index.ts";
import { channelsFirst, identityAxes, NotRecognised, Reading } from "./recognition.ts";
import type { Draft, Place, Recognised } from "./recognition.ts";
import type { SourceGraph } from "./source-graph.ts";

/** A node that is not a part of any layer, and why. */
export interface Unrecognised {
  readonly node: ModelNode;
  readonly reason: string;
}

export interface Recognition {
  readonly inputs: readonly Place[];
  /** The layers, in order. Inputs are not among them. */
  readonly drafts: readonly Draft[];
  /** The place of the output, unless a node before it is not recognised. */
  readonly output: Place | undefined;
  readonly unrecognised: readonly Unrecognised[];
}

/**
 * The layers of the file. Inputs with three or four axes are images or sequences with channels first, if more nodes
 * are recognised then.
 */
export function recognise(source: SourceGraph): Recognition {
  const asInFile = recogniseWith(source, "as in the file");
  if (asInFile.unrecognised.length === 0) return asInFile;
  const turned = recogniseWith(source, "channels first");
  return turned.unrecognised.length < asInFile.unrecognised.length ? turned : asInFile;
}

function recogniseWith(source: SourceGraph, layout: "as in the file" | "channels first"): Recognition {
  const state: Recognised = { places: new Map(), drafts: [], consumed: new Set() };
  const inputs = source.inputs.map(({ name, sizes, element }): Place => {
    const axes = sizes.length + 1;
    const isTurned = layout === "channels first" && element === "real" && (axes === 3 || axes === 4);
    const own = isTurned ? channelsFirst(axes - 2) : identityAxes(axes);
    const shape = isTurned ? [...sizes.slice(1), sizes[0]] : sizes;
    const keys = { name, shape, ...(element === "real" ? {} : { dtype: "i32" }) };
    const draft = { type: "input", keys, from: [], parameters: new Map(), nodes: [] };
    const place = { draft, axes: own };
    state.places.set(name, place);
    return place;
  });
  const byOperator = groupBy(
    patterns.flatMap((pattern) => pattern.operators.map((operator) => ({ operator, pattern }))),
    ({ operator }) => operator,
  );
  const unrecognised: Unrecognised[] = [];
  for (const node of source.nodes) {
    if (state.consumed.has(node)) continue;
    const rows = (node.domain === "" && byOperator.get(node.operator)) || [];
    const reasons = rows.map(({ pattern }) =>
      state.consumed.has(node) ? "" : attempt(() => pattern.read(new Reading(node, source, state))),
    );
    if (!state.consumed.has(node))
      unrecognised.push({ node, reason: reasons.at(-1) ?? "is an operator that no layer computes" });
  }
  return { inputs, drafts: state.drafts, output: state.places.get(source.output), unrecognised };
}

/** Runs `read`. Returns the reason why it does not recognise the node. */
function attempt(read: () => void): string {
  try {
    read();
    return "";
  } catch (error) {
    if (!(error instanceof NotRecognised)) throw error;
    return error.message;
  }
}
