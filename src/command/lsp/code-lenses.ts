/** Commands above a spec. The editor runs `tapeless` with the arguments of the command, for example in a terminal. */
import type { CodeLens } from "vscode-languageserver";

/** The command that an editor must provide. Its arguments are the words of the command line. */
export const runCommand = "tapeless.run";

const lenses = { Train: "train", Verify: "verify", Inspect: "inspect" } as const;

/** `file`: the path of the spec; a document without a file has no commands. */
export function codeLenses(file: string | undefined): CodeLens[] {
  if (file === undefined) return [];
  const start = { line: 0, character: 0 };
  return Object.entries(lenses).map(([title, word]) => ({
    range: { start, end: start },
    command: { title, command: runCommand, arguments: [word, file] },
  }));
}
