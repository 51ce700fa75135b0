/**
 * The command-line program of a check. It verifies the trainer and prints the result. The exit code is 0 if
 * all checks succeed, 1 if one fails, and 2 if the command line is invalid.
 */
import { InputError } from "../step/errors.ts";
import { sizeOf } from "../model/facts.ts";
import { parseFlags, say } from "../program/program.ts";
import type { ParameterCheck } from "./check-gradients.ts";
import { errorsOf, proveTrainer } from "./prove-trainer.ts";
import type { Checked, Proof } from "./prove-trainer.ts";

const help = (name: string): string => `Verifies, on this machine, the trainer of "${name}" next to this file.

  --json    print the result as one JSON object
  --help    print this`;

/** Runs the check with the arguments of the command line, and sets the exit code. */
export function runCheck(checked: Checked): void {
  const isHosted = typeof process !== "undefined";
  const code = checkAsAsked(checked, isHosted ? process.argv.slice(2) : []);
  if (isHosted) process.exitCode = code;
}

function checkAsAsked(checked: Checked, args: readonly string[]): number {
  const { model, facts } = checked;
  try {
    const flags = parseFlags(help(model.name), args);
    if (flags["--help"]) {
      console.log(help(model.name));
      return 0;
    }
    if (model.specHash !== facts.specHash)
      throw new Error(
        "the trainer and this check come from different specs: compile both again with --with-check",
      );
    const proof = proveTrainer(checked);
    const errors = errorsOf(proof);
    console.log(flags["--json"] ? proofJson(checked, proof, errors) : proofText(checked, proof, errors));
    return errors.length === 0 ? 0 : 1;
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof InputError ? 2 : 1;
  }
}

function proofJson({ model, facts }: Checked, proof: Proof, errors: readonly string[]): string {
  const { name, dtype, target } = model;
  const parameters = proof.parameters.map(({ worst, kinks, ...rest }) => ({
    ...rest,
    ...(worst && { worst: { ...worst, direction: undefined } }),
    kinks: kinks.map((kink) => ({ ...kink, direction: undefined })),
  }));
  const holds = errors.length === 0;
  return JSON.stringify({
    model: name,
    dtype,
    target,
    rows: facts.rows,
    holds,
    errors,
    ...proof,
    parameters,
  });
}

function proofText({ model, facts }: Checked, proof: Proof, errors: readonly string[]): string {
  const { backend, bound, loss, parameters, altered, resuming, bytesPerStep, allocatesNothing } = proof;
  const { steps, isResumed, isRepeated } = resuming;
  const found = altered.filter(({ isFound }) => isFound).length;
  const isRight = ({ relativeError }: { readonly relativeError: number }) => relativeError <= bound;
  const claims: readonly (readonly [boolean | undefined, string])[] = [
    [isRight(loss), `the loss matches the spec: ${loss.trainer}, in double precision ${loss.inDoubles}`],
    [
      parameters.every(isRight),
      `the gradients are its derivatives: every relative error is at most ${bound.toExponential(1)}`,
    ],
    [
      found === altered.length,
      `wrong gradients are detected: ${found} of ${altered.length}, each with one element off by 1 %`,
    ],
    [
      isResumed,
      `resuming is exact: ${steps} steps, a checkpoint and ${steps} more give the same bits as ${2 * steps} steps`,
    ],
    [isRepeated, "the same seed gives the same bits"],
    [
      allocatesNothing,
      bytesPerStep === undefined
        ? "a step allocates nothing: not measured, because the host cannot measure it or there are too few steps"
        : allocatesNothing === undefined
          ? `a step allocates nothing: the engine allocates ${bytesPerStep} bytes for numbers, which ` +
            "hide other allocations"
          : `a step allocates nothing: ${bytesPerStep} bytes, ${allocatesNothing ? "no " : ""}more than the few ` +
            "numbers that it returns",
    ],
  ];
  const { name, dtype, target } = model;
  const how = target === backend ? target : `${target} (${backend})`;
  return [
    `${name} (${dtype}, ${how}): gradients for ${facts.rows} ${facts.rows === 1 ? "row" : "rows"} of random ` +
      "data, compared with slopes of the loss in double precision",
    "",
    ...aligned([
      ["parameter", "compared", "error", "worst at", "gradient", "slope"],
      ...parameters.map(rowOf),
    ]),
    ...parameters.flatMap(kinkLines),
    "",
    ...claims.map(
      ([holds, claim]) =>
        `${holds === undefined ? "not measured" : holds ? "ok" : "FAILED"}`.padEnd(14) + claim,
    ),
    ...errors.map((error) => `ERROR         ${error}`),
  ].join("\n");
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));

function rowOf({ name, shape, elements, directions, relativeError, worst }: ParameterCheck): string[] {
  const size = sizeOf(shape);
  const part = elements === size ? `${size}` : `${elements} of ${size}`;
  const compared = directions > 0 ? `${part}, ${directions} directions` : part;
  const at = worst ? [worst.at, figure(worst.emitted), figure(worst.expected)] : ["only kinks"];
  return [name, compared, relativeError.toExponential(1), ...at];
}

/**
 * Returns a line that states the number of kinks, which are excluded from the comparison, and describes the
 * first kink. Returns no line if there are no kinks.
 */
const kinkLines = ({ name, kinks }: ParameterCheck): string[] =>
  kinks
    .slice(0, 1)
    .map(
      ({ at, below, above, emitted }) =>
        `${kinks.length} excluded: ${name} has a kink at ${at}, slopes ${figure(below)} ` +
        `and ${figure(above)}, gradient ${figure(emitted)}`,
    );

/** Aligns cells in columns, two spaces apart. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
