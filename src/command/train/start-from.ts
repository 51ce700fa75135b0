/** `tapeless train --from`: starts training from the parameters in a file that match by name and shape. */
import { extname } from "node:path";
import { tensorFormats } from "../formats/parameters/formats.ts";
import { numbersFor, parametersIn } from "../formats/parameters/parameters.ts";
import type { StoredTensor } from "../formats/parameters/tensors.ts";
import type { EmittedModule } from "../../compiler/load-trainer.ts";
import { onFile } from "../compile/compile-spec.ts";
import { readCheckpointFile, readTensors, wrongTensors } from "../files/parameter-files.ts";

interface Origin {
  /** A description of the file, for messages. */
  readonly about: string;
  readonly tensors: readonly StoredTensor[];
}

/**
 * Returns a module whose trainers start from the matching parameters in the file. Prints which parameters
 * match.
 *
 * @throws DiagnosticError (T3001, T3002)
 */
export async function startingFrom(file: string, emitted: EmittedModule): Promise<EmittedModule> {
  const { model } = emitted;
  const { about, tensors } = await originIn(file);
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const isSame = ({ name, shape }: { name: string; shape: readonly number[] }) =>
    shapeText(found.get(name)?.shape) === shapeText(shape);
  const matching = model.parameters.filter(isSame);
  const initialised = model.parameters
    .filter((parameter) => !isSame(parameter))
    .map(({ name, shape }) => {
      const other = found.get(name)?.shape;
      return `${name} ${shapeText(shape)}${other === undefined ? "" : ` (${shapeText(other)} in the file)`}`;
    });
  const names = new Set(model.parameters.map(({ name }) => name));
  const unused = tensors
    .filter(({ name }) => !names.has(name))
    .map(({ name, shape }) => `${name} ${shapeText(shape)}`);
  if (matching.length === 0)
    throw wrongTensors(
      file,
      `no parameter of the file, ${about}, matches a parameter of "${model.name}" by name and shape`,
      [
        `"${model.name}" has ${initialised.join(", ")}`,
        `the file has ${tensors.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(", ")}`,
      ],
    );
  // All values are read before any parameter is set.
  const values = onFile(file, "T3002", () =>
    matching.flatMap(({ name }) => {
      const tensor = found.get(name);
      return tensor === undefined ? [] : [[name, numbersFor(model.dtype, tensor)] as const];
    }),
  );
  const lines = [
    `from ${file}, ${about}: ${matching.length} of ${model.parameters.length} parameters`,
    `  loaded: ${matching.map(({ name }) => name).join(", ")}`,
    ...(initialised.length > 0 ? [`  initialised: ${initialised.join(", ")}`] : []),
    ...(unused.length > 0 ? [`  unused: ${unused.join(", ")}`] : []),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
  return {
    model,
    createTrainer(options) {
      const trainer = emitted.createTrainer(options);
      for (const [name, numbers] of values) trainer.parameters[name].set(numbers);
      return trainer;
    },
  };
}

/** Reads a checkpoint of any model, or a file of tensors. A file in safetensors can be either. */
async function originIn(file: string): Promise<Origin> {
  if (Object.hasOwn(tensorFormats, extname(file).toLowerCase())) {
    const { tensors, facts } = await readTensors(file);
    if (facts?.tapeless === undefined) return { about: "a file of tensors", tensors };
  }
  const { bytes } = await readCheckpointFile(file);
  const { model, epoch, tensors } = onFile(file, "T3001", () => parametersIn(bytes));
  return {
    about: `a checkpoint of "${model.name}" after epoch ${epoch}`,
    tensors: tensors.map(({ numbers, ...tensor }) => ({ ...tensor, numbers: () => numbers })),
  };
}

const shapeText = (shape: readonly number[] | undefined): string => `[${shape?.join(", ") ?? "absent"}]`;
