/** The layout of the help of all commands, and flags that several commands share. */
import { Option, type Command } from "commander";
import { defaultTarget, targetsWith, trainerTargets } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";

/** Commander throws errors instead of printing them; the caller reports them as diagnostics. */
export const quiet = (command: Command): Command =>
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError();

export function command(
  program: Command,
  name: string,
  description: string,
  lines: readonly string[],
): Command {
  const made = program.command(name).description(description).helpOption("-h, --help", "print help");
  return quiet(made).addHelpText("after", examples(...lines));
}

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;

export const dtypeOption = (): Option =>
  new Option("--dtype <type>", "use this element type for values and parameters")
    .choices(["f32", "f64"])
    .default("f32");

export const checkKernelsOption = (): Option =>
  new Option(
    "--no-check-kernels",
    `with --target ${targetsWith("kernels")}: skip the comparison of these kernels with the TypeScript kernels`,
  );

/** `names`: the targets that the command supports. */
export const targetOption = (names: readonly Target[] = trainerTargets): Option =>
  new Option("--target <target>", "compile the kernels to this target").choices(names).default(defaultTarget);
