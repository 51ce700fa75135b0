/** Chooses the command that starts the language server. It does not depend on the editor, so that tests can call it. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface ServerSettings {
  /** The command in the settings of the user; empty by default. */
  readonly configured: readonly string[];
  /** The folders of the workspace. */
  readonly folders: readonly string[];
  /** Whether the user trusts the workspace. */
  readonly isTrusted: boolean;
}

/** A program and its arguments, without `lsp`. */
export type ServerCommand = readonly [program: string, ...args: string[]];

/**
 * The command of the user, or else the package in `node_modules` of the workspace, or else `tapeless` from the path. A
 * workspace without trust could contain any program under that name, so its package is not started.
 */
export function serverCommand({ configured, folders, isTrusted }: ServerSettings): ServerCommand {
  const [program, ...args] = configured;
  if (program !== undefined) return [program, ...args];
  const launchers = folders.map((folder) =>
    join(folder, "node_modules/tapeless/src/command/cli/tapeless.js"),
  );
  const launcher = isTrusted ? launchers.find((path) => existsSync(path)) : undefined;
  return launcher === undefined ? ["tapeless"] : ["node", launcher];
}

/** The words as a line for a POSIX shell or PowerShell. */
export const commandLine = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w,./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
