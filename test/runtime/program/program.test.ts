// The emitted file as a program: its output, the files that it writes, and its error messages. If a test
// fails, a user of the program gets a wrong output, file or message.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { fieldsIn } from "../../../src/runtime/checkpoints/checkpoint.ts";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import { fitScales } from "../../../src/runtime/data/scale.ts";
import { csvFile, fileAndTest } from "../../../src/runtime/program/readers.ts";
import { inOriginalUnits } from "../../../src/runtime/training/original-units.ts";
import { runIfMain, runProgram, type Program } from "../../../src/runtime/program/program.ts";
import { csv } from "../../../src/runtime/data/csv.ts";
import { lineData, linearTrainer, model, training } from "../linear-machine.ts";

const folder = mkdtempSync(join(tmpdir(), "program-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

const { x, y } = lineData(40);
writeFileSync(
  path("line.csv"),
  `u,v,y\n${y.map((value, i) => `${x[2 * i]},${x[2 * i + 1]},${value}`).join("\n")}\n`,
);
writeFileSync(path("bad.csv"), "u,v,y\n1,2,3\n1,two,3\n1,2,3\n1,2,3\n1,2,3\n");
writeFileSync(path("not.bin"), "no checkpoint at all");

const facts = { ...training, epochs: 6, test: 0.2, validation: 0.2, earlyStopping: { patience: 50 } };
const program = (rate = 0.3): Program => ({
  model,
  training: facts,
  data: { inputs: { x: { columns: ["u", "v"], scale: "standard" } }, targets: { y: { columns: ["y"] } } },
  createTrainer: ({ seed }) => linearTrainer({ rate, seed, training: facts }),
  reader: csvFile(csv),
  encoders: { columns: columnEncoder },
  fitScales,
});

let output = "";
let progress = "";
beforeEach(() => {
  output = progress = "";
  vi.spyOn(console, "log").mockImplementation((text: string) => void (output += `${text}\n`));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    progress += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]): Promise<{ code: number; output: string; progress: string }> {
  output = progress = "";
  const code = await runProgram(program(), args);
  return { code, output, progress };
}
const data = ["--data", path("line.csv")];

test("it prints a line per epoch on standard error, and the final metrics of each split", async () => {
  const { code, output, progress } = await run(...data);
  expect(code).toBe(0);
  expect(progress.trimEnd().split("\n")).toHaveLength(6);
  expect(progress).toMatch(
    /^epoch 1\/6 {2}loss [\d.]+ {2}rmse [\d.]+ {2}validation loss [\d.]+ {2}rmse [\d.]+ {2}best$/m,
  );
  expect(output).toMatch(
    /^line: 6 epochs, best epoch \d\ntrain {7}loss [\d.]+ {2}rmse [\d.]+\nvalidation {2}loss .*\ntest {8}loss .*\n$/,
  );
});

test("--json prints one object with full precision, the same bytes in every run", async () => {
  const first = await run(...data, "--json");
  expect(await run(...data, "--json")).toEqual(first);
  const result = JSON.parse(first.output);
  expect(Object.keys(result)).toEqual(["model", "epochs", "bestEpoch", "train", "validation", "test"]);
  expect(Object.keys(result.test)).toEqual(["loss", "rmse"]);
  expect((await run(...data, "--json", "--seed=8")).output).not.toBe(first.output);
});

test("resumed from any epoch, it prints what an uninterrupted run prints", async () => {
  const whole = await run(...data, "--json", "--out", path("whole.bin"));
  for (const epochs of [0, 1, 3, 6]) {
    const out = path("part.bin");
    rmSync(out, { force: true });
    await run(...data, "--epochs", String(epochs), "--out", out);
    const rest = await run(...data, "--json", "--resume", out, "--out", out);
    expect(rest.output).toBe(whole.output);
    expect(readFileSync(out)).toEqual(readFileSync(path("whole.bin")));
  }
  expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

test("a checkpoint contains the preprocessing of its data, and other preprocessing is rejected", async () => {
  await run(...data, "--epochs", "1", "--out", path("fields.bin"));
  const [, target] = fieldsIn(readFileSync(path("fields.bin"))) ?? [];
  expect(target).toEqual({ name: "y", columns: ["y"] });
  const [head, ...rows] = readFileSync(path("line.csv"), "utf8").trimEnd().split("\n");
  writeFileSync(path("other.csv"), [head, ...rows.slice(1)].join("\n"));
  const { code, progress } = await run("--data", path("other.csv"), "--resume", path("fields.bin"));
  expect(code).toBe(2);
  expect(progress).toMatch(
    /^error: .*fields\.bin: the checkpoint was trained on other data: it has x\.scales\[0\] = /,
  );
});

test("a checkpoint without preprocessing, saved by a user of the library, continues with any data", async () => {
  writeFileSync(path("bare.bin"), linearTrainer({ rate: 0.3, training: facts }).save());
  expect((await run(...data, "--resume", path("bare.bin"))).output).toBe((await run(...data)).output);
});

test("an early-stopped run stays stopped when it is resumed, unless a user of the library has trained further", async () => {
  const stopping = { ...facts, epochs: 60, earlyStopping: { patience: 1 } };
  const stopped = {
    ...program(),
    training: stopping,
    createTrainer: () => linearTrainer({ rate: 0.3, training: stopping }),
  };
  const go = async (...args: string[]) => {
    output = "";
    await runProgram(stopped, [...data, "--json", "--out", path("stopped.bin"), ...args]);
    return JSON.parse(output);
  };
  const first = await go();
  expect(first.epochs).toBeLessThan(60);
  expect(await go("--resume", path("stopped.bin"))).toEqual(first);
  expect(await go("--resume", path("stopped.bin"), "--epochs", "99")).toEqual(first);
  const trainer = stopped.createTrainer();
  trainer.load(readFileSync(path("stopped.bin")));
  trainer.fit(lineData(40), { epochs: 1 });
  writeFileSync(path("more.bin"), trainer.save());
  expect((await go("--resume", path("more.bin"))).epochs).toBeGreaterThan(first.epochs + 1);
});

test("a checkpoint restores its seed, and another seed is rejected", async () => {
  await run(...data, "--epochs", "2", "--seed", "9", "--out", path("nine.bin"));
  const resumed = await run(...data, "--json", "--resume", path("nine.bin"));
  expect(resumed.output).toBe((await run(...data, "--json", "--seed", "9")).output);
  const { code, progress } = await run(...data, "--seed", "3", "--resume", path("nine.bin"));
  expect(code).toBe(2);
  expect(progress).toContain("was trained with seed 9");
  const largest = ["--seed", "4294967295", "--out", path("largest.bin")];
  expect((await run(...data, "--epochs", "1", ...largest)).code).toBe(0);
  expect((await run(...data, ...largest, "--resume", path("largest.bin"))).code).toBe(0);
});

test.each<[string[], RegExp]>([
  [[], /^error: --data FILE is required \(see --help\)\n$/],
  [["--data"], /^error: --data needs a value\n$/],
  [["--data", "--json"], /^error: --data needs a value\n$/],
  [["--dta", "x"], /^error: unknown argument --dta \(see --help\)\n$/],
  [["file.csv"], /^error: unknown argument file\.csv/],
  [[...data, "--epochs", "many"], /^error: --epochs must be an integer from 0 to 4294967295, got many\n$/],
  [[...data, "--epochs=-1"], /^error: --epochs must be an integer/],
  [[...data, "--seed", "0.5"], /^error: --seed must be an integer/],
  [[...data, "--seed", "4294967296"], /^error: --seed must be an integer .*, got 4294967296\n$/],
  [["--data", path("missing.csv")], /^error: cannot read .*missing\.csv: ENOENT.*\n$/],
  [["--data", path("bad.csv")], /^error: .*bad\.csv:3: column "v": "two" is not a number\n$/],
  [
    [...data, "--resume", path("not.bin")],
    /^error: .*not\.bin: not a checkpoint of this tapeless version\n$/,
  ],
  [[...data, "--out", path("line.csv/model.bin")], /^error: cannot write .*line.csv\/model\.bin: E\w+.*\n$/],
  [[...data, "--out", folder], /^error: cannot write .*: E\w+.*\n$/],
])("arguments %j: one message, no stack trace, exit code 2", async (args, message) => {
  const { code, output, progress } = await run(...args);
  expect({ code, output }).toEqual({ code: 2, output: "" });
  expect(progress).toMatch(message);
});

test("no notation of --out allows the program to overwrite its data or itself", async () => {
  const csv = readFileSync(path("line.csv"));
  symlinkSync("line.csv", path("link.csv"));
  const relativePath = relative(process.cwd(), path("line.csv"));
  for (const out of [relativePath, `${folder}/./line.csv`, path("link.csv")]) {
    const { code, progress } = await run(...data, "--out", out);
    expect({ code, progress }).toEqual({
      code: 2,
      progress: `error: cannot write ${out}: it is the input ${path("line.csv")}\n`,
    });
  }
  expect(readFileSync(path("line.csv"))).toEqual(csv);
  writeFileSync(path("itself.ts"), "// a program");
  vi.spyOn(process, "argv", "get").mockReturnValue(["node", path("itself")]);
  expect((await run(...data, "--out", path("itself.ts"))).progress).toMatch(/it is the input .*itself\.ts/);
  expect(readFileSync(path("itself.ts"), "utf8")).toBe("// a program");
});

test("an output that cannot be written is rejected before training", async () => {
  const { code, progress } = await run(...data, "--out", path("line.csv/model.bin"));
  expect(code).toBe(2);
  expect(progress).not.toContain("epoch 1");
});

test("a message has no control characters, and is shorter than a file", async () => {
  writeFileSync(path("evil.csv"), `u,v,y\n1,\x1b[2J\x9b\u202e${"9".repeat(5000)},3\n${"1,2,3\n".repeat(9)}`);
  const { code, progress } = await run("--data", path("evil.csv"));
  expect(code).toBe(2);
  expect(progress).toContain("\\u001b[2J\\u009b\\u202e999");
  expect(progress.length).toBeLessThan(1200);
  expect((await run("--data", path("\x1b[31m.csv"))).progress).not.toContain("\x1b");
});

test("a training run that diverges exits with 1 and leaves the last good checkpoint", async () => {
  const code = await runProgram(program(1e80), [...data, "--out", path("diverged.bin")]);
  expect(code).toBe(1);
  expect(progress).toMatch(/error: training diverged: the loss is Infinity at step \d+, in epoch 1/);
  expect(output).toBe("");
  expect(existsSync(path("diverged.bin"))).toBe(false);
});

test("--help lists every flag with the spec's defaults", async () => {
  const { code, output } = await run("--help");
  expect(code).toBe(0);
  for (const flag of ["--data", "--epochs", "--seed", "--out", "--resume", "--json"])
    expect(output).toContain(`  ${flag} `);
  expect(output).toContain("(default: 6)");
});

/** The program of a spec with a test file and a scaled target. */
const twoFiles = (): Program => {
  const { test: _, ...withoutTest } = facts;
  const { data, ...rest } = program();
  const targets = { y: { columns: ["y"], scale: { divide: 0.001 } } };
  return {
    ...rest,
    training: withoutTest,
    data: { ...data, targets },
    reader: fileAndTest(csvFile(csv)),
    seen: inOriginalUnits,
  };
};
async function runTwo(...args: string[]): Promise<{ code: number; output: string; progress: string }> {
  output = progress = "";
  return { code: await runProgram(twoFiles(), args), output, progress };
}

test("--test reads the test split from a separate file; without a test file in the spec it is an unknown option", async () => {
  const both = [...data, "--test", path("line.csv")];
  const { code, output } = await runTwo(...both, "--json");
  const result = JSON.parse(output);
  expect(code).toBe(0);
  expect(Object.keys(result)).toEqual(["model", "epochs", "bestEpoch", "train", "validation", "test"]);
  // The loss is of values a thousand times as large; the rmse is in original units.
  expect(Math.sqrt(result.test.loss) / 1000).toBeCloseTo(result.test.rmse, 9);
  const shown = Number(/validation loss .* rmse ([\d.]+)(  best)?$/m.exec(progress)?.[1]);
  expect(shown).toBeLessThan(10);
  const missing = await runTwo(...data);
  expect(missing).toMatchObject({ code: 2, output: "" });
  expect(missing.progress).toBe("error: --test FILE is required (see --help)\n");
  const over = await runTwo(...both, "--out", path("line.csv"));
  expect(over.progress).toBe(
    `error: cannot write ${path("line.csv")}: it is the input ${path("line.csv")}\n`,
  );
  writeFileSync(path("later.csv"), readFileSync(path("line.csv")));
  const overTest = await runTwo(...data, "--test", path("later.csv"), "--out", path("later.csv"));
  expect(overTest.progress).toBe(
    `error: cannot write ${path("later.csv")}: it is the input ${path("later.csv")}\n`,
  );
  expect(readFileSync(path("later.csv"))).toEqual(readFileSync(path("line.csv")));
  expect((await run(...both)).progress).toBe("error: unknown argument --test (see --help)\n");
});

test("an error in the test file is reported with its name, and --help lists the flag", async () => {
  const { code, progress } = await runTwo(...data, "--test", path("bad.csv"));
  expect(code).toBe(2);
  expect(progress).toMatch(/^error: .*bad\.csv:3: column "v": "two" is not a number\n$/);
  expect((await runTwo("--help")).output).toMatch(/^  --test FILE {10}\S/m);
  expect((await run("--help")).output).not.toContain("--test");
});

test("importing the file from another module runs nothing", async () => {
  const createTrainer = vi.fn(program().createTrainer);
  await runIfMain({ url: import.meta.url }, { ...program(), createTrainer });
  await runIfMain({ url: import.meta.url, main: false }, { ...program(), createTrainer });
  await runIfMain({}, { ...program(), createTrainer });
  expect(createTrainer).not.toHaveBeenCalled();
  expect(output + progress).toBe("");
});
