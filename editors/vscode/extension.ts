/**
 * The extension for VS Code: starts the language server, passes the settings on, and runs the commands of code lenses
 * in a terminal.
 */
import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import type { LanguageClientOptions } from "vscode-languageclient/node";
import { commandLine, serverCommand } from "./server-command.ts";

const foldersOf = (): string[] =>
  (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ uri }) => uri.fsPath);

function currentCommand() {
  const configured = vscode.workspace.getConfiguration("tapeless").get<string[]>("server", []);
  return serverCommand({ configured, folders: foldersOf(), isTrusted: vscode.workspace.isTrusted });
}

function clientOptions(): LanguageClientOptions {
  const settings = vscode.workspace.getConfiguration("tapeless");
  return {
    documentSelector: [
      ...["json", "jsonc", "yaml", "tapeless-json", "tapeless-yaml"].map((language) => ({ language })),
      { language: "typescript", pattern: "**/*.tapeless.{ts,mts}" },
    ],
    initializationOptions: {
      specs: settings.get<string[]>("specs", []),
      runTypeScript: vscode.workspace.isTrusted && settings.get<boolean>("runTypeScript", false),
    },
  };
}

function createClient(): LanguageClient {
  const [command, ...args] = currentCommand();
  const server = { command, args: [...args, "lsp"] };
  return new LanguageClient("tapeless", "tapeless", server, clientOptions());
}

/** Runs `tapeless` with the words of a code lens. */
function run(...words: readonly string[]): void {
  const title = "tapeless";
  const terminal =
    vscode.window.terminals.find(({ name }) => name === title) ?? vscode.window.createTerminal(title);
  terminal.show();
  terminal.sendText(commandLine([...currentCommand(), ...words]));
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  let client = createClient();
  const restart = async (): Promise<void> => {
    await client.stop().catch(() => undefined);
    client = createClient();
    await client.start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand("tapeless.run", run),
    vscode.commands.registerCommand("tapeless.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("tapeless")) void restart();
    }),
    { dispose: () => void client.stop() },
  );
  await client.start();
}
