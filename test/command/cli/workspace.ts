// A temporary folder for tests of the command line, with a small spec, small data, and the command run in it.
import { execFile, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { runTapeless, type Outcome } from "../../support/run-tapeless.ts";

const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
const tsx = fileURLToPath(new URL("../../../node_modules/tsx/dist/cli.mjs", import.meta.url));

export interface Workspace {
  readonly folder: string;
  write(file: string, content: string | Uint8Array | object): void;
  read(file: string): string;
  bytes(file: string): Uint8Array;
  /** The paths of all files in the folder that the test has not written itself. */
  made(): string[];
  /** Runs the command in this process. */
  run(...args: readonly string[]): Promise<Outcome>;
  /** Runs the command as a separate process, for commands that may end it or start threads. */
  start(...args: readonly string[]): Promise<Outcome>;
  /** Runs an emitted file of the folder as a program. */
  program(file: string, ...args: readonly string[]): Promise<Outcome>;
  /** Runs an emitted file as a program whose standard output is closed from the beginning. */
  programUnread(file: string, ...args: readonly string[]): Promise<Outcome>;
  remove(): void;
}

export function workspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-cli-"));
  const own = new Set<string>();
  return {
    folder,
    write(file, content) {
      own.add(file);
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      const isText = typeof content === "string" || content instanceof Uint8Array;
      writeFileSync(join(folder, file), isText ? content : JSON.stringify(content, undefined, 2));
    },
    read: (file) => readFileSync(join(folder, file), "utf8"),
    bytes: (file) => readFileSync(join(folder, file)),
    made: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter((file) => !own.has(file))
        .sort(),
    run: (...args) => runTapeless(folder, args),
    start: (...args) => runNode(folder, [launcher, ...args]),
    program: (file, ...args) => runNode(folder, [tsx, join(folder, file), ...args]),
    programUnread: (file, ...args) =>
      runNode(folder, [tsx, join(folder, file), ...args], (child) => child.stdout?.destroy()),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const runNode = (
  folder: string,
  args: readonly string[],
  begin: (child: ChildProcess) => void = () => {},
): Promise<Outcome> =>
  new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: "1" };
    const child = execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : NaN;
      resolve({ code, stdout, stderr });
    });
    begin(child);
  });

/**
 * Expects exit code 2 and a diagnostic that contains these strings, without a stack trace or standard output.
 */
export function expectRefusal(
  { code, stdout, stderr }: Outcome,
  ...said: readonly (string | RegExp)[]
): void {
  for (const text of said)
    if (typeof text === "string") expect(stderr).toContain(text);
    else expect(stderr).toMatch(text);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(stderr).not.toContain("internal:");
  expect(stdout).toBe("");
  expect(code).toBe(2);
}

/** Two inputs, three classes: trains in milliseconds. */
export const flowers = {
  name: "flowers",
  inputs: { size: { shape: [2] } },
  targets: { kind: { classes: 3 } },
  network: [
    { type: "dense", units: 4, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.05 },
  training: { epochs: 4, batchSize: 8, seed: 3, test: { fraction: 0.2 }, validation: { fraction: 0.2 } },
  data: {
    file: "flowers.csv",
    inputs: { size: { columns: ["length", "width"], scale: "standard" } },
    targets: { kind: { columns: ["kind"] } },
  },
};

/** Thirty rows, ten per class, in a cluster per class. */
export const flowersCsv = [
  "length,width,kind",
  ...Array.from({ length: 30 }, (_, row) => {
    const kind = row % 3;
    return `${kind + ((row * 7) % 10) / 20},${2 - kind + ((row * 3) % 10) / 20},${kind}`;
  }),
  "",
].join("\n");
