/** Reports everything in a spec that the target `pytorch` does not support yet (T1901), all of it at once. */
import { collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { metricName, metricOf } from "../../library/metrics/index.ts";
import { objectivesOf } from "../objectives.ts";
import type { Model } from "../types.ts";

/** Something that is not supported: its location, and the present alternative. */
type Gap = readonly [path: SpecPath, hint: string];

/** @throws DiagnosticError (T1901) with all gaps */
export function checkPytorch(model: Model): void {
  const problems = collector();
  for (const [path, hint] of [...metricGaps(model), ...splitGaps(model), ...dataGaps(model)])
    problems.error(path, "T1901", `the target pytorch does not support ${formatPath(path)} yet`, { hint });
  problems.throwErrors();
}

/** Metrics that depend on the order of all rows. */
const metricGaps = (model: Model): readonly Gap[] =>
  objectivesOf(model).flatMap(({ metrics, paths }) =>
    metrics.flatMap((metric, index): Gap[] =>
      metricOf(metric).ranked === undefined
        ? []
        : [[[...paths.metrics, index], `remove the metric ${metricName(metric)}`]],
    ),
  );

const otherSplit = 'use "fraction", "last", "column" or "group", without "time", "after" and folds';

const splitKeys = ["fraction", "last", "column", "value", "group"];

function splitGaps({ training, data }: Model): readonly Gap[] {
  if (data === undefined) return [];
  const rules = { test: training.test, validation: training.validation };
  return Object.entries(rules).flatMap(([split, rule = {}]) =>
    Object.keys(rule)
      .filter((key) => !splitKeys.includes(key) || (key === "group" && rule.fraction === undefined))
      .map((key): Gap => [["training", split, key], otherSplit]),
  );
}

const columnKeys = ["dates", "window"] as const;

function dataGaps({ data }: Model): readonly Gap[] {
  if (data === undefined) return [];
  const csv = "use a CSV file with a row for each example";
  const keys = (["time", "windows"] as const).filter((key) => data[key] !== undefined);
  const fields = (["inputs", "targets"] as const).flatMap((kind) =>
    Object.entries(data[kind]).flatMap(([name, columns]) => {
      const path = ["data", kind, name];
      return columnKeys
        .filter((key) => columns[key] !== undefined)
        .map((key): Gap => [[...path, key], "encode these columns as numbers or as categories in the file"]);
    }),
  );
  return [...keys.map((key): Gap => [["data", key], csv]), ...fields];
}
