/**
 * Runs the three groups of tests for a mutant, the cheapest first: tests of the mutated file, the fuzzer, and
 * tests of whole training runs.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as z from "zod";
import { bundle, bundleFolder } from "./bundles.ts";
import { runNode } from "./child.ts";

/** The test that detected a fault. */
export interface Kill {
  readonly by: "tests" | "fuzzer" | "hangs" | "does not load";
  readonly what: string;
  /** The test file or the number of the spec, which is also run on the sources without the fault. */
  readonly source?: string | number;
}

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/**
 * Settings of the tests. Failures are not shrunk. Between tests, the event loop runs, as in
 * test/support/take-breath.ts.
 */
const setup = `import fc from "fast-check";
import { afterEach } from "vitest";
fc.configureGlobal({ endOnFailure: true });
afterEach(() => new Promise((resolve) => setImmediate(resolve)));
`;

/** The configuration, which runs files in the given order, the cheapest first. */
const configOf = (files: readonly string[]): string => `import { BaseSequencer } from "vitest/node";
const files = ${JSON.stringify(files)};
const place = ({ moduleId }) => files.findIndex((file) => moduleId.endsWith(file));
class InOrder extends BaseSequencer {
  async sort(specs) {
    return [...specs].sort((a, b) => place(a) - place(b));
  }
}
export default { test: {
  include: ["bundled/**/*.test.mjs"], setupFiles: ["mutation.setup.mjs"], sequence: { sequencer: InOrder },
  pool: "forks", isolate: false, dangerouslyIgnoreUnhandledErrors: true, fileParallelism: false, bail: 1,
  poolOptions: { forks: { singleFork: true, execArgv: ["--experimental-wasm-relaxed-simd"] } },
  testTimeout: 600_000, hookTimeout: 600_000, server: { deps: { external: [/bundled\\/chunk-/] } },
} };
`;

/** Runs bundled test files of the copy until the first failure. */
async function runBundledTests(
  root: string,
  files: readonly string[],
  seconds: number,
): Promise<Kill | undefined> {
  const reportFile = join(root, "report.json");
  rmSync(reportFile, { force: true });
  const bundled = files.map((file) => `bundled/${file.replace(/\.ts$/, ".mjs")}`);
  writeFileSync(join(root, "mutation.config.mjs"), configOf(bundled));
  writeFileSync(join(root, "mutation.setup.mjs"), setup);
  const parts = [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config=mutation.config.mjs",
    `--root=${root}`,
    "--reporter=json",
    `--outputFile=${reportFile}`,
    ...bundled,
  ];
  const { code, output, isLate } = await runNode(parts, root, seconds, { CI: "1", NO_COLOR: "1" });
  if (isLate) return { by: "hangs", what: `tests take more than ${seconds} s` };
  if (code === 0) return undefined;
  if (!existsSync(reportFile)) return { by: "does not load", what: output.slice(-300) };
  const { testResults } = report.parse(JSON.parse(readFileSync(reportFile, "utf8")));
  const failed = testResults.find(({ status }) => status === "failed");
  if (failed === undefined) return { by: "does not load", what: output.slice(-300) };
  const source = relative(bundleFolder(root), failed.name).replace(/\.mjs$/, ".ts");
  const test = failed.assertionResults.find(({ status }) => status === "failed");
  return { by: "tests", what: `${source}: ${test?.fullName ?? failed.message.slice(0, 200)}`, source };
}

export async function runTests(
  root: string,
  files: readonly string[],
  seconds: number,
): Promise<Kill | undefined> {
  if (files.length === 0) return undefined;
  await bundle(root, files);
  return runBundledTests(root, files, seconds);
}

const found = z.object({ index: z.number(), where: z.string(), text: z.string() });

export interface Specs {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  readonly skipped: readonly number[];
}

const fuzzer = "test/mutation/fuzz-specs.ts";

/** Runs specs of the fuzzer until the first failure. */
export async function runFuzzer(
  root: string,
  { seed, first, count, skipped }: Specs,
  seconds: number,
): Promise<Kill | undefined> {
  await bundle(root, [fuzzer]);
  const parts = [
    ...(process.versions.node.startsWith("20.") ? ["--experimental-wasm-relaxed-simd"] : []),
    join(bundleFolder(root), fuzzer.replace(/\.ts$/, ".mjs")),
    ...[seed, first, count, ...skipped].map(String),
  ];
  const { code, output, isLate } = await runNode(parts, root, seconds);
  if (isLate) return { by: "hangs", what: `specs take more than ${seconds} s` };
  if (code === 0) return undefined;
  const line = output.split("\n").findLast((text) => text.startsWith("{"));
  if (code !== 1 || line === undefined) return { by: "does not load", what: output.slice(-300) };
  const { index, where, text } = found.parse(JSON.parse(line));
  return { by: "fuzzer", what: `spec ${index}, ${where}: ${text}`, source: index };
}
