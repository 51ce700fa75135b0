/** `tapeless init`: examines a data file and writes a spec for it. */
import { basename, dirname, extname, relative, resolve, sep } from "node:path";
import { stat } from "node:fs/promises";
import { DiagnosticError, InternalError } from "../../compiler/diagnostics/errors.ts";
import { parseSpec } from "../../compiler/spec/parse-model.ts";
import { readYaml } from "../../compiler/spec/read/yaml.ts";
import { printable, shellWord } from "../../compiler/util/message-text.ts";
import { regularFile } from "../formats/tables/open-bytes.ts";
import { checkOutputs, checkWritable, writeFile } from "../files/write-file.ts";
import { chooseModel } from "../init/choose-model.ts";
import type { ChosenModel } from "../init/choose-model.ts";
import { chooseTarget } from "../init/choose-target.ts";
import { quoted } from "../init/column-kinds.ts";
import { formOf, profileTable } from "../init/profile-table.ts";
import { specText } from "../init/spec-text.ts";
import { uniqueNames } from "../init/choose-inputs.ts";
import { usageError } from "../terminal/report-error.ts";

export interface InitFlags {
  readonly target?: string;
  readonly output?: string;
  readonly force?: boolean;
}

/** Returns the exit code. */
export async function initSpec(file: string, { target, output, force }: InitFlags): Promise<number> {
  await checkReadable(file);
  const name = nameOf(file);
  const spec = output ?? `${name}.yaml`;
  await checkSpecFile(spec, file, force === true);
  const form = await formOf(file);
  const whole = await profileTable(file, form);
  const named = chooseTarget(file, whole.columns, target);
  const first = chooseModel(file, whole, named);
  const dropping = droppingColumns(first);
  // Some categories may occur only in dropped rows, so the other rows are profiled again.
  const chosen =
    dropping.size === 0
      ? first
      : chooseModel(file, await profileTable(file, form, { whole, columns: dropping }), named);
  const facts = {
    name,
    file: relative(dirname(resolve(spec)), resolve(file))
      .split(sep)
      .join("/"),
    title: basename(file),
    columns: whole.columns.map((column) => column.name),
    form,
  };
  const text = specText(facts, chosen);
  checkText(text);
  await writeFile(spec, text);
  process.stdout.write(summaryOf(file, spec, facts.columns.length, chosen));
  return 0;
}

/** The name of the model, which is the name of the file without its extensions. */
const nameOf = (file: string): string =>
  uniqueNames([])(basename(file).replace(/(\.[A-Za-z0-9]{1,7}){1,2}$/, ""));

/** @throws DiagnosticError (T2001) */
async function checkReadable(file: string): Promise<void> {
  const found = await regularFile(file);
  if (!("reason" in found)) return;
  const message = `cannot read the data: ${found.reason}`;
  throw new DiagnosticError([{ code: "T2001", severity: "error", message, location: { file } }]);
}

/**
 * Checks that the spec can have comments, and does not replace a spec that the user may have edited. @throws
 * DiagnosticError
 */
async function checkSpecFile(spec: string, file: string, isForced: boolean): Promise<void> {
  if (!/^\.ya?ml$/i.test(extname(spec)))
    throw usageError(
      `-o ${spec}: the spec has comments, so its file must end in .yaml or .yml`,
      `use -o ${spec.slice(0, spec.length - extname(spec).length)}.yaml`,
    );
  await checkOutputs({ "-o": spec }, { "the data": file });
  const isThere = await stat(spec).then(
    () => true,
    () => false,
  );
  if (isThere && !isForced)
    throw new DiagnosticError([
      {
        code: "T1014",
        severity: "error",
        message: `${spec} already exists`,
        hint: "use --force to replace it, or -o FILE to write another file",
      },
    ]);
  await checkWritable(spec);
}

/** The columns that need a value in every row (the target and texts), but have missing values. */
function droppingColumns({ target, inputs }: ChosenModel): ReadonlySet<string> {
  const needed = [target.column.profile, ...inputs.flatMap(({ needed }) => needed)];
  return new Set(needed.flatMap(({ name, missing }) => (missing > 0 ? [name] : [])));
}

/** Checks the written spec. An error in it is a bug in this command. */
function checkText(text: string): void {
  const { value, errors } = readYaml(text);
  if (errors.length > 0) throw new InternalError(`init wrote invalid YAML: ${errors[0].message}\n${text}`);
  try {
    parseSpec(value);
  } catch (error) {
    throw new InternalError(
      `init wrote an invalid spec: ${error instanceof Error ? error.message : ""}\n${text}`,
    );
  }
}

function summaryOf(file: string, spec: string, columns: number, chosen: ChosenModel): string {
  const { rows, target, form, inputs, omitted, doubts } = chosen;
  const { profile } = target.column;
  const what = form.form === "classes" ? `${form.counts.size} classes` : "a number";
  const lines = [
    ["target", `${quoted(profile.name).slice(1, -1)}, ${what} (${target.why})`],
    ...inputs.map(({ summary }) => ["input", summary]),
    ...omitted.map(({ name, why }) => ["left out", `${quoted(name)}: ${why}`]),
    ...doubts.map((doubt) => ["to check", doubt]),
  ];
  return [
    `${file} → ${spec}: ${rows} rows, ${columns} columns`,
    ...lines.map(([head, text]) => `  ${head.padEnd(10)}${printable(text)}`),
    `next: tapeless train ${shellWord(spec)}`,
    "",
  ].join("\n");
}
