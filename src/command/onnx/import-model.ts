/**
 * `tapeless import MODEL.onnx`: a spec whose layers are those of the file, and a checkpoint with its weights. Before
 * anything is written, the predictions of the spec are compared with those of the file. If they differ, one layer of
 * the type `onnx` contains the whole file.
 */
import { dirname, relative, sep } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { parseModel } from "../../compiler/spec/parse-model.ts";
import { onData, onFile } from "../compile/compile-spec.ts";
import { checkOutputs, writeFile } from "../files/write-file.ts";
import { importTensors } from "../formats/parameters/import-tensors.ts";
import { usageError } from "../terminal/report-error.ts";
import { chooseSpec } from "./choose-spec.ts";
import { reasonsOf, specText, tableText } from "./import-texts.ts";
import { onModel, openModel } from "./model-diagnostics.ts";
import { asOneLayer, recogniseModel } from "./recognise.ts";
import type { Recognition } from "./recognise.ts";
import { sourceGraph } from "./source-graph.ts";
import type { RecognisedSpec } from "./spec-of.ts";

export interface ImportModelFlags {
  /** The spec; the checkpoint has the same name with the extension .ckpt. Without it, only the table is printed. */
  readonly output?: string;
  readonly dtype: "f32" | "f64";
}

/** Returns the exit code. */
export async function importModel(file: string, { output, dtype }: ImportModelFlags): Promise<number> {
  if (output !== undefined && !/\.ya?ml$/i.test(output))
    throw usageError(`the spec ${output} must be a .yaml file`, "for example: -o model.yaml");
  const given = await openModel(file);
  const checkpointFile = output?.replace(/\.ya?ml$/i, ".ckpt");
  await checkOutputs({ "-o": output, "the checkpoint": checkpointFile }, { "the model": file });
  const name = output === undefined ? file : relative(dirname(output), file).replaceAll(sep, "/");
  const { source, candidates } = onModel(file, () => {
    const graph = sourceGraph(given.model);
    const layers = recogniseModel(graph, given.model, name);
    if (layers.output === undefined) throw notLayers(file, layers);
    return { source: graph, candidates: [layers, ...asOneLayer(graph, given.model, name)] };
  });
  const { compileFor, emitText } = await import("../../compiler/compile-target.ts");
  const compile = ({ spec }: RecognisedSpec) =>
    inModel(file, () => {
      const model = parseModel(spec, new Map([[name, given]]));
      return { model, compilation: compileFor(model, { dtype }) };
    });
  const chosen = onModel(file, () => chooseSpec(file, source, candidates, compile));
  const { recognised, compiled } = chosen;
  process.stdout.write(tableText(file, source, chosen));
  if (output === undefined || checkpointFile === undefined) return 0;
  const emitted = await loadTrainer(await emitText(compiled.compilation, dtype));
  const { checkpoint } = onFile(file, "T3002", () =>
    importTensors(compiled.model, emitted, recognised.parameters, undefined, onData),
  );
  await writeFile(checkpointFile, checkpoint);
  await writeFile(output, specText(file, recognised));
  process.stdout.write(`\n${file} → ${output}, ${checkpointFile}\n`);
  return 0;
}

/** Reports errors in the spec, which is not written yet, with the file of the model. */
function inModel<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const located = error.diagnostics.map((diagnostic) => ({ ...diagnostic, location: { file } }));
    throw new DiagnosticError(located, error.omitted);
  }
}

/** The error T3008: not even a layer `onnx` can contain the nodes that are not a part of any layer. */
const notLayers = (file: string, recognition: Recognition): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T3008",
      severity: "error",
      message: "nodes are not a part of any layer, and no part of the file with one input contains them",
      location: { file },
      notes: reasonsOf(recognition),
    },
  ]);
