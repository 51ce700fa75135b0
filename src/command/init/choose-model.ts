/** Chooses network, loss, metrics and training for a table. All choices are plain data with comments. */
import { showValue } from "../../compiler/util/message-text.ts";
import { usageError } from "../terminal/report-error.ts";
import { chooseInputs, uniqueNames } from "./choose-inputs.ts";
import type { ChosenInputs, Remark } from "./choose-inputs.ts";
import type { ColumnProfile } from "./column-profile.ts";
import { knownColumn, targetForm } from "./choose-target.ts";
import type { KnownColumn, NamedTarget, TargetForm } from "./choose-target.ts";
import { quantityAdvice, quoted } from "./column-kinds.ts";
import type { TableProfile } from "./profile-table.ts";

export interface ChosenModel extends ChosenInputs {
  readonly rows: number;
  readonly target: { readonly column: KnownColumn; readonly why: string };
  readonly targetName: string;
  readonly form: TargetForm;
  readonly network: readonly Remark<object>[];
  readonly training: readonly Remark<object>[];
}

/** @throws DiagnosticError (T1010) if the table has no input, or the target is not possible */
export function chooseModel(
  file: string,
  { rows, columns: profiles }: TableProfile,
  { name, why }: NamedTarget,
): ChosenModel {
  const columns = profiles.map(knownColumn);
  const [column] = columns.filter(({ profile }) => profile.name === name);
  const target = { column, why };
  const form = targetForm(file, target.column);
  const targetName = uniqueNames([])(target.column.profile.name);
  const others = columns.filter((column) => column !== target.column);
  const chosen = chooseInputs(withCounters(others), rows, [targetName, ...layerNames]);
  if (chosen.inputs.length === 0) {
    const why = chosen.omitted.map(({ name, why }) => `${quoted(name)}: ${why}`).join("; ");
    throw usageError(
      `${file} has no column that a model could read to predict ${showValue(target.column.profile.name)}`,
      `columns that are not used: ${why}`,
    );
  }
  return {
    ...chosen,
    doubts: [...chosen.doubts, ...quantityDoubts(columns), ...seriesDoubts(columns, rows)],
    rows,
    target,
    targetName,
    form,
    network: networkFor(chosen, rows, form),
    training: trainingFor(rows),
  };
}

/** Numbers with a sign or a unit are texts to the model, which cannot compare their sizes. */
function quantityDoubts(columns: readonly KnownColumn[]): string[] {
  return columns.flatMap(({ profile, kind }) => {
    const text = kind.kind === "dates" ? undefined : quantityAdvice(profile);
    return text === undefined ? [] : [`${quoted(profile.name)}: ${text}`];
  });
}

/**
 * Rows in the order of a column of dates are probably a time series. A random test split would be too easy.
 */
function seriesDoubts(columns: readonly KnownColumn[], rows: number): string[] {
  return columns.flatMap(({ profile, kind }) =>
    kind.kind === "dates" && kind.dates.isIncreasing && profile.missing === 0 && rows >= 20
      ? [
          `the rows are in the order of ${quoted(profile.name)}, as in a time series. To forecast them, use ` +
            "data.windows. To evaluate the model on the last rows, use { last: 0.2 } for test and validation " +
            "(docs/series.md)",
        ]
      : [],
  );
}

/** The default names of the layers that follow the inputs. */
const layerNames = ["concat1", "dense1", "dense2", "dense3"];

/**
 * Columns that count the rows are used as inputs only if the table has no other inputs, because they may be
 * the time.
 */
function withCounters(columns: readonly KnownColumn[]): readonly KnownColumn[] {
  if (columns.some(({ kind }) => kind.kind !== "none")) return columns;
  const isUsable = ({ name, odd, distinct }: ColumnProfile): boolean =>
    name !== "" && odd === undefined && distinct > 1;
  return columns.map((column) =>
    isUsable(column.profile) ? { ...column, kind: { kind: "numbers" } } : column,
  );
}

interface Sizes {
  readonly units: number;
  readonly batchSize: number;
  readonly epochs: number;
}

/** The sizes for tables with fewer rows than `below`. */
const sizes: readonly (Sizes & { readonly below: number })[] = [
  { below: 200, units: 16, batchSize: 8, epochs: 200 },
  { below: 500, units: 16, batchSize: 32, epochs: 200 },
  { below: 2000, units: 32, batchSize: 32, epochs: 200 },
  { below: 5000, units: 32, batchSize: 64, epochs: 100 },
  { below: 20_000, units: 64, batchSize: 64, epochs: 100 },
  { below: 50_000, units: 64, batchSize: 256, epochs: 40 },
  { below: 200_000, units: 128, batchSize: 256, epochs: 40 },
  { below: Infinity, units: 128, batchSize: 1024, epochs: 20 },
];

const sizesFor = (rows: number): Sizes => sizes.find(({ below }) => rows < below) ?? sizes[sizes.length - 1];

function networkFor({ inputs }: ChosenInputs, rows: number, form: TargetForm): Remark<object>[] {
  const { units } = sizesFor(rows);
  const last =
    form.form === "classes"
      ? { value: { type: "dense", units: form.counts.size }, comment: "a score for each class" }
      : { value: { type: "dense", units: 1 }, comment: "the predicted number" };
  return [
    ...inputs.flatMap(({ layers }) => layers),
    ...(inputs.length > 1
      ? [
          {
            value: { type: "concat", from: inputs.map(({ vector }) => vector) },
            comment: "joins all inputs",
          },
        ]
      : []),
    { value: { type: "dense", units, activation: "relu" }, comment: `a size that suits ${rows} rows` },
    { value: { type: "dense", units: units / 2, activation: "relu" }, comment: "" },
    last,
  ];
}

function trainingFor(rows: number): Remark<object>[] {
  const { batchSize, epochs } = sizesFor(rows);
  const patience = Math.max(3, epochs / 10);
  const length = [
    { value: { epochs }, comment: rows < 10 ? "" : "the maximum; early stopping may end training sooner" },
    { value: { batchSize }, comment: `suits ${rows} rows` },
    { value: { seed: 1 }, comment: "for initial parameters, splits and shuffling" },
  ];
  if (rows < 10) return length;
  return [
    ...length,
    { value: { validation: { fraction: 0.2 } }, comment: "selects the best epoch" },
    { value: { test: { fraction: 0.2 } }, comment: "evaluates the final model" },
    { value: { earlyStopping: { patience } }, comment: "epochs without improvement" },
  ];
}
