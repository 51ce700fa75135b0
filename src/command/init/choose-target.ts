/** Chooses the target of a model, and whether it consists of classes or of numbers. */
import { didYouMean, showNames, showValue } from "../../compiler/util/message-text.ts";
import { usageError } from "../terminal/report-error.ts";
import type { ColumnProfile } from "./column-profile.ts";
import { kindOf, quantityAdvice, quoted } from "./column-kinds.ts";
import type { ColumnKind } from "./column-kinds.ts";

/** A column with its kind. */
export interface KnownColumn {
  readonly profile: ColumnProfile;
  readonly kind: ColumnKind;
}

export const knownColumn = (profile: ColumnProfile): KnownColumn => ({ profile, kind: kindOf(profile) });

export interface NamedTarget {
  readonly name: string;
  /** The reason why this column was chosen. */
  readonly why: string;
}

const usualNames = ["target", "label", "labels", "class", "outcome", "output", "response", "y"];

/** @throws DiagnosticError (T1010) for a target that does not exist, or if no column can be the target */
export function chooseTarget(
  file: string,
  profiles: readonly ColumnProfile[],
  requested: string | undefined,
): NamedTarget {
  const names = profiles.map(({ name }) => name);
  if (names.length === 1)
    throw usageError(
      `${file} has only the column ${showValue(names[0])}, but a model needs an input and a target`,
      "if it has several columns, separate them by a comma, a semicolon, a tab or |",
    );
  if (requested !== undefined) {
    if (names.includes(requested)) return { name: requested, why: "given by --target" };
    const similar = didYouMean(requested, names);
    throw usageError(
      `--target ${requested}: ${file} has no column ${showValue(requested)}`,
      similar === undefined ? `the columns are ${showNames(names)}` : `did you mean ${showValue(similar)}?`,
    );
  }
  const columns = profiles.map(knownColumn);
  const possible = columns.filter(({ kind }) => kind.kind === "numbers" || kind.kind === "categories");
  // If the table also has a column "x", a column "y" is probably a coordinate, not a target.
  const usual = usualNames.filter((name) => name !== "y" || !names.includes("x"));
  const named = usual.flatMap((name) =>
    possible.filter(({ profile }) => profile.name.toLowerCase() === name),
  );
  const [column] = named.length > 0 ? named : possible.slice(-1);
  if (column === undefined)
    throw usageError(
      `${file} has no column of numbers or categories that could be the target`,
      `its columns are: ${columns.map(({ profile, kind }) => `${profile.name} (${nounOf(kind)})`).join(", ")}`,
    );
  const isLast = column === columns[columns.length - 1];
  const why =
    named.length > 0
      ? "named like a target"
      : isLast
        ? "the last column"
        : "the last column of numbers or categories";
  return { name: column.profile.name, why: `guessed, because it is ${why}` };
}

const nounOf = (kind: ColumnKind): string => (kind.kind === "none" ? kind.why : kind.kind);

/** The form of the target: classes, or a number. */
export type TargetForm =
  | {
      readonly form: "classes";
      /** The number of rows of each class. */
      readonly counts: ReadonlyMap<string, number>;
      /** Whether the cells are numbers, but not class indices. */
      readonly areNames: boolean;
    }
  | { readonly form: "number" };

/** The maximum number of classes. */
const mostClasses = 1000;
const mostNumberedClasses = 20;

/** @throws DiagnosticError (T1010) for a column of neither form */
export function targetForm(file: string, { profile, kind }: KnownColumn): TargetForm {
  const { name, rows, missing, size, numbers, odd, values, distinct } = profile;
  const refuse = (why: string) =>
    usageError(
      `${file}: the column ${showValue(name)} cannot be the target: ${why}`,
      "choose another with --target",
    );
  if (name === "") throw refuse("it has no name");
  if (rows === missing) throw refuse("all its values are missing");
  if (size > 1) throw refuse(`its cells are lists of ${size} numbers`);
  if (distinct === 1)
    throw refuse(`it has the same value in each row, ${quoted([...(values?.keys() ?? [])][0])}`);
  if (odd === undefined) {
    const isRun = numbers.areIntegers && numbers.high - numbers.low + 1 === distinct;
    const isUsual = isRun && (numbers.low === 0 || numbers.low === 1);
    const isNamed = numbers.areIntegers && (distinct === 2 || className.test(name));
    const areClasses = distinct <= mostNumberedClasses && distinct * 5 <= rows && (isUsual || isNamed);
    if (values === undefined || !areClasses) return { form: "number" };
    const areIndices = numbers.low === 0 && isRun && [...values.keys()].every((text) => /^\d+$/.test(text));
    return { form: "classes", counts: values, areNames: !areIndices };
  }
  if (kind.kind === "dates") throw refuse("it contains dates");
  if (kind.kind === "none") throw refuse(quantityAdvice(profile) ?? kind.why);
  if (values === undefined || distinct > mostClasses || distinct > (rows - missing) / 2)
    throw refuse(
      quantityAdvice(profile) ??
        `it has ${Math.round(distinct)} different texts in ${rows} rows, too many for classes`,
    );
  return { form: "classes", counts: values, areNames: false };
}

/** Integers in a column with such a name are classes. */
const className = /class|klasse|label|categor|kind|type|species|grade|cluster/i;
