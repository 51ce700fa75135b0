// From IDX files to what a trainer eats: split and scaled. Each place of an item is scaled by itself, as a column of a table would be.
import type { Dataset, FittedField } from "./dataset.ts";
import type { DataFacts } from "./fields.ts";
import type { IdxArray } from "./idx.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import { fitScale } from "./scale.ts";
import { allRows } from "./session.ts";
import type { Batch } from "./slots.ts";
import { splitRows } from "./split.ts";

/** The files of a part of the data, by input and target. */
export type IdxPart = Readonly<Record<string, IdxArray>>;

/** Prepares files whose items fit the model and are equally many. Without files for the test its rows are a share of all. */
export function idxDataset(
  { dtype, inputs, targets }: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  whole: IdxPart,
  tested?: IdxPart,
): Dataset {
  const [[target, { classes }]] = Object.entries(targets);
  const labels = whole[target];
  const [rows] = labels.shape;
  const isOneClass = classes !== undefined && labels.numbers.length === rows;
  const byClass = training.stratify && isOneClass ? labels.numbers : undefined;
  const { train, validation, test } = splitRows(rows, training, seed, byClass);
  const rules = { ...data.inputs, ...data.targets };
  const fields = [...Object.keys(inputs), target].map((name): FittedField => {
    const { scale } = Object.hasOwn(rules, name) ? rules[name] : {};
    const { numbers } = whole[name];
    const size = numbers.length / rows;
    const scales = Array.from({ length: size }, (_, place) => {
      // What only divides looks at no number.
      const column =
        typeof scale === "string"
          ? Float64Array.from(allRows(rows), (row) => numbers[row * size + place])
          : [];
      return fitScale(column, train, scale);
    });
    return { name, columns: [], classNames: [], scale, scales };
  });

  const real = dtype === "f32" ? Float32Array : Float64Array;
  const part = (files: IdxPart, chosen: Int32Array): Batch =>
    Object.fromEntries(
      fields.map(({ name, scales }) => {
        const size = scales.length;
        const isIndex = name === target ? classes !== undefined : inputs[name].dtype === "i32";
        const values = new (isIndex ? Int32Array : real)(chosen.length * size);
        chosen.forEach((row, i) =>
          scales.forEach(({ shift, span }, place) => {
            values[i * size + place] = (files[name].numbers[row * size + place] - shift) / span;
          }),
        );
        return [name, values];
      }),
    );
  const all = tested && part(tested, allRows(tested[target].shape[0]));
  return {
    train: part(whole, train),
    ...(validation.length > 0 && { validation: part(whole, validation) }),
    ...(test.length > 0 && { test: part(whole, test) }),
    ...(all && { test: all }),
    fields,
  };
}
