/**
 * The table of layers in a model summary: output shape, parameters and cost of each layer. FLOPs come from
 * the kernels, which record the layer of every node, so the table of kernels has the same sums.
 */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Shape } from "../../compiler/ir/types.ts";
import { compileModel } from "../../compiler/pipeline.ts";
import type { Compilation, PipelineOptions } from "../../compiler/pipeline.ts";
import { isFrozen, layerTable } from "../../compiler/trainer/layer-table.ts";
import type { ExplainedLayer, SpecLocation } from "../explanation.ts";
import { flopsOfProgram } from "./target-kernels.ts";

/**
 * Layers are in the order of the spec. `locationOf` returns the location of a spec path, if the spec has
 * text.
 */
export function explainLayers(
  compilation: Compilation,
  locationOf: (path: SpecLocation["path"]) => SpecLocation | undefined,
): ExplainedLayer[] {
  const { model, built, lowered } = compilation;
  return layerTable(model, built, lowered).map(({ layer, output, parameters, ...row }) => ({
    name: layer.name,
    type: layer.type,
    from: layer.from,
    output: shapeText(output),
    parameters,
    trainable: layer.trainable !== false,
    forwardFlops: row.forwardFlops,
    backwardFlops: row.backwardFlops,
    location: locationOf(layer.path),
  }));
}

const shapeText = (shape: Shape | undefined): string =>
  shape === undefined ? "not computed" : `[${shape.join(", ")}]`;

// The savings of freezing: the gradient program is compared with that of the same model without frozen
// layers.

/**
 * Returns a text such as "frozen: dense1. The gradient needs 30 nodes instead of 41, 1.2 instead of 1.9 MFLOP
 * per batch (37 % saved). Its backward pass needs 0.3 instead of 1.0 MFLOP per batch (70 % saved)".
 */
export function frozenSavings(compilation: Compilation, options: PipelineOptions): string {
  const { model } = compilation;
  const frozen = model.network
    .filter(isFrozen)
    .map(({ name, trainable }) => (trainable === false ? name : `${name} (in part)`));
  const names =
    frozen.length > 4 ? `${frozen.slice(0, 3).join(", ")} and ${frozen.length - 3} more` : frozen.join(", ");
  const thawed = thaw(compilation, options);
  if (thawed === undefined) return `frozen: ${names}`;
  const count = ({ graphs }: Compilation) => graphs.gradient.nodes.length;
  const all = (each: Compilation) => flopsOfProgram(each, "gradient");
  return (
    `frozen: ${names}. The gradient needs ${count(compilation)} nodes instead of ${count(thawed)}, ` +
    `${workText(all(compilation), all(thawed))}. ` +
    `Its backward pass needs ${workText(backwardFlops(compilation), backwardFlops(thawed))}`
  );
}

function workText(pruned: number, full: number): string {
  const savedPercent = full === 0 ? 0 : Math.round((100 * (full - pruned)) / full);
  return `${megaflops(pruned)} instead of ${megaflops(full)} MFLOP per batch (${savedPercent} % saved)`;
}

const megaflops = (flops: number): string => (flops / 1e6).toPrecision(3);

/** The FLOPs of the nodes that compute derivatives, for a full batch. */
const backwardFlops = ({ programs }: Compilation): number =>
  programs
    .filter(({ name }) => name === "gradient")
    .flatMap(({ kernels }) => kernels.flatMap(({ provenance }) => provenance))
    .reduce((sum, { gradientOf, flops }) => sum + (gradientOf === undefined ? 0 : flops), 0);

/**
 * Returns the same model with every layer trainable, or undefined if that model does not compile. It does not
 * compile if, for instance, a frozen layer is below a unit step.
 */
function thaw({ model }: Compilation, options: PipelineOptions): Compilation | undefined {
  const network = model.network.map((layer) => ({ ...layer, trainable: true }));
  try {
    return compileModel({ ...model, network }, options);
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}
