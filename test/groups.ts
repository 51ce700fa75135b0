/**
 * The groups of test files, each a project of vitest: `vitest run --project fast`. A file belongs to the
 * first group that names it.
 *
 *   npm run test:fast   fast: what a change of the compiler breaks most often
 *   npm test            fast, slow and unit, after format, types and generated files
 *   npm run test:full   all, in three processes; .ci/run runs it
 *
 * Vitest runs one group after the other, and at the end of each group one core waits for the last file.
 * Therefore `test:full` runs `long`, which takes half of the time, in parallel with the groups that start
 * browsers and engines, and with all others. These are three workers on two cores, because many tests wait for
 * other processes.
 *
 * A budget limits the CPU time of one file in seconds, including its finished child processes. It is two to
 * three times what the file takes. CPU time is used because a busy machine hardly changes it, while it
 * changes wall time a lot. Only .ci/run enforces budgets: it sets FILE_BUDGETS=enforced
 * (`test/support/file-times.ts`).
 */
export interface TestGroup {
  readonly name: string;
  readonly files: readonly string[];
  readonly budget: number;
  /**
   * Whether its files run one after the other, after all other groups. Those are tests that start browsers
   * and engines.
   */
  readonly isSerial?: boolean;
  /** A module that vitest runs once before the files of the group. */
  readonly setup?: string;
}

export const testGroups: readonly TestGroup[] = [
  { name: "engines", files: ["test/engines/**"], budget: 300, isSerial: true },
  { name: "pages", files: ["test/pages/**"], budget: 300, isSerial: true },
  { name: "examples", files: ["test/examples/**"], budget: 200, isSerial: true },
  { name: "bundlers", files: ["test/bundlers/**"], budget: 200, isSerial: true },
  { name: "package", files: ["test/package/**"], budget: 400, setup: "test/package/pack-packages.ts" },
  { name: "course", files: ["test/course/**"], budget: 200 },
  { name: "bench", files: ["test/bench/**"], budget: 60 },
  { name: "pytorch", files: ["test/pytorch/**"], budget: 250 },
  // Matrices of layers, options, names and random programs, which take about 15 s each or more.
  {
    name: "long",
    files: [
      "test/command/cli/folds.test.ts",
      "test/command/cli/interrupts.test.ts",
      "test/command/cli/search-parts.test.ts",
      "test/command/cli/search-slurm.test.ts",
      "test/command/cli/search.test.ts",
      "test/command/cli/series.test.ts",
      "test/command/cli/several-targets.test.ts",
      "test/command/formats/pytorch/state-dicts.test.ts",
      "test/command/formats/tables/limits.test.ts",
      "test/command/search/honesty.test.ts",
      "test/command/verify/emit-check.test.ts",
      "test/compiler/check-kernels.test.ts",
      "test/compiler/emit/typescript/names.test.ts",
      "test/compiler/emit/typescript/predictor.test.ts",
      "test/compiler/library/blocks.test.ts",
      "test/compiler/library/class-metrics.test.ts",
      "test/compiler/library/formula/built-in.test.ts",
      "test/compiler/library/mask-rules.test.ts",
      "test/compiler/library/masks.test.ts",
      "test/compiler/library/recurrent-layers.test.ts",
      "test/compiler/library/spatial-layers.test.ts",
      "test/compiler/library/stacked-layers.test.ts",
      "test/compiler/library/torch-layers.test.ts",
      "test/compiler/lower/random-graphs.test.ts",
      "test/compiler/passes/random-graphs.test.ts",
      "test/compiler/schedule/random-nests.test.ts",
      "test/compiler/schedule/vectors/mark-parallel-loops.test.ts",
      "test/compiler/schedule/vectors/vector-programs.test.ts",
      "test/end-to-end/accumulate.test.ts",
      "test/end-to-end/emitted-code.test.ts",
      "test/end-to-end/javascript.test.ts",
      "test/end-to-end/kills.test.ts",
      "test/end-to-end/strict-projects.test.ts",
      "test/end-to-end/text-lengths.test.ts",
      "test/end-to-end/texts.test.ts",
      "test/end-to-end/training.test.ts",
      "test/fuzz/cases.test.ts",
      "test/graphs/names.test.ts",
      "test/onnx/export-graphs.test.ts",
      "test/onnx/export-random-specs.test.ts",
      "test/onnx/gradients.test.ts",
      "test/onnx/import-models.test.ts",
      "test/onnx/node-suite.test.ts",
      "test/onnx/torch-models.test.ts",
      "test/recipes.test.ts",
      "test/reference/emitted.test.ts",
      "test/reference/several-losses.test.ts",
      "test/runtime/alone.test.ts",
      "test/runtime/trainer/probe.test.ts",
      "test/studio/browser/compiler-worker.test.ts",
    ],
    budget: 250,
  },
  // Tests that are too slow for the folders of `fast`.
  {
    name: "slow",
    files: [
      "test/compiler/emit/wasm/trainer.test.ts",
      "test/compiler/passes/rules-on-random-operands.test.ts",
    ],
    budget: 80,
  },
  {
    name: "fast",
    files: ["test/architecture.test.ts", "test/compiler/{emit,ir,loop,lower,ops,passes,schedule,spec}/**"],
    budget: 25,
  },
  { name: "unit", files: ["test/**"], budget: 40 },
];
