/** Which tests mirror a source file, and which others see what it does, cheapest first. */

interface Tests {
  /** The beginning of the paths that these tests are for. */
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
const numbersOfTorch = named("reference-interpreter", "cases");
const nests = named("schedule", "random-nests");

/** The first row that a path begins with counts. */
const rows: readonly Tests[] = [
  { under: "src/passes/accumulate", quick: named("end-to-end", "accumulate"), late: trained },
  {
    under: "src/passes/rules/",
    quick: named("passes", "rules", "rules-on-random-operands", "random-graphs"),
    late: trained,
  },
  { under: "src/passes/differentiate", quick: named("passes", "differentiate"), late: trained },
  {
    under: "src/passes/",
    quick: named("passes", "fold-constants", "share-subexpressions", "small-passes", "random-graphs"),
    late: trained,
  },
  { under: "src/ops/scan", quick: named("ops", "scan-vjp", "every-op"), late: trained },
  { under: "src/ops/sum-over-time", quick: named("ops", "scan-vjp"), late: trained },
  { under: "src/ops/", quick: named("ops", "every-op"), late: trained },
  {
    under: "src/loop/dependences",
    quick: [...named("loop", "dependences"), ...nests],
    late: [...named("schedule/vectors", "mark-splits", "vector-programs"), ...trained],
  },
  {
    under: "src/loop/accesses",
    quick: [...named("loop", "accesses"), ...named("lower", "fusion", "random-graphs")],
    late: trained,
  },
  {
    under: "src/loop/",
    quick: [...named("loop", "linear", "dependences", "vectors"), ...nests],
    late: trained,
  },
  { under: "src/lower/plan-memory", quick: named("lower", "plan-memory", "memory-stages"), late: trained },
  { under: "src/lower/rematerialise", quick: named("lower", "memory-stages"), late: trained },
  {
    under: "src/lower/shrink-temporaries",
    quick: named("lower", "memory-stages", "random-graphs"),
    late: trained,
  },
  {
    under: "src/lower/scattered-sum",
    quick: named("lower", "scattered-sum", "random-graphs"),
    late: trained,
  },
  {
    under: "src/lower/choose-stored",
    quick: named("lower", "scattered-sum", "random-graphs"),
    late: trained,
  },
  { under: "src/lower/reduction-steps", quick: named("ops", "every-op"), late: trained },
  {
    under: "src/lower/fuse-loops",
    quick: named("lower", "fuse-loops", "fusion", "random-graphs"),
    late: trained,
  },
  {
    under: "src/lower/",
    quick: named("lower", "fusion", "random-graphs"),
    late: [...named("lower", "memory-stages"), ...trained],
  },
  {
    under: "src/schedule/vectors/mark-splits",
    quick: named("schedule/vectors", "mark-splits"),
    late: [...named("emit/wasm", "threads", "trainer-threads"), ...trained],
  },
  {
    under: "src/schedule/vectors/cut-kernel",
    quick: named("schedule/vectors", "mark-splits"),
    late: [...named("emit/wasm", "threads", "trainer-threads"), ...trained],
  },
  {
    under: "src/schedule/vectors/share-kernels",
    quick: [...named("schedule/vectors", "share-kernels"), ...named("emit/wasm", "share-kernels")],
    late: trained,
  },
  {
    under: "src/schedule/vectors/split-kernels",
    quick: named("schedule/vectors", "split-kernels"),
    late: trained,
  },
  {
    under: "src/schedule/vectors/step-pointers",
    quick: [...named("schedule/vectors", "step-pointers"), ...nests],
    late: trained,
  },
  {
    under: "src/schedule/vectors/flush-subnormals",
    quick: [...named("schedule/vectors", "flush-subnormals"), ...named("emit/wasm", "subnormals")],
    late: trained,
  },
  {
    under: "src/schedule/vectors/",
    quick: [
      ...named(
        "schedule/vectors",
        "drop-unit-loops",
        "dots",
        "tile-contractions",
        "vectorise",
        "vector-loops",
        "vector-programs",
      ),
      ...nests,
    ],
    late: [...named("emit/wasm", "random-graphs"), ...trained],
  },
  {
    under: "src/schedule/",
    quick: [...named("schedule", "block-contractions", "collapse-loops", "stages"), ...nests],
    late: trained,
  },
  { under: "src/emit/wasm/functions/", quick: named("emit/wasm", "functions"), late: trained },
  {
    under: "src/emit/wasm/threads",
    quick: named("emit/wasm", "threads"),
    late: named("emit/wasm", "trainer-threads"),
  },
  {
    under: "src/emit/wasm/",
    quick: named(
      "emit/wasm",
      "addresses",
      "memory-layout",
      "expressions",
      "indices",
      "unique-variables",
      "random-graphs",
    ),
    late: [...named("emit/wasm", "trainer", "threads"), ...trained],
  },
  {
    under: "src/emit/typescript/",
    quick: named(
      "emit/typescript",
      "expressions",
      "statements",
      "identifiers",
      "share-kernels",
      "line-origins",
    ),
    late: [...named("emit/typescript", "predictor"), ...named("end-to-end", "emitted-code"), ...trained],
  },
  {
    under: "src/library/losses/",
    quick: [...named("library", "training", "weights"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/library/compare",
    quick: [...named("library", "weights", "training"), ...numbersOfTorch],
    late: [...named("end-to-end", "weights"), ...trained],
  },
  {
    under: "src/library/optimizers/",
    quick: [...named("library", "training"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/library/schedules/",
    quick: [...named("library", "schedules"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/library/initialisers/",
    quick: [...named("library", "initialisers"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/library/activations/",
    quick: [...named("library", "activations"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/library/layers/recurrent",
    quick: [...named("library", "recurrent-layers"), ...numbersOfTorch],
    late: trained,
  },
  {
    under: "src/library/layers/normalisation",
    quick: [...named("library", "normalising-layers"), ...numbersOfTorch],
    late: trained,
  },
  { under: "src/library/layers/dropout", quick: named("library", "training"), late: trained },
  {
    under: "src/library/layers/",
    quick: [...numbersOfTorch, ...named("library", "spatial-layers", "image-and-sequence-layers")],
    late: trained,
  },
  { under: "src/spec/build-measures", quick: named("library", "weights"), late: trained },
  { under: "src/spec/build-average", quick: named("end-to-end", "average"), late: trained },
  {
    under: "src/spec/",
    quick: named("spec", "build", "lookahead", "scale-from"),
    late: [...named("end-to-end", "average", "accumulate", "weights"), ...trained],
  },
  { under: "src/runtime/staged-steps", quick: named("emit/wasm", "trainer"), late: trained },
  { under: "src/runtime/epochs", quick: named("runtime", "early-stopping", "epochs"), late: trained },
  {
    under: "src/runtime/",
    quick: named(
      "runtime",
      "random",
      "fill",
      "split",
      "folds",
      "slots",
      "steps",
      "epochs",
      "early-stopping",
      "dataset",
    ),
    late: trained,
  },
];

const rowFor = (file: string): Tests | undefined => rows.find(({ under }) => file.startsWith(under));

export const quickTests = (file: string): readonly string[] => rowFor(file)?.quick ?? [];

export const lateTests = (file: string): readonly string[] => rowFor(file)?.late ?? trained;

/** Every test file of the table. */
export const allTests = (): readonly string[] => [
  ...new Set(rows.flatMap(({ quick, late }) => [...quick, ...late])),
];
