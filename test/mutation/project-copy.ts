/**
 * A copy of the project in a temporary folder, in which one source file at a time is changed. Packages are
 * links to those of the project. The copy has its own node_modules/.cache, so that no output of a mutant
 * reaches the project.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutated } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

const copied = [
  "src",
  "test",
  "graphs",
  "generated",
  "docs",
  "README.md",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  ".prettierrc.json",
];

export class ProjectCopy {
  readonly root = mkdtempSync(join(tmpdir(), "tapeless-mutation-"));
  private original: { readonly path: string; readonly text: string } | undefined;

  constructor(project: string) {
    for (const name of copied) cpSync(join(project, name), join(this.root, name), { recursive: true });
    const packages = join(this.root, "node_modules");
    mkdirSync(packages);
    for (const name of readdirSync(join(project, "node_modules")))
      if (name !== ".cache") symlinkSync(join(project, "node_modules", name), join(packages, name));
  }

  apply(mutant: Mutant): void {
    const path = join(this.root, mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, mutated(mutant, text));
    this.original = { path, text };
  }

  restore(): void {
    if (this.original !== undefined) writeFileSync(this.original.path, this.original.text);
    this.original = undefined;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
