/**
 * `npm create tapeless [folder]`: asks for a template and an example spec, or reads them from flags, and writes a
 * project that trains at once.
 */
import { basename, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cancel, intro, outro, select, text } from "@clack/prompts";
import { closest, distance } from "fastest-levenshtein";
import { specs, templates } from "./choices.ts";
import { whyNotIn, writeProject } from "./write-project.ts";
import type { Project } from "./write-project.ts";

const defaults = { folder: "tapeless-app", template: "page", spec: "digits" } as const;

const lines = (choices: Readonly<Record<string, { readonly about: string }>>): string =>
  Object.entries(choices)
    .map(([name, { about }]) => `    ${name.padEnd(10)} ${about}`)
    .join("\n");

const help = `Usage: npm create tapeless [folder] -- [options]

  --template <name>   the kind of project (default: ${defaults.template})
${lines(templates)}
  --spec <name>       the model (default: ${defaults.spec})
${lines(specs)}
  --yes               use the defaults instead of asking
  --help              show this text
`;

/** An error of the user: it is printed without a stack, and the exit code is 2. */
class UsageError extends Error {}

/** The user ended a question. */
class Cancelled extends Error {}

interface Answers {
  readonly folder?: string | undefined;
  readonly template?: string | undefined;
  readonly spec?: string | undefined;
}

function readArguments(args: readonly string[]): Answers & { readonly yes: boolean; readonly help: boolean } {
  const options = {
    template: { type: "string" },
    spec: { type: "string" },
    yes: { type: "boolean", short: "y", default: false },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  const read = () => {
    try {
      return parseArgs({ args: [...args], options, allowPositionals: true });
    } catch (error) {
      throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${help}`);
    }
  };
  const { values, positionals } = read();
  const [folder, other] = positionals;
  if (other !== undefined) throw new UsageError(`one folder is enough, got also ${JSON.stringify(other)}`);
  return { folder, ...values };
}

/** The choice of this name. @throws UsageError that suggests the nearest name */
function choose<Name extends string>(
  kind: string,
  name: string,
  choices: Readonly<Record<Name, { readonly about: string }>>,
): Name {
  const names = Object.keys(choices);
  if (isIn(name, choices)) return name;
  const nearest = closest(name, names);
  const guess = distance(name, nearest) <= 3 ? `; did you mean "${nearest}"?` : "";
  throw new UsageError(`unknown ${kind} ${JSON.stringify(name)}${guess}\n${kind}s: ${names.join(", ")}`);
}

const isIn = <Name extends string>(name: string, choices: Readonly<Record<Name, unknown>>): name is Name =>
  Object.hasOwn(choices, name);

/** Why npm would reject the last part of the path as the name of a package; undefined if it would not. */
function whyNoName(folder: string): string | undefined {
  const name = basename(resolve(folder));
  if (/^[a-z0-9~-][a-z0-9._~-]{0,213}$/.test(name) && name !== "node_modules") return undefined;
  const better = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]+/g, "-")
    .replaceAll(/^[._-]+|-+$/g, "");
  const guess = better === "" || better === "node_modules" ? "" : `; ${JSON.stringify(better)} would be one`;
  return `${JSON.stringify(name)} is not a valid name of a package${guess}`;
}

/** The answer to a question; a symbol means that the user ended it. @throws Cancelled */
async function asked(question: Promise<string | symbol>): Promise<string> {
  const value = await question;
  if (typeof value === "symbol") throw new Cancelled();
  return value;
}

/** Asks for what the flags leave open. */
async function ask({ folder, template, spec }: Answers): Promise<Required<Answers>> {
  const optionsOf = (choices: Readonly<Record<string, { readonly about: string }>>) =>
    Object.entries(choices).map(([value, { about }]) => ({ value, label: value, hint: about }));
  intro("A project that trains a model");
  const initial = { placeholder: defaults.folder, defaultValue: defaults.folder };
  const validate = (given = "") => {
    const value = given === "" ? defaults.folder : given;
    return whyNoName(value) ?? whyNotIn(value);
  };
  return {
    folder: folder ?? (await asked(text({ message: "In which folder?", ...initial, validate }))),
    template:
      template ?? (await asked(select({ message: "What is the project?", options: optionsOf(templates) }))),
    spec: spec ?? (await asked(select({ message: "Which model?", options: optionsOf(specs) }))),
  };
}

/** The project that flags and answers describe. @throws UsageError @throws Cancelled */
async function projectOf(args: Answers & { readonly yes: boolean }): Promise<Project> {
  // Flags are checked before the first question.
  const check = ({ folder, template, spec }: Answers) => {
    const reason = folder === undefined ? undefined : (whyNoName(folder) ?? whyNotIn(folder));
    if (reason !== undefined) throw new UsageError(reason);
    if (template !== undefined) choose("template", template, templates);
    if (spec !== undefined) choose("spec", spec, specs);
  };
  check(args);
  const isComplete = args.folder !== undefined && args.template !== undefined && args.spec !== undefined;
  if (!isComplete && !args.yes && !process.stdin.isTTY)
    throw new UsageError(
      "cannot ask questions, because standard input is not a terminal\n" +
        "add --yes for the defaults, or give the folder, --template and --spec",
    );
  const { yes, ...given } = args;
  const {
    folder = defaults.folder,
    template = defaults.template,
    spec = defaults.spec,
  } = isComplete || yes ? given : await ask(given);
  check({ folder });
  return {
    folder,
    name: basename(resolve(folder)),
    template: choose("template", template, templates),
    spec: choose("spec", spec, specs),
  };
}

function nextSteps({ folder }: Project): string {
  const manager = /^(bun|pnpm|yarn)\//.exec(process.env.npm_config_user_agent ?? "")?.[1] ?? "npm";
  const place = relative(process.cwd(), resolve(folder));
  return [...(place === "" ? [] : [`cd ${place}`]), `${manager} install`, `${manager} run dev`]
    .map((command) => `  ${command}`)
    .join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { help: isHelp, ...answers } = readArguments(args);
    if (isHelp) {
      process.stdout.write(help);
      return 0;
    }
    const project = await projectOf(answers);
    writeProject(project);
    const written = `${project.folder}: the template ${project.template} with the model ${project.spec}`;
    if (process.stdin.isTTY && !answers.yes) outro(written);
    else process.stdout.write(`${written}\n`);
    process.stdout.write(`\nNext:\n\n${nextSteps(project)}\n`);
    return 0;
  } catch (error) {
    if (error instanceof Cancelled) {
      cancel("nothing was written");
      return 130;
    }
    // Errors of the file system, such as a folder that cannot be written, say what is wrong.
    const isExpected = error instanceof UsageError || (error instanceof Error && "syscall" in error);
    if (!isExpected) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
