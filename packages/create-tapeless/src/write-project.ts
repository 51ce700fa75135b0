/** Writes a project: the files of a template, with the model of a spec. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gitignore, modelFiles, specs, templates } from "./choices.ts";
import type { SpecName, TemplateName } from "./choices.ts";

export interface Project {
  readonly folder: string;
  /** The name in package.json. */
  readonly name: string;
  readonly template: TemplateName;
  readonly spec: SpecName;
}

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Why a project cannot be written to the folder; undefined if it can. Existing files are never replaced. */
export function whyNotIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  if (!statSync(folder).isDirectory()) return `${folder} is a file`;
  const [first] = readdirSync(folder).filter((name) => name !== ".git");
  return first === undefined ? undefined : `the folder ${folder} is not empty: it contains ${first}`;
}

export function writeProject({ folder, name, template, spec }: Project): void {
  const from = pathOf(`../templates/${templates[template].example}`);
  mkdirSync(folder, { recursive: true });
  cpSync(from, folder, { recursive: true });
  renameSync(join(folder, gitignore), join(folder, ".gitignore"));
  for (const file of modelFiles.filter((each) => existsSync(join(folder, "src", each))))
    cpSync(pathOf(`../templates/${specs[spec].example}/src/${file}`), join(folder, "src", file));
  const own = join(folder, "package.json");
  const settings: Record<string, unknown> = JSON.parse(readFileSync(own, "utf8"));
  writeFileSync(own, `${JSON.stringify({ ...settings, name }, undefined, 2)}\n`);
}
