/** Generates the command-line reference from the declarations that `--help` prints. */
import type { Command } from "commander";
import { createProgram } from "../cli/program.ts";
import { code, prose, table } from "./markdown.ts";

const program = createProgram(() => {});

function commandNamed(name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`unknown command: ${name}`);
  return found;
}

/** All commands with their descriptions, linked to their sections. */
export const commandList = (): string =>
  table(
    ["command", "description"],
    program.commands.map((command) => [
      `[\`tapeless ${command.name()}\`](#tapeless-${command.name()})`,
      prose(command.description()),
    ]),
  );

export function argumentsTable(name: string): string {
  const command = commandNamed(name);
  const usage = `\`\`\`\ntapeless ${name} ${command.usage()}\n\`\`\``;
  const rows = command.registeredArguments.map((argument) => [
    code(argument.required ? `<${argument.name()}>` : `[${argument.name()}]`),
    prose(argument.description),
  ]);
  return rows.length === 0 ? usage : `${usage}\n\n${table(["argument", "description"], rows)}`;
}

export function optionsTable(name: string): string {
  const rows = commandNamed(name)
    .options.filter(({ hidden }) => !hidden)
    .map(({ flags, description, argChoices, defaultValue }) => {
      const choices = argChoices?.map(code).join(", ");
      const isGiven = typeof defaultValue === "string" || typeof defaultValue === "number";
      return [
        code(flags),
        [
          prose(description),
          choices && `One of ${choices}.`,
          isGiven && `Default: ${code(String(defaultValue))}.`,
        ]
          .filter(Boolean)
          .join(" "),
      ];
    });
  return rows.length === 0 ? "" : table(["option", "description"], rows);
}

/** The examples of `--help`, which commander prints after the options. */
export function examplesOf(name: string): string {
  let help = "";
  commandNamed(name)
    .configureOutput({ writeOut: (text) => (help += text) })
    .outputHelp();
  const [, lines = ""] = /\nExamples:\n([^]*)$/.exec(help) ?? [];
  const examples = lines
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().replace(/ {6}/, "   # "));
  return `\`\`\`sh\n${examples.map((line) => (line.startsWith("tapeless") ? `npx ${line}` : line)).join("\n")}\n\`\`\``;
}
