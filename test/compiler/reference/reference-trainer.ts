// A trainer that runs the graphs of a model in the reference interpreter, in doubles. Tests compare it with
// the results of PyTorch.
import { addGradients } from "../../../src/compiler/passes/differentiate.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import type { Tensor } from "../../../src/compiler/ops/tensor.ts";
import { boundShape } from "../../../src/compiler/ir/types.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

export type Numbers = readonly number[];
export type Batch = Readonly<Record<string, Numbers>>;

const tensor = (shape: readonly number[], data: Iterable<number>): Tensor => ({
  shape,
  data: Float64Array.from(data),
});
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export function referenceTrainer(spec: unknown, seed = 0) {
  const model = parseModel(spec);
  const graphs = buildGraphs(model, "f64");
  const trainable = graphs.parameters.filter((parameter) => parameter.trainable);
  const names = trainable.map(({ name }) => name);
  const training = addGradients(graphs.training, names, createBuilder("f64"));

  const storage = new Map<string, Tensor>();
  for (const { name, shape } of graphs.parameters)
    storage.set(name, tensor(shape, new Float64Array(sizeOf(shape))));
  for (const { name, type } of [...graphs.states, ...graphs.totals]) {
    const shape = boundShape(type.shape, 0);
    storage.set(name, tensor(shape, new Float64Array(sizeOf(shape))));
  }
  for (const { name, initial } of graphs.states)
    if (initial !== undefined) storage.set(name, tensor([initial.length], initial));
  storage.set("random:seed", tensor([], [seed]));

  const shapes = new Map(
    [...Object.entries(model.inputs), ...Object.entries(model.targets)].map(([name, { shape }]) => [
      name,
      shape,
    ]),
  );
  const rowsOf = (batch: Batch): number => {
    const [name, values] = Object.entries(batch)[0];
    return values.length / sizeOf(shapes.get(name) ?? []);
  };
  const withBatch = (batch: Batch): Map<string, Tensor> => {
    const rows = rowsOf(batch);
    const given = Object.entries(batch).map(([name, values]) => {
      return [name, tensor([rows, ...(shapes.get(name) ?? [])], values)] as const;
    });
    return new Map([...storage, ...given]);
  };
  const flat = (prefix: string): Tensor => {
    const data = names.flatMap((name) => [...(storage.get(prefix + name)?.data ?? [])]);
    return tensor([data.length], data);
  };
  const numberAt = (outputs: ReadonlyMap<string, Tensor>, name: string): number =>
    outputs.get(name)?.data[0] ?? NaN;

  const gradient = (batch: Batch): number => {
    const outputs = interpret(training, withBatch(batch), rowsOf(batch));
    for (const [name, value] of outputs) if (name !== "result:loss") storage.set(name, value);
    return numberAt(outputs, "result:loss");
  };
  return {
    graphs,
    get: (name: string): number[] => [...(storage.get(name)?.data ?? [])],
    set(name: string, values: Numbers) {
      const old = storage.get(name);
      if (old === undefined || old.data.length !== values.length)
        throw new Error(`no parameter ${name} of that size`);
      storage.set(name, tensor(old.shape, values));
    },
    gradientNames: () =>
      [...storage.keys()].filter((name) => name.startsWith("gradient:")).map((name) => name.slice(9)),
    gradient,
    /** Takes one step. Returns the loss before it. */
    step(batch: Batch): number {
      const loss = gradient(batch);
      storage.set("flat:parameters", flat(""));
      storage.set("flat:gradients", flat("gradient:"));
      const outputs = interpret(graphs.update, storage, rowsOf(batch));
      for (const [name, value] of outputs) if (!name.startsWith("result:")) storage.set(name, value);
      const moved = outputs.get("flat:parameters")?.data ?? [];
      let start = 0;
      for (const { name, shape } of trainable) {
        storage.set(name, tensor(shape, moved.slice(start, start + sizeOf(shape))));
        start += sizeOf(shape);
      }
      storage.set("result:learningRate", outputs.get("result:learningRate") ?? tensor([], [NaN]));
      return loss;
    },
    learningRate: (): number => numberAt(storage, "result:learningRate"),
    predict: (inputs: Batch): number[] => [
      ...(interpret(graphs.predict, withBatch(inputs), rowsOf(inputs)).get("result:output")?.data ?? []),
    ],
    /** Loss and metrics over all batches together. */
    evaluate(...batches: readonly Batch[]): Record<string, number> {
      for (const { name, type } of graphs.totals) {
        const shape = type.shape.map(Number);
        storage.set(name, tensor(shape, Array(sizeOf(shape)).fill(0)));
      }
      for (const batch of batches)
        for (const [name, value] of interpret(graphs.evaluate, withBatch(batch), rowsOf(batch)))
          storage.set(name, value);
      const summary = interpret(graphs.summarise, storage, 1);
      return Object.fromEntries(
        [...summary].map(([name, { data }]) => [name.slice("result:summary.".length), data[0]]),
      );
    },
  };
}
