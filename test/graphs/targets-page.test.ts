// The page docs/targets.md. If a test fails, its spec is not that of the example, the output of a command
// differs from the page, or its code does not run.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/targets.md"), "utf8");
const blocks = [...page.matchAll(/```(\w*)\n([^]*?)```/g)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));
const blocksIn = (wanted: string) =>
  blocks.flatMap(({ language, text }) => (language === wanted ? [text] : []));
const folder = mkdtempSync(join(tmpdir(), "tapeless-targets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The output of a program of Node. Checkpoints are in a temporary folder. */
async function run(...args: readonly string[]): Promise<string> {
  const moved = args.map((arg) => (arg.endsWith(".ckpt") ? join(folder, arg) : arg));
  return (await promisify(execFile)(process.execPath, moved, { cwd: root })).stdout;
}

test("the spec is that of the graph", () => {
  const graph = readFileSync(join(root, "graphs/wine-targets.yaml"), "utf8");
  expect(blocksIn("yaml")).toEqual([graph.replace(/^#.*\n/, "")]);
});

test("the commands run, and the trainings print what the page shows", async () => {
  const commands = blocksIn("sh").flatMap((text) => text.trim().split("\n"));
  const outputs: string[] = [];
  for (const command of commands) {
    const [, , ...args] = command.split(" ");
    outputs.push(await run("src/command/cli/tapeless.js", ...args));
  }
  const [trained, , predicted = "", names] = outputs;
  expect([trained, names]).toEqual(blocksIn(""));
  const [heads, ...rows] = predicted.trim().split("\n");
  expect(heads).toBe("cultivar,cultivar_class_0,cultivar_class_1,cultivar_class_2,alcohol");
  expect(rows).toHaveLength(178);
  // Alcohol is in the unit of the data: volume percent.
  const alcohol = rows.map((row) => Number(row.split(",")[4]));
  expect(Math.min(...alcohol)).toBeGreaterThan(11);
  expect(Math.max(...alcohol)).toBeLessThan(15);
});

test("the code runs, and prints what its comment says", async () => {
  const [code = ""] = blocksIn("ts");
  const file = join(folder, "example.ts");
  writeFileSync(file, code.replace("./generated/", join(root, "generated/")));
  expect(code).toContain("// 3 1\n");
  expect(await run("--import", "tsx", file)).toBe("3 1\n");
});
