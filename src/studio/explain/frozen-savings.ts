/** What freezing layers saves: the backward graph with all layers trained, against the one that was derived. */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { compileModel } from "../../compiler/pipeline.ts";
import type { Compilation, PipelineOptions } from "../../compiler/pipeline.ts";
import { flopsOfProgram } from "./flops.ts";

/** One line: "frozen: dense1: the gradient takes 30 nodes instead of 41, 1.2 MFLOP instead of 1.9 (−37 %)". */
export function frozenSavings(compilation: Compilation, options: PipelineOptions): string {
  const { model } = compilation;
  const frozen = model.network.filter(({ trainable }) => !trainable).map(({ name }) => name);
  const names =
    frozen.length > 4 ? `${frozen.slice(0, 3).join(", ")} and ${frozen.length - 3} more` : frozen.join(", ");
  const thawed = thaw(compilation, options);
  if (thawed === undefined) return `frozen: ${names}`;
  const count = ({ graphs }: Compilation) => graphs.gradient.nodes.length;
  const [pruned, full] = [compilation, thawed].map((each) => flopsOfProgram(each, "gradient"));
  const share = full === 0 ? 0 : Math.round((100 * (full - pruned)) / full);
  const work = `${megaflops(pruned)} instead of ${megaflops(full)} MFLOP a batch (${share} % saved)`;
  return `frozen: ${names}. The gradient takes ${count(compilation)} nodes instead of ${count(thawed)}, ${work}`;
}

const megaflops = (flops: number): string => (flops / 1e6).toPrecision(3);

/** The same model with every layer trained; nothing where that cannot be, as behind a unit step. */
function thaw({ model }: Compilation, options: PipelineOptions): Compilation | undefined {
  const network = model.network.map((layer) => ({ ...layer, trainable: true }));
  try {
    return compileModel({ ...model, network }, options);
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}
