/** `tapeless differentiate`: writes the derivatives of an ONNX model as an ONNX model. */
import { UnknownName, differentiateModel } from "../../compiler/differentiate-onnx.ts";
import { readModel } from "../../compiler/library/onnx/model-file.ts";
import { sizeText } from "../../compiler/util/number-text.ts";
import { checkOutputs, writeFile } from "../files/write-file.ts";
import { modelBytes, onModel } from "../onnx/model-diagnostics.ts";
import { usageError } from "../terminal/report-error.ts";

export interface DifferentiateFlags {
  readonly output: string;
  readonly loss?: string;
  readonly of?: readonly string[];
  readonly dtype: "f32" | "f64";
}

/** Returns the exit code. */
export async function differentiateFile(file: string, flags: DifferentiateFlags): Promise<number> {
  const { output, loss, of, dtype } = flags;
  await checkOutputs({ "-o": output }, { "the model": file });
  const model = await modelBytes(file);
  const { bytes, inputs, outputs } = onModel(file, () => {
    try {
      return differentiateModel(readModel(model), { dtype, loss, ...(of && { of }) });
    } catch (error) {
      if (error instanceof UnknownName) throw usageError(error.message, error.hint);
      throw error;
    }
  });
  await writeFile(output, bytes);
  const lines = [
    `${file} → ${output}  ${sizeText(bytes.length)}`,
    ...inputs.map(
      ({ name, shape, hasDefault }) =>
        `input   ${name} [${shape.join(", ")}]${hasDefault ? ", by default the values of the model" : ""}`,
    ),
    ...outputs.map(({ name, shape }) => `output  ${name} [${shape.join(", ")}]`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}
