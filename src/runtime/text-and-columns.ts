// Texts beside columns of numbers, or with a class of their own: each is read as it would be alone. Only trainers of such a spec have this.
import { datasetOf, type Dataset } from "./dataset.ts";
import { fieldsOf, valuesOf, type DataFacts } from "./fields.ts";
import type { ModelFacts, TrainingFacts } from "./model-facts.ts";
import type { Batch } from "./slots.ts";
import { splitRows } from "./split.ts";
import type { Table } from "./table.ts";
import { testPartOf } from "./test-file.ts";
import { textParts } from "./text-columns.ts";

/** As {@link datasetOf}, for data with texts among its inputs. */
export function mixedDatasetOf(
  model: ModelFacts,
  data: DataFacts,
  training: TrainingFacts,
  seed: number,
  table: Table,
): Dataset {
  const isText = (name: string) =>
    data.inputs[name]?.characters !== undefined || data.targets[name]?.nextOf !== undefined;
  const without = <T>(record: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !isText(name)));
  const rest = { ...model, inputs: without(model.inputs), targets: without(model.targets) };
  const others = datasetOf(rest, data, training, seed, table);
  // The very split of the other columns.
  const [labels = []] = fieldsOf({ ...rest, inputs: {} }, data, table).map((field) => valuesOf(table, field));
  const byClass = training.stratify && labels.length === 1 ? labels[0] : undefined;
  const split = splitRows(table.rows, training, seed, byClass);
  const texts = textParts(model, data, table, split);
  const both = (part?: Batch, other?: Batch) => ({ ...part, ...other });
  return {
    train: both(texts.train, others.train),
    ...(texts.validation && { validation: both(texts.validation, others.validation) }),
    ...(texts.test && { test: both(texts.test, others.test) }),
    characters: texts.characters,
    fields: others.fields,
    testPart: (file) => both(texts.testPart(file), testPartOf(rest, others, file)),
  };
}
