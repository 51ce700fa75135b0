// The page docs/shipping.md, followed step by step. If a test fails, a command of the page does not run, or
// its output differs from the page.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/shipping.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tapeless-page-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text,
}));
const textsOf = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);
const commands = textsOf("sh").flatMap((text) =>
  text
    .trim()
    .split("\n")
    .map((line) => line.replace(/ +#.*/, "")),
);

/** Runs the command with the sources of this clone, without asking the npm registry. */
function run(command: string): Promise<{ stdout: string; stderr: string }> {
  const [npx, tool, ...args] = command.split(/ +/);
  expect(npx).toBe("npx");
  const scripts: Readonly<Record<string, string>> = {
    tapeless: "src/command/cli/tapeless.js",
    tsx: "node_modules/tsx/dist/cli.mjs",
  };
  const env = { ...process.env, NO_COLOR: "1" };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, scripts[tool]), ...args],
      { cwd: folder, env },
      (error, stdout, stderr) =>
        error === null ? resolve({ stdout, stderr }) : reject(new Error(`${command}\n${stderr}`)),
    );
  });
}

const said = new Map<string, { stdout: string; stderr: string }>();
beforeAll(async () => {
  mkdirSync(join(folder, "graphs/data"), { recursive: true });
  for (const file of ["iris.json", "data/iris.csv", "data/iris-two.csv"])
    cpSync(join(root, "graphs", file), join(folder, "graphs", file));
  const [head, first] = readFileSync(join(root, "graphs/data/iris.csv"), "utf8").split("\n");
  const inputs = (line: string) => line.split(",").slice(0, 4).join(",");
  writeFileSync(join(folder, "new.csv"), `${inputs(head)}\n${inputs(first)}\n`);
  const [fine] = textsOf("json");
  writeFileSync(join(folder, "fine.json"), fine);
  for (const command of commands) said.set(command, await run(command));
}, 300_000);

const outcomeOf = (word: string) => {
  const [, outcome] = [...said].find(([command]) => command.includes(word)) ?? [];
  return outcome ?? { stdout: "", stderr: "" };
};

it("predicts what the page shows", () => {
  const [shown] = textsOf("").filter((text) => text.startsWith("species,"));
  expect(outcomeOf("--predict ").stdout).toBe(shown);
  expect(outcomeOf("tapeless predict").stdout).toBe(shown);
});

it("reports the reused parameters as the page shows it", () => {
  const [shown] = textsOf("").filter((text) => text.startsWith("from "));
  expect(outcomeOf("--from").stderr).toContain(shown);
});

it("the module on the page runs and predicts", async () => {
  const [module] = textsOf("ts");
  writeFileSync(join(folder, "ask.ts"), module);
  expect((await run("npx tsx ask.ts")).stdout).toBe("setosa\n");
});
