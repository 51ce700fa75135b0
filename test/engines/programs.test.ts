// Emitted files as programs in every engine with a command line, from a data file to the printed results, the
// checkpoint and the predictions. If a test fails, another engine trains a different model, or does not start
// the file.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedEngines, runScript, thisNode, type Engine } from "./engines.ts";
import { installEngines, installSeconds, needs } from "./install.ts";
import { newWorkspace } from "./workspace.ts";

const timeout = 120_000;
const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const workspace = newWorkspace();
let missing: string | undefined;

/** Graphs and their data: scaled columns, classes, folds, and a spec in another format. */
const programs = [
  ["iris", "iris"],
  ["diabetes", "diabetes"],
  ["wine-folds", "wine"],
  ["two-moons", "two-moons"],
] as const;

beforeAll(
  async () => {
    missing = await installEngines();
    for (const [name] of programs)
      await workspace.writeModule(name, readFileSync(pathOf(`generated/${name}.ts`), "utf8"));
  },
  installSeconds * 1000 + timeout,
);
afterAll(() => workspace.remove());

interface Outcome {
  readonly printed: string;
  readonly progress: string;
  readonly checkpoint: Buffer;
}

async function trainedBy(engine: Engine, name: string, data: string): Promise<Outcome> {
  const file = pathOf(`graphs/data/${data}.csv`);
  const written = join(workspace.folder, "out.ckpt");
  rmSync(written, { force: true });
  const args = [`${name}.${engine.modules}`, "--data", file, "--epochs", "3", "--out", "out.ckpt", "--json"];
  const { stdout, stderr } = await runScript(engine, workspace.folder, args);
  return { printed: stdout, progress: stderr, checkpoint: readFileSync(written) };
}

describe.each(programs)("%s", (name, data) => {
  let expected: Outcome | undefined;
  beforeAll(async () => {
    expected = await trainedBy(thisNode, name, data);
  }, timeout);

  it.for(installedEngines)("$name prints and writes the same bytes", { timeout }, async (engine, context) => {
    needs(missing, context);
    const outcome = await trainedBy(engine, name, data);
    expect(outcome.printed).toBe(expected?.printed);
    expect(outcome.progress).toBe(expected?.progress);
    expect(outcome.checkpoint).toEqual(expected?.checkpoint);
  });
});

describe("a checkpoint that Node wrote", () => {
  const predictedBy = async (engine: Engine): Promise<string> => {
    const args = ["--resume", "out.ckpt", "--predict", pathOf("graphs/data/iris.csv")];
    return (await runScript(engine, workspace.folder, [`iris.${engine.modules}`, ...args])).stdout;
  };
  let expected = "";
  beforeAll(async () => {
    await trainedBy(thisNode, "iris", "iris");
    expected = await predictedBy(thisNode);
  }, timeout);

  it.for(installedEngines)("$name predicts the same from it", { timeout }, async (engine, context) => {
    needs(missing, context);
    expect(expected.trim().split("\n")).toHaveLength(151);
    expect(await predictedBy(engine)).toBe(expected);
  });
});
