/** `tapeless export` and `tapeless import`: parameters in the file formats of other libraries. */
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { sizeText } from "../../compiler/util/number-text.ts";
import { compileSpec, onFile } from "../compile/compile-spec.ts";
import { checkOutputs, ofSpec, writeFile } from "../files/write-file.ts";
import { formatOf, readCheckpointFile, readTensors, wrongTensors } from "../files/parameter-files.ts";
import { numbersFor, parameterErrors, parametersIn } from "../formats/parameters/parameters.ts";

/** The flags of `tapeless export`, which writes the parameters of a checkpoint without reading a spec. */
export interface ExportFlags {
  readonly output: string;
}

/** Returns the exit code. */
export async function exportParameters(checkpoint: string, { output }: ExportFlags): Promise<number> {
  const format = formatOf(output);
  await checkOutputs({ "-o": output }, { "the checkpoint": checkpoint });
  const { bytes } = await readCheckpointFile(checkpoint);
  const { model, epoch, tensors } = onFile(checkpoint, "T3001", () => parametersIn(bytes));
  const facts = { format: "tapeless", model: model.name, specHash: model.specHash, epoch: String(epoch) };
  const file = format.encode(tensors, facts);
  await writeFile(output, file);
  process.stdout.write(`${checkpoint} → ${output}  ${countText(tensors)} (${sizeText(file.length)})\n`);
  return 0;
}

/** The number of parameters and the number of their values. */
export function countText(tensors: readonly { readonly numbers: ArrayLike<number> }[]): string {
  const numbers = tensors.reduce((sum, { numbers: { length } }) => sum + length, 0);
  return `${tensors.length} parameters, ${numbers} values`;
}

/** The flags of `tapeless import`, which writes parameters as a checkpoint of a trainer with 0 epochs. */
export interface ImportFlags {
  readonly output: string;
  readonly dtype: "f32" | "f64";
}

/** How many errors are listed. */
const maxErrors = 20;

/** Returns the exit code. */
export async function importParameters(spec: string, file: string, flags: ImportFlags): Promise<number> {
  const tensors = await readTensors(file);
  const { compilation } = await compileSpec(spec, { dtype: flags.dtype });
  await checkOutputs({ "-o": flags.output }, { ...ofSpec(spec, compilation.model), "the parameters": file });
  const { emitText } = await import("../../compiler/compile-target.ts");
  const { model, createTrainer } = await loadTrainer(await emitText(compilation, flags.dtype));
  const errors = parameterErrors(model.parameters, tensors);
  if (errors.length > 0) {
    const more = errors.length > maxErrors ? [`and ${errors.length - maxErrors} more`] : [];
    throw wrongTensors(file, `the tensors do not match the parameters of "${model.name}"`, [
      ...errors.slice(0, maxErrors),
      ...more,
    ]);
  }
  const trainer = createTrainer();
  const imported = onFile(file, "T3002", () =>
    tensors.map((tensor) => ({ name: tensor.name, numbers: numbersFor(model.dtype, tensor) })),
  );
  for (const { name, numbers } of imported) trainer.parameters[name].set(numbers);
  await writeFile(flags.output, trainer.save());
  process.stdout.write(`${file} → ${flags.output}  ${countText(imported)}\n`);
  return 0;
}
