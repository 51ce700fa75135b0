/**
 * Gives tests access to a page of the documentation: its code blocks, and a folder in which its commands run.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTapeless, type Outcome } from "./run-tapeless.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface DocPage {
  readonly text: string;
  /**
   * The contents of the page's code blocks in a language, in order. "" selects blocks without a language,
   * which are outputs of commands.
   */
  blocks(language: string): readonly string[];
}

/** `file`: relative to the root, such as `docs/data.md`. */
export function docPage(file: string): DocPage {
  const text = readFileSync(join(root, file), "utf8");
  const blocks = [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)];
  return {
    text,
    blocks: (language) => blocks.filter((block) => block[1] === language).map((block) => block[2]),
  };
}

/** The commands of a block, without comments. */
export const commandsOf = (block: string): string[] =>
  block
    .trim()
    .split("\n")
    .map((line) => line.replace(/ +#.*/, ""))
    .filter((line) => line !== "");

export interface DocFolder {
  readonly path: string;
  /** Runs `npx tapeless …` in this process, and `npx tsx …` in a separate one. */
  run(command: string): Promise<Outcome>;
  remove(): void;
}

/** A folder with the examples, as a reader of the page has it. */
export function docFolder(): DocFolder {
  const path = mkdtempSync(join(tmpdir(), "tapeless-docs-"));
  cpSync(join(root, "graphs"), join(path, "graphs"), {
    recursive: true,
    filter: (file) => !file.endsWith("mnist"),
  });
  writeFileSync(join(path, "package.json"), '{ "type": "module" }\n');
  return {
    path,
    run(command) {
      const [npx, tool, ...args] = command.split(/ +/);
      if (npx !== "npx" || (tool !== "tapeless" && tool !== "tsx")) throw new Error(`cannot run ${command}`);
      return tool === "tapeless" ? runTapeless(path, args) : runTsx(path, args);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

const runTsx = (folder: string, args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1" } };
    execFile(process.execPath, [tsx, ...args], options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
