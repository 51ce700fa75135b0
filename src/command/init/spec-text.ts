/** Writes the chosen model as a YAML spec, in which comments explain the guesses. */
import { printable } from "../../compiler/util/message-text.ts";
import { flowText, scalarText, wrapped } from "../../compiler/util/yaml-text.ts";
import { absentIn } from "./choose-inputs.ts";
import type { ChosenInput, Remark } from "./choose-inputs.ts";
import type { ChosenModel } from "./choose-model.ts";
import { quoted } from "./column-kinds.ts";
import type { CsvForm } from "./sniff-csv.ts";

const width = 100;
/** If an input has more columns, the spec lists ranges of columns, without a comment for each column. */
const mostListed = 40;

export interface SpecFacts {
  readonly name: string;
  /** The path of the data file, relative to the spec. */
  readonly file: string;
  /** The name of the data file, for comments. */
  readonly title: string;
  /** The names of all columns, in the order of the file. */
  readonly columns: readonly string[];
  readonly form: CsvForm;
}

export function specText(facts: SpecFacts, chosen: ChosenModel): string {
  const { inputs, omitted, doubts, target, targetName, form, rows, network, training } = chosen;
  const isClasses = form.form === "classes";
  const declared = isClasses
    ? remark({ classes: form.counts.size }, `${classesText(form.counts)}`)
    : remark({ shape: [1] }, "a number");
  const loss = isClasses ? "for classes" : "mean squared error; mae is less sensitive to outliers";
  const lines = [
    ...commentLines(
      `A spec for ${facts.title}: ${rows} rows, ${facts.columns.length} columns. It was written by ` +
        "`tapeless init`; the comments say what it guessed.",
    ),
    ...doubts.flatMap((doubt) => commentLines(`Please check: ${doubt}.`)),
    ...line("name", facts.name),
    "",
    ...section(
      "inputs",
      inputs.map(({ name, declared }) => ({ key: name, ...declared })),
    ),
    ...section("targets", [{ key: targetName, ...declared, comment: `${declared.comment} (${target.why})` }]),
    "network:",
    ...network.flatMap(({ value, comment }) => commented(`  - ${flowText(value)}`, comment, "  ")),
    ...line("loss", isClasses ? "cross-entropy" : "mse", loss),
    ...line(
      "metrics",
      // For two classes, the default of f1 is the score of the second class alone.
      isClasses ? ["accuracy", { type: "f1", average: "macro" }] : ["mae", "r2"],
      isClasses ? "macro weighs rare and frequent classes equally" : "mae is in the units of the target",
    ),
    ...line(
      "optimizer",
      { type: "adam", learningRate: 0.003 },
      "`tapeless train --find-learning-rate` helps to choose the rate",
    ),
    ...section(
      "training",
      training.flatMap(({ value, comment }) => entriesOf(value, comment)),
    ),
    ...imbalanceLines(chosen),
    ...dataLines(facts, chosen),
  ];
  const left = omitted.map(({ name, why }) => `  ${quoted(name)}: ${why}`);
  const end =
    left.length === 0
      ? []
      : ["", "# Columns that are not used:", ...left.map((text) => `#${printable(text)}`)];
  return `${[...lines, ...end].join("\n")}\n`;
}

const remark = (value: object, comment: string): Remark<object> => ({ value, comment });

const classesText = (counts: ReadonlyMap<string, number>): string => {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 6).map(([name, count]) => `${quoted(name)} ${count}`);
  return `${counts.size} classes: ${shown.join(", ")}${sorted.length > 6 ? " …" : ""}`;
};

/** Suggests class weights if the largest class has ten times the rows of the smallest. */
function imbalanceLines({ form }: ChosenModel): string[] {
  if (form.form !== "classes") return [];
  const counts = [...form.counts.values()];
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most < 10 * least) return [];
  return commented(
    "  # classWeights: balanced",
    `the classes have ${least} to ${most} rows; this gives rare classes more weight`,
    "  ",
  );
}

const ofCommas =
  "Please check: exactly three digits follow each comma, so it separates thousands; if it is a decimal comma, write " +
  '{ decimal: "," }';

