// Neovim and Emacs with the settings of docs/editors.md. If a test fails, these editors show something other than the
// command line. Without the editors, the tests are skipped, but with CI=true they fail.
import { afterAll, beforeAll, expect, it } from "vitest";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brokenSpecs, commandLineDiagnostics } from "../../support/broken-specs.ts";
import { runTapeless } from "../../support/run-tapeless.ts";

const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
const local = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const editors = {
  neovim: { command: "nvim", args: ["--headless", "--clean", "-l", local("neovim.lua")] },
  emacs: { command: "emacs", args: ["--batch", "-Q", "-l", local("emacs.el")] },
} as const;

let folder: string;
const expected = new Map<string, readonly string[]>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tapeless-editors-"));
  for (const { file, text } of brokenSpecs) writeFileSync(join(folder, file), text);
  for (const { file } of brokenSpecs) {
    const { stderr } = await runTapeless(folder, ["compile", file, "-o", "out.ts"]);
    expected.set(file, commandLineDiagnostics(stderr, file));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Shown {
  readonly line: number;
  readonly character: number;
  readonly severity: number;
  readonly code?: string;
  readonly message: string;
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** An editor moves a location at the end of a line or of the text, and Emacs counts characters, not UTF-16 units. */
function isInText(text: string, place: string): boolean {
  const [line, column] = place.split(":").map(Number);
  return /^[\x00-\x7f]*$/.test(text) && column <= (text.split(/\r?\n/)[line - 1]?.length ?? 0);
}

const placesOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.split(" ")[0]).sort();

/** Severity and text. Emacs shows the code in front of the text, and no code as a field. */
const wordsOf = (line: string): string => line.replace(/^\d+:\d+ /, "").replace(/ T\d{4}:/, ":");

it.each(Object.entries(editors))(
  "%s shows the command line's diagnostics of sixty broken specs",
  async (name, editor) => {
    if (!isInstalled(editor.command)) {
      const message = `${editor.command} is not installed`;
      if (process.env.CI === "true") throw new Error(message);
      console.warn(`${message}: its test is skipped`);
      return;
    }
    const env = {
      ...process.env,
      HOME: folder,
      TAPELESS_TEST: [process.execPath, launcher, folder].join("\n"),
    };
    await promisify(execFile)(editor.command, editor.args, { env, cwd: folder, timeout: 120_000 });
    const shown: Readonly<Record<string, readonly Shown[]>> = JSON.parse(
      readFileSync(join(folder, `${name}.out`), "utf8"),
    );
    for (const { file, text } of brokenSpecs) {
      // Emacs marks characters, so it shows nothing in an empty buffer.
      if (text === "" && name === "emacs") continue;
      const lines = (shown[file] ?? []).map(({ line, character, severity, code, message }) => {
        const kind = severity === 1 ? "error" : "warning";
        // Emacs begins the text with the source and the code.
        const words = message
          .replace(/^tapeless \[T\d{4}\]: /, "")
          .split("\n")
          .join(" | ");
        return `${line + 1}:${character + 1} ${kind}${code === undefined ? "" : ` ${code}`}: ${words}`;
      });
      const wanted = expected.get(file) ?? [];
      expect(lines.map(wordsOf).sort(), `${file}:\n${text}`).toEqual(wanted.map(wordsOf).sort());
      const wantedPlaces = placesOf(wanted);
      if (wantedPlaces.every((place) => isInText(text, place)))
        expect(placesOf(lines), file).toEqual(wantedPlaces);
    }
  },
);
