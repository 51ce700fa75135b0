/** `tapeless import`: parameters that came from elsewhere, as the checkpoint of a trainer that has not trained yet. */
import { numbersFor, parameterFaults } from "../formats/parameters/parameters.ts";
import { loadTrainer } from "../../compiler/load-trainer.ts";
import { checkOutputs, ofSpec } from "../files/check-outputs.ts";
import { compileSpec } from "../compile/compile-spec.ts";
import { onFile } from "../compile/emitted-errors.ts";
import { countText } from "./export.ts";
import { readTensors, wrongTensors } from "../files/tensor-file.ts";
import { writeFile } from "../files/write-file.ts";

export interface ImportFlags {
  readonly output: string;
  readonly dtype: "f32" | "f64";
}

/** The most faults that are worth reading. */
const mostFaults = 20;

/** Returns the exit code. */
export async function importParameters(spec: string, file: string, flags: ImportFlags): Promise<number> {
  const tensors = await readTensors(file);
  const { compilation } = await compileSpec(spec, { dtype: flags.dtype });
  await checkOutputs({ "-o": flags.output }, { ...ofSpec(spec, compilation.model), "the parameters": file });
  const { emitText } = await import("../../compiler/compile-target.ts");
  const { model, createTrainer } = await loadTrainer(await emitText(compilation, flags.dtype));
  const faults = parameterFaults(model.parameters, tensors);
  if (faults.length > 0) {
    const more = faults.length > mostFaults ? [`and ${faults.length - mostFaults} more`] : [];
    throw wrongTensors(file, `the tensors are not the parameters of "${model.name}"`, [
      ...faults.slice(0, mostFaults),
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
