/**
 * `tapeless export`: the parameters of a checkpoint as a file that other libraries read. A checkpoint says
 * all that this takes.
 */
import { parametersIn } from "../formats/parameters/parameters.ts";
import { checkOutputs } from "../files/check-outputs.ts";
import { onFile } from "../compile/emitted-errors.ts";
import { sizeText } from "../../compiler/util/size-text.ts";
import { formatOf } from "../files/tensor-file.ts";
import { readCheckpointFile } from "../files/trained-values.ts";
import { writeFile } from "../files/write-file.ts";

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

/** How many parameters there are, and of how many numbers. */
export function countText(tensors: readonly { readonly numbers: ArrayLike<number> }[]): string {
  const numbers = tensors.reduce((sum, { numbers: { length } }) => sum + length, 0);
  return `${tensors.length} parameters of ${numbers} numbers`;
}
