// The extension for VS Code. If a test fails, the extension does not build, its manifest has other settings than its
// code, or it starts a program of a workspace that the user does not trust.
import { describe, expect, it } from "vitest";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine, serverCommand } from "../../editors/vscode/server-command.ts";
import { runCommand } from "../../src/command/lsp/code-lenses.ts";

const folder = fileURLToPath(new URL("../../editors/vscode/", import.meta.url));
const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const source = readFileSync(join(folder, "extension.ts"), "utf8");

it("builds the file that the manifest names, which needs only VS Code and Node", () => {
  execFileSync(process.execPath, [join(folder, "build.mjs")]);
  const code = readFileSync(join(folder, manifest.main), "utf8");
  expect(manifest.files).toContain(manifest.main.slice(2));
  const { builtinModules } = createRequire(import.meta.url)("node:module");
  const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) =>
    name.replace(/^node:/, ""),
  );
  expect(required.filter((name) => name !== "vscode" && !builtinModules.includes(name))).toEqual([]);
});

it("has the settings and commands that the code reads", () => {
  const { configuration, commands } = manifest.contributes;
  const read = [...source.matchAll(/\.get<[^>]*>\("(\w+)"/g)].map(([, name]) => `tapeless.${name}`);
  expect(read.sort()).toEqual(Object.keys(configuration.properties).sort());
  for (const { command } of commands) expect(source).toContain(`registerCommand("${command}"`);
  expect(source).toContain(`registerCommand("${runCommand}"`);
  // A workspace without trust cannot set these.
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  expect(restrictedConfigurations).toEqual(["tapeless.server", "tapeless.runTypeScript"]);
});

describe("the command of the server", () => {
  it("is that of the workspace only if the user trusts the workspace", () => {
    const workspace = mkdtempSync(join(tmpdir(), "tapeless-vscode-"));
    const launcher = join(workspace, "node_modules/tapeless/src/command/cli/tapeless.js");
    mkdirSync(dirname(launcher), { recursive: true });
    writeFileSync(launcher, "");
    const settings = { configured: [], folders: [workspace], isTrusted: true };
    expect(serverCommand(settings)).toEqual(["node", launcher]);
    expect(serverCommand({ ...settings, isTrusted: false })).toEqual(["tapeless"]);
    expect(serverCommand({ ...settings, configured: ["npx", "tapeless"] })).toEqual(["npx", "tapeless"]);
    rmSync(workspace, { recursive: true });
  });

  it("quotes words for a terminal, so that a file name cannot become a command", () => {
    expect(commandLine(["tapeless", "train", "a b; rm -rf 'x'.json"])).toBe(
      "tapeless train 'a b; rm -rf '\\''x'\\''.json'",
    );
  });
});
