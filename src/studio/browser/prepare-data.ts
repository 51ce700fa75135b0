/**
 * The data of a spec as its trainer takes it, from the texts of files that the page holds: what `tapeless
 * train` does with files on disk.
 */
import { parseCleaned } from "../../runtime/program/readers.ts";
import { datasetOf, type Dataset } from "../../runtime/data/dataset.ts";
import { InputError } from "../../runtime/step/errors.ts";
import type { ModelFacts } from "../../runtime/model/facts.ts";
import { parseCsv } from "../../runtime/data/table.ts";
import type { Table } from "../../runtime/data/table.ts";
import { placed } from "../../runtime/program/program.ts";
import { preparingOf } from "../../compiler/trainer/preparing.ts";
import type { Model } from "../../compiler/spec/types.ts";

/**
 * The rows cut and encoded as the spec says.
 * @throws InputError if the page has no such file, or if it does not hold what the spec says
 */
export function prepareData(
  model: Model,
  facts: ModelFacts,
  files: Readonly<Record<string, string>>,
): Dataset {
  const { data, training } = model;
  if (data === undefined)
    throw new InputError("the spec has no data section, so nothing says what to train on");
  if (training.validation?.folds !== undefined)
    throw new InputError("the page trains one model, not one for each fold: use `tapeless train`");
  const preparing = preparingOf(model, facts);
  const isCleaned =
    data.separator !== undefined ||
    [...Object.values(data.inputs), ...Object.values(data.targets)].some(({ missing }) => missing === "drop");
  const tableIn = (file: string): Table => {
    const text = textOf(file, files);
    return placed(file, () => (isCleaned ? parseCleaned(text, preparing.data) : parseCsv(text)));
  };
  const { file, test } = data;
  if (typeof file !== "string" || typeof test === "object")
    throw new InputError("the page reads CSV alone: `tapeless train` reads images");
  const tested = test === undefined ? undefined : { file: test, table: tableIn(test) };
  const source = { file, table: tableIn(file), test: tested };
  return datasetOf(preparing, source, training.seed, placed);
}

function textOf(file: string, files: Readonly<Record<string, string>>): string {
  const name = file.replace(/^.*[/\\]/s, "");
  if (Object.hasOwn(files, name)) return files[name];
  throw new InputError(`the page has no file "${name}": it has ${Object.keys(files).join(", ")}`);
}
