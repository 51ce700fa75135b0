/**
 * `tapeless import MODEL.onnx`: a spec whose layers are those of the file, and a checkpoint with its weights. Before
 * anything is written, the predictions of the spec are compared with those of the file.
 */
import { basename, dirname, extname, relative, sep } from "node:path";
import { stringify } from "yaml";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { readModel } from "../../compiler/library/onnx/model-file.ts";
import { givenModelFiles } from "../../compiler/spec/model-files.ts";
import { parseModel } from "../../compiler/spec/parse-model.ts";
import { printable } from "../../compiler/util/message-text.ts";
import { onData, onFile } from "../compile/compile-spec.ts";
import { checkOutputs, writeFile } from "../files/write-file.ts";
import { importTensors } from "../formats/parameters/import-tensors.ts";
import { usageError } from "../terminal/report-error.ts";
import { compareSpec } from "./compare-spec.ts";
import { modelBytes, modelError, onModel } from "./model-diagnostics.ts";
import { hasNoLayer, NotRecognised } from "./recognition.ts";
import { isWhole, recognise, recogniseAround } from "./recognise.ts";
import type { Recognition, Unrecognised } from "./recognise.ts";
import { sourceGraph } from "./source-graph.ts";
import type { SourceGraph } from "./source-graph.ts";
import { specOf } from "./spec-of.ts";
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
  const bytes = await modelBytes(file);
  const checkpointFile = output?.replace(/\.ya?ml$/i, ".ckpt");
  await checkOutputs({ "-o": output, "the checkpoint": checkpointFile }, { "the model": file });
  const name = output === undefined ? file : relative(dirname(output), file).replaceAll(sep, "/");
  const { source, recognised, others } = onModel(file, () => {
    const read = readModel(bytes);
    const graph = sourceGraph(read);
    const all = recognise(graph);
    const recognition = isWhole(all) ? all : recogniseAround(graph, read, name);
    if (recognition === undefined) throw notLayers(file, all);
    return {
      source: graph,
      recognised: specOrError(file, graph, recognition),
      others: reasonsOf(all, recognition),
    };
  });
  const { compileFor, emitText } = await import("../../compiler/compile-target.ts");
  // The compiler checks sizes and layers before the interpreter computes anything.
  const { model, compilation } = inModel(file, () => {
    const parsed = parseModel(recognised.spec, givenModelFiles({ [name]: bytes }));
    return { model: parsed, compilation: compileFor(parsed, { dtype }) };
  });
  onModel(file, () => compareSpec(source, model, recognised));
  process.stdout.write(tableText(file, source, recognised, others));
  if (output === undefined || checkpointFile === undefined) return 0;
  const emitted = await loadTrainer(await emitText(compilation, dtype));
  const { checkpoint } = onFile(file, "T3002", () =>
    importTensors(model, emitted, recognised.parameters, undefined, onData),
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

function specOrError(file: string, source: SourceGraph, recognition: Recognition): RecognisedSpec {
  try {
    return specOf(basename(file, extname(file)), source, recognition);
  } catch (error) {
    if (error instanceof NotRecognised) throw modelError(file, "T3008", error.message);
    throw error;
  }
}

/** The maximum number of nodes that are listed. */
const mostListed = 40;

/** The nodes that are not a part of any layer, without those that depend on them, and why. */
function reasonsOf(...recognitions: readonly Recognition[]): readonly string[] {
  const own = recognitions.flatMap(({ unrecognised }) =>
    unrecognised.filter(({ reason }) => reason !== hasNoLayer).map(noteOf),
  );
  const notes = [...new Set(own)];
  const more = notes.length > mostListed ? [`and ${notes.length - mostListed} more`] : [];
  return [...notes.slice(0, mostListed), ...more];
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

const noteOf = ({ node, reason }: Unrecognised): string =>
  `"${printable(node.name).slice(0, 100)}" (${printable(node.operator).slice(0, 40)}) ${reason}`;

/** The recognised layers, and the nodes that they come from. */
function tableText(
  file: string,
  { nodes }: SourceGraph,
  { layers, inputs }: RecognisedSpec,
  others: readonly string[],
): string {
  const rows = layers.map(({ name, draft }) => {
    const names = draft.nodes.map(({ operator }) => operator);
    const listed =
      names.length > 6 ? `${names.slice(0, 5).join(" ")} … (${names.length} nodes)` : names.join(" ");
    return [name, `${printable(draft.nodes[0].name)}: ${listed}`];
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  const turned = [...inputs].filter(([, { order }]) => order.some((axis, i) => axis !== i));
  return [
    `${file}: ${nodes.length} nodes become ${layers.length} layers`,
    "",
    ...rows.map(([name, from]) => `${name.padEnd(width)}  ${from}`),
    ...turned.map(
      ([, { name, draft }]) =>
        `\nThe input ${name} has channels last, [${String(draft.keys.shape).replaceAll(",", ", ")}].`,
    ),
    ...(others.length === 0
      ? []
      : ["\nThese nodes are not a part of any other layer, so layers of the type onnx contain them:"]),
    ...others.map((reason) => `  ${reason}`),
    "",
  ].join("\n");
}

function specText(file: string, { spec, inputs, outputOrder }: RecognisedSpec): string {
  const turned = [...inputs.values()].filter(({ order }) => order.some((axis, i) => axis !== i));
  const notes = [
    `# Imported from ${JSON.stringify(basename(file))}. Set the target, the loss and the data before you train.`,
    ...turned.map(({ name }) => `# The input ${name} has channels last, unlike in the file.`),
    ...(outputOrder.some((axis, i) => axis !== i)
      ? ["# The output has channels last, unlike in the file."]
      : []),
  ];
  return `${notes.join("\n")}\n${stringify(spec)}`;
}
