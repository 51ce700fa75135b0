/** Builds the complete explanation of one compilation. Each chapter is built by a separate file. */
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";
import { explainCode } from "./explain-code.ts";
import { explainGradients } from "./gradient-derivations.ts";
import { explainKernels } from "./explain-kernels.ts";
import { explainLayers } from "./explain-layers.ts";
import { explainMemory } from "./explain-memory.ts";
import { explainNodes } from "./explain-nodes.ts";
import { explainPictures } from "./explain-picture.ts";
import { explainPasses, explainStages } from "./explain-passes.ts";
import type { Explanation } from "../explanation.ts";
import { specLocations } from "./source-map.ts";
import type { Subject } from "./subject.ts";

export interface ExplainOptions {
  readonly dtype: "f32" | "f64";
  /** The text from which the spec was read, if there is one. */
  readonly source?: SpecSource | undefined;
}

export async function explain(subject: Subject, { dtype, source }: ExplainOptions): Promise<Explanation> {
  const { compilation } = subject;
  const { model, built } = compilation;
  const code = await explainCode(compilation, { dtype, source });
  const locationOf = await specLocations(
    source,
    model.network.map(({ path }) => path),
  );
  const nodes = explainNodes(subject, locationOf);
  const layers = explainLayers(compilation, locationOf);
  return {
    model: {
      name: model.name,
      dtype,
      target: compilation.target,
      batchSize: model.training.batchSize,
      parameters: built.parameters.reduce(
        (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
        0,
      ),
    },
    spec: source && { file: source.file, text: source.text },
    nodes,
    layers,
    ...explainGradients(subject),
    row: subject.row,
    passes: explainPasses(subject),
    stages: explainStages(subject),
    kernels: explainKernels(compilation, code.functions),
    memory: explainMemory(compilation),
    pictures: await explainPictures(nodes, layers),
    code: { text: code.text, lines: code.lines },
  };
}
