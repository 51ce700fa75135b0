/** What all commands of the program share: their help, their errors, and the flags that several have. */
import { Option, type Command } from "commander";
import { defaultTarget, targetsWith, trainerTargets } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";

/** Errors are told as diagnostics by whoever calls, so commander itself says nothing about them. */
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
  new Option("--dtype <type>", "the element type of values and parameters")
    .choices(["f32", "f64"])
    .default("f32");

export const checkKernelsOption = (): Option =>
  new Option(
    "--no-check-kernels",
    `with --target ${targetsWith("kernels")}: do not compare its kernels with the TypeScript kernels first`,
  );

/** `names`: the targets that the command can do its work for. */
export const targetOption = (names: readonly Target[] = trainerTargets): Option =>
  new Option("--target <target>", "what the loops become").choices(names).default(defaultTarget);