function dataLines(
  { file, form, columns }: SpecFacts,
  { inputs, target, targetName, form: ofTarget }: ChosenModel,
): string[] {
  const { separator, numbers, isDoubtful = false } = form;
  const { profile } = target.column;
  const ofClasses = ofTarget.form === "classes";
  const targetKeys = [
    ...entriesOf({ columns: [profile.name] }, ""),
    ...(ofClasses && ofTarget.areNames ? entriesOf({ names: true }, "the class names are numbers") : []),
    ...(ofClasses
      ? []
      : entriesOf({ scale: "standard" }, "mae and predictions are in the units of the file")),
    ...(absentIn(profile) > 0
      ? entriesOf({ missing: "drop" }, `${absentIn(profile)} rows without a target are removed`)
      : []),
  ];
  return [
    "data:",
    ...line("file", file, "", "  "),
    ...(separator === "," ? [] : line("separator", separator, "", "  ")),
    ...(Object.keys(numbers).length === 0
      ? []
      : line("numbers", numbers, isDoubtful ? ofCommas : "the format of numbers in the file", "  ")),
    "  inputs:",
    ...inputs.flatMap((input) => [`    ${scalarText(input.name)}:`, ...inputLines(input, columns)]),
    "  targets:",
    `    ${scalarText(targetName)}:`,
    ...targetKeys.flatMap(({ key, value, comment }) => line(key, value, comment, "      ")),
  ];
}

function inputLines({ columns, encoding }: ChosenInput, all: readonly string[]): string[] {
  const listed =
    columns.length > mostListed
      ? line(
          "columns",
          rangesOf(
            columns.map(({ value }) => value),
            all,
          ),
          "",
          "      ",
        )
      : [
          "      columns:",
          ...columns.flatMap(({ value, comment }) =>
            commented(`        - ${scalarText(value)}`, comment, "        "),
          ),
        ];
  const keys = encoding.flatMap(({ value, comment }) => entriesOf(value, comment));
  return [...listed, ...keys.flatMap(({ key, value, comment }) => line(key, value, comment, "      "))];
}

/** The names, with "first..last" for consecutive columns of the file. */
function rangesOf(names: readonly string[], all: readonly string[]): string[] {
  const places = new Map(all.map((name, place) => [name, place]));
  const runs: string[][] = [];
  for (const name of names) {
    const run = runs[runs.length - 1];
    const before = run && places.get(run[run.length - 1]);
    if (run && before !== undefined && places.get(name) === before + 1) run.push(name);
    else runs.push([name]);
  }
  // A name with ".." could be read as a range.
  return runs.flatMap((run) =>
    run.length > 2 && !run.some((name) => name.includes("..")) ? [`${run[0]}..${run[run.length - 1]}`] : run,
  );
}

// Lines of YAML.

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly comment: string;
}

/** The keys of a record; the comment belongs to all of them. */
const entriesOf = (record: object, comment: string): Entry[] =>
  Object.entries(record).map(([key, value]) => ({ key, value, comment }));

const section = (key: string, entries: readonly Entry[]): string[] => [
  `${key}:`,
  ...entries.flatMap(({ key, value, comment }) => line(key, value, comment, "  ")),
];

const line = (key: string, value: unknown, comment = "", indent = ""): string[] =>
  commented(`${indent}${scalarText(key)}: ${flowText(value)}`, comment, indent);

/** Places a comment after its line or, if it does not fit there, above it. */
function commented(text: string, comment: string, indent: string): string[] {
  const lines = text.length > width ? wrapped(text, indent) : [text];
  if (comment === "") return lines;
  const [only] = lines;
  const isShort = lines.length === 1 && only.length + comment.length + 3 <= width;
  return isShort ? [`${only} # ${printable(comment)}`] : [...commentLines(comment, indent), ...lines];
}

/** A comment, wrapped between words. */
function commentLines(comment: string, indent = ""): string[] {
  const lines: string[] = [];
  for (const word of printable(comment).split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
}
