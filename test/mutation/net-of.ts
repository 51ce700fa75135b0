/** For each source file: the tests of that file, and other tests that depend on it, the cheapest first. */

interface Tests {
  /** The row applies to source paths that begin with this path. */
  readonly under: string;
  readonly quick: readonly string[];
  readonly late: readonly string[];
}

const named = (folder: string, ...names: readonly string[]): string[] =>
  names.map((name) => `test/${folder}/${name}.test.ts`);

const trained = [
  ...named("end-to-end", "training", "random-stacks", "random-specs"),
  ...named("reference", "emitted"),
];
const numbersOfTorch = named("compiler/reference", "cases");
const nests = named("compiler/schedule", "random-nests");

/** The first row that matches a path is used. */
const rows: readonly Tests[] = [
  { under: "src/compiler/passes/average-weights", quick: named("end-to-end", "average"), late: trained },
  {
    under: "src/compiler/passes/accumulate-gradients",
    quick: named("end-to-end", "accumulate"),
    late: trained,
  },
  {
    under: "src/compiler/passes/rules/",
    quick: named("compiler/passes", "rules", "rules-on-random-operands", "random-graphs"),
    late: trained,
  },
  {
    under: "src/compiler/passes/derivatives/",
    quick: named("compiler/passes", "differentiate"),
    late: trained,
  },
  {
    under: "src/compiler/passes/differentiate",
    quick: named("compiler/passes", "differentiate"),
    late: trained,
  },
  {
    under: "src/compiler/passes/",
    quick: named(
      "compiler/passes",
      "fold-constants",
      "share-subexpressions",
      "small-passes",
      "random-graphs",
    ),
    late: trained,
  },
  {
    under: "src/compiler/ops/recurrence/scan",
    quick: named("compiler/ops", "recurrence/scan-vjp", "every-op"),
    late: trained,
  },
  {
    under: "src/compiler/ops/recurrence/sum-over-time",
    quick: named("compiler/ops/recurrence", "scan-vjp"),
    late: trained,
  },
  { under: "src/compiler/ops/", quick: named("compiler/ops", "every-op"), late: trained },
  {
    under: "src/compiler/loop/dependences",
    quick: [...named("compiler/loop", "dependences"), ...nests],
    late: [...named("compiler/schedule/vectors", "mark-parallel-loops", "vector-programs"), ...trained],
  },
  {
    under: "src/compiler/loop/accesses",
    quick: [...named("compiler/loop", "accesses"), ...named("compiler/lower", "fusion", "random-graphs")],
    late: trained,
  },
  {
    under: "src/compiler/loop/",
    quick: [...named("compiler/loop", "linear", "dependences", "evaluate", "vectors"), ...nests],
    late: trained,
  },
  {
    under: "src/compiler/lower/plan-memory",
    quick: named("compiler/lower", "plan-memory", "memory-stages"),
    late: trained,
  },
  {
    under: "src/compiler/lower/rematerialise",
    quick: named("compiler/lower", "memory-stages"),
    late: trained,
  },
  {
    under: "src/compiler/lower/contract-arrays",
    quick: named("compiler/lower", "memory-stages", "random-graphs"),
    late: trained,
  },
  {
    under: "src/compiler/lower/lower-nodes",
    quick: named("compiler/lower", "scattered-sum", "fusion", "random-graphs"),
    late: trained,
  },
  {
    under: "src/compiler/lower/choose-materialised",
    quick: named("compiler/lower", "scattered-sum", "random-graphs"),
    late: trained,
  },
  { under: "src/compiler/lower/reduction-steps", quick: named("compiler/ops", "every-op"), late: trained },
  {
    under: "src/compiler/lower/fuse-loops",
    quick: named("compiler/lower", "fuse-loops", "fusion", "random-graphs"),
    late: trained,
  },
  {
    under: "src/compiler/lower/",
    quick: named("compiler/lower", "fusion", "random-graphs"),
    late: [...named("compiler/lower", "memory-stages"), ...trained],
  },
  {
    under: "src/compiler/schedule/vectors/mark-parallel-loops",
    quick: named("compiler/schedule/vectors", "mark-parallel-loops"),
    late: [...named("compiler/emit/wasm", "threads", "trainer-threads"), ...trained],
  },
  {
    under: "src/compiler/schedule/vectors/cut-kernel",
    quick: named("compiler/schedule/vectors", "mark-parallel-loops"),
    late: [...named("compiler/emit/wasm", "threads", "trainer-threads"), ...trained],
  },
  {
    under: "src/compiler/schedule/vectors/deduplicate-kernels",
    quick: [
      ...named("compiler/schedule/vectors", "deduplicate-kernels"),
      ...named("compiler/emit/wasm", "deduplicate-kernels"),
    ],
    late: trained,
  },
  {
    under: "src/compiler/schedule/vectors/distribute-loops",
    quick: named("compiler/schedule/vectors", "distribute-loops"),
    late: trained,
  },
  {
    under: "src/compiler/schedule/vectors/reduce-strength",
    quick: [...named("compiler/schedule/vectors", "reduce-strength"), ...nests],
    late: trained,
  },
  {
    under: "src/compiler/schedule/vectors/flush-subnormals",
    quick: [
      ...named("compiler/schedule/vectors", "flush-subnormals"),
      ...named("compiler/emit/wasm", "subnormals"),
    ],
    late: trained,
  },
  {
    under: "src/compiler/schedule/vectors/",
    quick: [
      ...named(
        "compiler/schedule/vectors",
        "drop-unit-loops",
        "dots",
        "tile-contractions",
        "vectorise",
        "vector-loops",
        "vector-programs",
      ),
      ...nests,
    ],
    late: [...named("compiler/emit/wasm", "random-graphs"), ...trained],
  },
  {
    under: "src/compiler/schedule/",
    quick: [...named("compiler/schedule", "register-blocking", "collapse-loops", "stages"), ...nests],
    late: trained,
  },
  {
    under: "src/compiler/emit/wasm/functions/",
    quick: named("compiler/emit/wasm", "functions"),
    late: trained,
  },
  {
    under: "src/compiler/emit/wasm/threads",
    quick: named("compiler/emit/wasm", "threads"),
    late: named("compiler/emit/wasm", "trainer-threads"),
  },
  {
    under: "src/compiler/emit/wasm/",
    quick: named(
      "compiler/emit/wasm",
      "addresses",
      "memory-layout",
      "expressions",
      "indices",
      "unique-variables",
      "random-graphs",
    ),
    late: [...named("compiler/emit/wasm", "trainer", "threads"), ...trained],
  },
  {
    under: "src/compiler/emit/identifiers",
    quick: named("compiler/emit", "identifiers"),
    late: [...named("compiler/emit/typescript", "names"), ...trained],
  },
  {
    under: "src/compiler/emit/typescript/",
    quick: named(
      "compiler/emit/typescript",
      "expressions",
      "statements",
      "deduplicate-kernels",
      "line-origins",
    ),
    late: [
      ...named("compiler/emit/typescript", "predictor"),
      ...named("end-to-end", "emitted-code"),
      ...trained,
    ],
  },
  {
    under: "src/compiler/library/losses/",
    quick: [...named("compiler/library", "training", "weights"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/compare",
    quick: [...named("compiler/library", "weights", "training"), ...numbersOfTorch],
    late: [...named("end-to-end", "weights"), ...trained],
  },
  {
    under: "src/compiler/library/optimizers/",
    quick: [...named("compiler/library", "training"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/schedules/",
    quick: [...named("compiler/library", "schedules"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/initialisers/",
    quick: [...named("compiler/library", "initialisers"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/activations/",
    quick: [...named("compiler/library", "activations"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/layers/recurrent",
    quick: [...named("compiler/library", "recurrent-layers"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/layers/normalisation",
    quick: [...named("compiler/library", "normalising-layers"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/compiler/library/layers/dropout",
    quick: named("compiler/library", "training"),
    late: trained,
  },
  {
    under: "src/compiler/library/layers/",
    quick: [
      ...numbersOfTorch,
      ...named("compiler/library", "spatial-layers", "torch-layers", "image-and-sequence-layers"),
    ],
    late: trained,
  },
  { under: "src/compiler/spec/build-update", quick: named("end-to-end", "average"), late: trained },
  { under: "src/compiler/spec/build-measures", quick: named("compiler/library", "weights"), late: trained },
  {
    under: "src/compiler/spec/",
    quick: named("compiler/spec", "build", "lookahead", "scale-from"),
    late: [...named("end-to-end", "average", "accumulate", "weights"), ...trained],
  },
  { under: "src/runtime/wasm/staged-steps", quick: named("compiler/emit/wasm", "trainer"), late: trained },
  {
    under: "src/runtime/trainer/epochs",
    quick: named("runtime", "early-stopping", "trainer/epochs"),
    late: trained,
  },
  {
    under: "src/runtime/",
    quick: named(
      "runtime",
      "numbers/random",
      "numbers/fill",
      "data/split",
      "training/folds",
      "core/slots",
      "steps",
      "trainer/epochs",
      "early-stopping",
      "data/dataset",
    ),
    late: trained,
  },
];

const rowFor = (file: string): Tests | undefined => rows.find(({ under }) => file.startsWith(under));

export const quickTests = (file: string): readonly string[] => rowFor(file)?.quick ?? [];

export const lateTests = (file: string): readonly string[] => rowFor(file)?.late ?? trained;

/** The paths of the table. */
export const paths = (): readonly string[] => rows.map(({ under }) => under);

/** All test files of the table. */
export const allTests = (): readonly string[] => [
  ...new Set(rows.flatMap(({ quick, late }) => [...quick, ...late])),
];
