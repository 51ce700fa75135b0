// docs/seeing.md: every command runs as it is written, and prints what the page says that it prints.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/seeing.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tapeless-page-"));
for (const name of ["graphs", "node_modules", "src", "package.json", "tsconfig.json"])
  symlinkSync(join(root, name), join(folder, name));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a block of commands prints, on both streams; "failed" in front if one of them did. */
async function outputOf(commands: string): Promise<string> {
  let printed = "";
  for (const command of commands.trim().split("\n")) {
    const words = command.split(/ +/);
    expect(words.slice(0, 2)).toEqual(["npx", "tapeless"]);
    const launcher = join(root, "src/cli/tapeless.js");
    printed += await new Promise<string>((resolve) => {
      const env = { ...process.env, NO_COLOR: "1" };
      execFile(
        process.execPath,
        [launcher, ...words.slice(2)],
        { cwd: folder, env },
        (error, stdout, stderr) => resolve(`${error ? "failed" : ""}${stderr}${stdout}`),
      );
    });
  }
  return printed;
}

const blocks = [...page.matchAll(/```sh\n([^`]*)```(?:\n\n(?:[^`#]|`[^`]+`)*```\n([^`]*)```)?/g)];

test("the page has its commands", () => expect(blocks.length).toBeGreaterThan(6));

test.each(blocks.map(([, commands, shown]) => ({ commands, shown })))(
  "$commands",
  async ({ commands, shown }) => {
    const printed = await outputOf(commands);
    expect(printed).not.toMatch(/^failed/);
    if (shown !== undefined) expect(printed).toContain(shown);
  },
);
