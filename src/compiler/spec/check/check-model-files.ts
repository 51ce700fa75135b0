/** Checks the layers that are graphs of model files: the file, and the values at which the graph is cut. */
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { valueNamed, valueNames } from "../../library/onnx/cut-model.ts";
import type { OnnxModel } from "../../library/onnx/model.ts";
import { didYouMean, showNames, showValue } from "../../util/message-text.ts";
import { fileOfLayer } from "../model-files.ts";
import type { ModelFiles } from "../model-files.ts";
import { member, textOf } from "../raw-spec.ts";
import type { LayerGraph, WrittenLayer, WrittenList } from "../written-network.ts";

/**
 * The graphs of all ONNX layers, also of those in blocks. Reports files that cannot be read (T1001) or are not
 * models (T3005), and unknown values (T1303).
 */
export function checkModelFiles(
  network: WrittenList,
  files: ModelFiles,
  problems: Collector,
): ReadonlyMap<WrittenLayer, LayerGraph> {
  const graphs = new Map<WrittenLayer, LayerGraph>();
  const visit = (list: WrittenList): void => {
    for (const layer of list) {
      const graph = graphOf(layer, files, problems);
      if (graph !== undefined) graphs.set(layer, graph);
      Object.values(layer.lists).forEach(visit);
    }
  };
  visit(network);
  return graphs;
}

function graphOf(layer: WrittenLayer, files: ModelFiles, problems: Collector): LayerGraph | undefined {
  const file = fileOfLayer(layer);
  if (file === undefined || file === "") return undefined;
  const found = files.get(file);
  const path = [...layer.path, "file"];
  const where = formatPath(path);
  if (found === undefined) {
    const hint = `pass its bytes: files: { ${showValue(file)}: bytes }`;
    problems.error(path, "T1001", `${where}: the content of ${showValue(file)} is missing`, { hint });
    return undefined;
  }
  if ("reason" in found) {
    const message = found.code === "T1001" ? `cannot read ${showValue(file)}: ${found.reason}` : found.reason;
    problems.error(path, found.code, `${where}: ${message}`, { hint: found.hint });
    return undefined;
  }
  const { model, hash } = found;
  const until = textOf(member(layer.value, "until"));
  return {
    model,
    hash,
    until: until === undefined ? undefined : checkedUntil(layer, until, model, problems),
  };
}

function checkedUntil(
  { path }: WrittenLayer,
  until: string,
  model: OnnxModel,
  problems: Collector,
): string | undefined {
  const value = valueNamed(model, until);
  if (value === undefined) reportUnknownValue([...path, "until"], until, model, problems);
  return value;
}

function reportUnknownValue(path: SpecPath, name: string, model: OnnxModel, problems: Collector): void {
  const message = `${formatPath(path)}: the file has no value ${showValue(name)}`;
  problems.error(path, "T1303", message, { hint: valueHint(name, model) });
}

/** The most similar name of a value or node, or some of the names that exist. */
export function valueHint(name: string, model: OnnxModel, others: readonly string[] = []): string {
  const values = valueNames(model);
  const similar = didYouMean(name, [...others, ...values, ...model.nodes.map((node) => node.name)]);
  return similar === undefined
    ? `values of the file: ${showNames(values)}`
    : `did you mean ${showValue(similar)}?`;
}
