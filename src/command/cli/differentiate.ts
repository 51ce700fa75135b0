/** `tapeless differentiate`: writes the derivatives of an ONNX model as an ONNX model. */
import { sizeText } from "../../compiler/util/number-text.ts";
import { checkOutputs, writeFile } from "../files/write-file.ts";
import { differentiate } from "../library/differentiate.ts";

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
  const { bytes, inputs, outputs } = await differentiate(file, { loss, of, dtype });
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
