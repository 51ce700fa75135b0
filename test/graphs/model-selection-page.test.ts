// The page docs/model-selection.md. If a test fails, a command does not run, or its output differs from the
// page.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/model-selection.md"), "utf8");
const ofFolds = page.slice(0, page.indexOf("\n## Search"));
const folder = mkdtempSync(join(tmpdir(), "tapeless-choosing-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tools: Readonly<Record<string, readonly string[]>> = {
  tapeless: ["src/command/cli/tapeless.js"],
  tsx: ["node_modules/tsx/dist/cli.mjs"],
};

/** The output of a command, which runs in a temporary folder. */
async function run(command: string): Promise<string> {
  const [, tool, ...args] = command.split(" ");
  const moved = args.map((arg) => (arg.endsWith(".ckpt") ? join(folder, arg) : arg));
  const all = [...tools[tool], ...moved];
  return (await promisify(execFile)(process.execPath, all, { cwd: root })).stdout;
}

test("every command runs, and each table is the output of the command before it and of the program", async () => {
  const blocks = [...ofFolds.matchAll(/```(\w*)\n([^]*?)```/g)].map(([, language, text]) => ({
    language,
    text,
  }));
  const outputs: string[] = [];
  for (const { language, text } of blocks) {
    if (language === "") expect(outputs.at(-1)).toBe(text);
    if (language !== "sh") continue;
    for (const command of text.trim().split("\n")) outputs.push(await run(command));
  }
  expect(outputs).toHaveLength(6);
  const [, table, , program, whole, resumed] = outputs;
  expect([program, whole, resumed]).toEqual([table, table, table]);
}, 120_000);
