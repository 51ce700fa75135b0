// The page docs/monitoring.md. If a test fails, a command does not run as written, or its output differs from
// the page.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { runTapeless } from "../support/run-tapeless.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/monitoring.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tapeless-page-"));
for (const name of ["graphs", "node_modules", "src", "package.json", "tsconfig.json"])
  symlinkSync(join(root, name), join(folder, name));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The output of a program on both streams, after "failed" if it failed. */
const runProgram = (file: string) =>
  new Promise<string>((resolve) => {
    const env = { ...process.env, NO_COLOR: "1" };
    execFile(
      process.execPath,
      [join(root, "node_modules/tsx/dist/cli.mjs"), file],
      { cwd: folder, env },
      (error, stdout, stderr) => resolve(`${error ? "failed" : ""}${stderr}${stdout}`),
    );
  });

/** The output of a block of commands on both streams, with "failed" before that of a failed command. */
async function outputOf(commands: string): Promise<string> {
  let printed = "";
  for (const command of commands.trim().split("\n")) {
    const words = command.split(/ +/);
    expect(words.slice(0, 2)).toEqual(["npx", "tapeless"]);
    const { code, stdout, stderr } = await runTapeless(folder, words.slice(2));
    printed += `${code === 0 ? "" : "failed"}${stderr}${stdout}`;
  }
  return printed;
}

const blocks = [...page.matchAll(/```sh\n([^`]*)```(?:\n\n(?:[^`#]|`[^`]+`)*```\n([^`]*)```)?/g)];

test("the page has more than six blocks of commands", () => expect(blocks.length).toBeGreaterThan(6));

/** A command with --serve does not end by itself; test/command/cli/serve.test.ts tests it. */
const ending = blocks.filter(([, commands]) => !commands.includes("--serve"));

test.each(ending.map(([, commands, shown]) => ({ commands, shown })))(
  "$commands",
  async ({ commands, shown }) => {
    const printed = await outputOf(commands);
    expect(printed).not.toMatch(/^failed/);
    if (shown !== undefined) expect(printed).toContain(shown);
  },
);

test("the program with probes prints its results every hundred steps", async () => {
  const [, program] = /```ts\n(import \{ createTrainer \} from "\.\/digits\.ts";[^]*?)```/.exec(page) ?? [];
  const given = `
    const batch = { pixels: new Float64Array(64 * 32).map((_, i) => i % 7), digit: new Float64Array(32).fill(3) };
    const data = { pixels: new Float64Array(64 * 3200).fill(1), digit: new Float64Array(3200).fill(3) };`;
  const [imports, ...rest] = String(program).split("\n\n");
  writeFileSync(join(folder, "look.ts"), [imports, given, ...rest].join("\n\n"));
  await outputOf("npx tapeless compile graphs/digits.json --module --probe -o digits.ts");
  const printed = await runProgram("look.ts");
  // The spec holds out a fifth of the 3,200 rows, so three epochs are 240 steps.
  expect(printed.match(/^dense1: \d+ of 64 units are idle$/gm)).toHaveLength(2);
  expect(printed.match(/^dense2\.weight 0\.\d+$/gm)).toHaveLength(2);
});
