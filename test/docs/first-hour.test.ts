// The pages that a new user reads first: README.md, docs/getting-started.md, docs/emitted-api.md and
// docs/library.md. Every command and program of these pages is run. If a test fails, a command does not work,
// or its output differs from the page.
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsOf, docFolder, docPage, type DocFolder } from "../support/doc-page.ts";
import type { Outcome } from "../support/run-tapeless.ts";

const isForTapeless = (command: string): boolean => /^npx tapeless [a-z]+ [^…]*$/.test(command);

let folder: DocFolder;
beforeAll(() => {
  folder = docFolder();
});
afterAll(() => folder.remove());

const write = (file: string, text: string): void => writeFileSync(join(folder.path, file), text);

async function runProgram(name: string, text: string): Promise<Outcome> {
  write(name, text);
  return folder.run(`npx tsx ${name}`);
}

describe("README.md", () => {
  const page = docPage("README.md");

  it("has at most 120 lines", () => {
    expect(page.text.trim().split("\n").length).toBeLessThanOrEqual(120);
  });

  it("trains its spec as written, and shows the result", async () => {
    write("flowers.yaml", page.blocks("yaml")[0]);
    const { code, stdout } = await folder.run("npx tapeless train flowers.yaml");
    expect(code).toBe(0);
    expect(stdout).toBe(page.blocks("")[0]);
  });

  it("compiles its spec, and the program that uses the trainer runs", async () => {
    expect((await folder.run("npx tapeless compile flowers.yaml")).code).toBe(0);
    const program = page.blocks("ts").find((text) => text.startsWith("import")) ?? "";
    const { code, stdout } = await runProgram("use.ts", program);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^25 \d[^]*100 0\.0[^]*Float32Array\(3\)/);
  });
});

describe("docs/getting-started.md", () => {
  const page = docPage("docs/getting-started.md");
  const outputs: string[] = [];

  it("runs its commands", async () => {
    write("flowers.yaml", page.blocks("yaml")[0]);
    write("new.csv", page.blocks("csv")[0]);
    const commands = page.blocks("sh").flatMap(commandsOf).filter(isForTapeless);
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) {
      const { code, stdout, stderr } = await folder.run(command);
      expect(code, `${command}\n${stderr}`).toBe(0);
      outputs.push(stdout);
    }
  });

  it("shows the output of its commands", () => {
    const [trained, predicted, derived] = page.blocks("");
    for (const shown of [trained, predicted, derived]) expect(outputs.join("")).toContain(shown);
  });

  it("uses the predictor", async () => {
    expect((await runProgram("ask.ts", page.blocks("ts")[0])).stdout).toBe("versicolor\n");
  });

  it("shows an error as it is printed", async () => {
    write("bad.yaml", page.blocks("yaml")[0].replace("activation", "activaton"));
    const { code, stderr } = await folder.run("npx tapeless train bad.yaml");
    expect(code).toBe(2);
    expect(stderr).toContain(page.blocks("").at(-1)?.trimEnd());
  });
});

it("docs/emitted-api.md: the program runs", async () => {
  await folder.run("npx tapeless compile graphs/iris.json");
  const { stdout, stderr } = await runProgram("iris.ts", docPage("docs/emitted-api.md").blocks("ts")[0]);
  expect(`${stdout}${stderr}`).toMatch(/^iris: loss \d+\.\d{4} after 10 epochs\n$/);
});

it("docs/library.md: the program runs", async () => {
  const index = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
  symlinkSync(
    fileURLToPath(new URL("../../node_modules", import.meta.url)),
    join(folder.path, "node_modules"),
  );
  const program = docPage("docs/library.md").blocks("ts")[0].replace('"tapeless"', JSON.stringify(index));
  expect(await runProgram("library.ts", program)).toMatchObject({ stdout: "true 0\n", stderr: "" });
});
