/**
 * Runs one spec in every way and compares the results: graphs in doubles, TypeScript kernels, and WebAssembly
 * kernels with and without fused multiply-add, in f64 and f32, with stages skipped, and with two threads.
 * Returns a list of findings, which is empty if all results agree.
 */
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import type { TargetCompilation, TargetOptions } from "../../src/compiler/compile-target.ts";
import { defaultTarget, hasAbility, trainerTargets } from "../../src/compiler/targets.ts";
import type { Target } from "../../src/compiler/targets.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import type { EmittedModule } from "../../src/compiler/load-trainer.ts";
import type { Backend } from "../../src/runtime/step/machine.ts";
import { rowsIn } from "../../src/compiler/reference/program-memory.ts";
import { loopsText } from "../support/loop-program.ts";
import type { Tightness } from "./compare.ts";
import { Run } from "./spec-run.ts";
import type { Dtype, Finding, FuzzCase } from "./spec-run.ts";
import { compileWithThreads, threadsDifference, withThreads } from "./threads.ts";
import type { BallTrace } from "./trace.ts";
import { strayWrite } from "./writes.ts";

/** The runs in addition to the plain compilations. */
export interface Extras {
  /** Loop stages to skip, one at a time. */
  readonly stages?: readonly string[];
  /** Graph passes to skip, one at a time. */
  readonly passes?: readonly string[];
  /** Compile without rewrites that change rounding. */
  readonly exact?: boolean;
  /**
   * Also compile for the target `ts`. The kernels are the same as those that the `wasm` module contains for
   * hosts without WebAssembly.
   */
  readonly plain?: boolean;
  /** Compare one thread with two. */
  readonly threads?: boolean;
  /** Compare memory before and after each kernel. */
  readonly writes?: boolean;
  /** Do all extra runs even if the plain compilations fail. */
  readonly isThorough?: boolean;
  /** Run only these element types. */
  readonly dtypes?: readonly Dtype[];
  /** The element type in which stages are skipped and writes are compared; by default f64, if it runs. */
  readonly skipsIn?: Dtype;
}

export interface SpecResult {
  readonly findings: readonly Finding[];
  readonly tightness: Readonly<Record<Dtype, Tightness>>;
  /** The backends that ran, by element type. */
  readonly ran: readonly string[];
  /** For each skipped stage: whether skipping it changed anything. */
  readonly stages: Readonly<Record<string, boolean>>;
  /** The texts of emitted modules, for type checking. */
  readonly texts: readonly string[];
  /** The data for the comparison with PyTorch. */
  readonly reference: BallTrace | undefined;
}

/**
 * The target with the most kinds of kernels. It runs on all backends, and the other targets are compared with
 * it.
 */
const mainTarget: Target = trainerTargets.find((name) => hasAbility(name, "kernels")) ?? defaultTarget;
const otherTargets = trainerTargets.filter((name) => name !== mainTarget);

/** The backends of a module that this engine supports. */
function backendsOf({ createTrainer }: EmittedModule): readonly Backend[] {
  const { backend } = createTrainer({ seed: 7 });
  if (backend === "ts") return ["ts"];
  return backend === "relaxed" ? ["ts", "simd", "relaxed"] : ["ts", "simd"];
}

async function compiled(run: Run, where: string, options: TargetOptions) {
  const compilation = await run.attempt(`${where}, compile`, () => compileFor(run.model, options));
  return compilation && emitted(run, where, options.dtype, compilation);
}

async function emitted(run: Run, where: string, dtype: Dtype, compilation: TargetCompilation) {
  const made = await run.attempt(`${where}, emit`, async () => {
    const text = await emitText(compilation, dtype, { isFormatted: false, isProgram: false });
    return { text, module: await loadTrainer(text) };
  });
  return made && { compilation, ...made };
}

/** The plain compilation for one element type, run on all backends. */
async function runPlain(run: Run, dtype: Dtype) {
  const forTarget = (target: Target) => compiled(run, `${dtype} ${target}`, { dtype, target });
  let made = await forTarget(mainTarget);
  for (const target of otherTargets) made ??= await forTarget(target);
  if (made === undefined) return undefined;
  if (dtype === "f64") run.referenceOf(made.compilation);
  const bounds = run.boundsOf(made.compilation, dtype);
  for (const backend of backendsOf(made.module)) {
    run.ran.push(`${dtype} ${backend}`);
    run.compare(`${dtype} ${backend}`, dtype, made.compilation, made.module, backend, bounds);
  }
  run.texts.push(made.text);
  return { ...made, bounds };
}

type Made = NonNullable<Awaited<ReturnType<typeof runPlain>>>;

/** The loops of all programs as text, to compare them. */
const programsText = ({ vectors, programs }: TargetCompilation): string =>
  loopsText(
    [vectors?.programs, programs].map((list) => list?.map(({ kernels }) => kernels.map(({ body }) => body))),
  );

async function runWithoutStage(run: Run, dtype: Dtype, stage: string, plain: Made): Promise<void> {
  const where = `${dtype} without ${stage}`;
  const compilation = await run.attempt(`${where}, compile`, () =>
    compileFor(run.model, { dtype, target: mainTarget, skip: [stage] }),
  );
  if (compilation === undefined) return;
  const isApplied = programsText(compilation) !== programsText(plain.compilation);
  run.stages[stage] ||= isApplied;
  const made = isApplied ? await emitted(run, where, dtype, compilation) : undefined;
  if (made === undefined) return;
  for (const backend of backendsOf(made.module).slice(0, 2))
    run.compare(`${where}, ${backend}`, dtype, made.compilation, made.module, backend, plain.bounds);
}

/**
 * Compiles with other options and compares the results. The compiled graphs are different, so the bounds are
 * computed again. Returns the compilation.
 */
async function runWithOtherGraphs(
  run: Run,
  dtype: Dtype,
  where: string,
  options: Partial<TargetOptions>,
): Promise<TargetCompilation | undefined> {
  const made = await compiled(run, where, { dtype, target: mainTarget, ...options });
  if (made === undefined) return undefined;
  const bounds = run.boundsOf(made.compilation, dtype);
  for (const backend of backendsOf(made.module).slice(0, 2))
    run.compare(`${where}, ${backend}`, dtype, made.compilation, made.module, backend, bounds);
  return made.compilation;
}

/** Compiles and compares without a graph pass, and records whether that changed the loops. */
async function runWithoutPass(run: Run, dtype: Dtype, pass: string, plain: Made): Promise<void> {
  const compilation = await runWithOtherGraphs(run, dtype, `${dtype} without ${pass}`, { skip: [pass] });
  if (compilation !== undefined)
    run.stages[pass] ||= programsText(compilation) !== programsText(plain.compilation);
}

export async function runSpec(fuzzCase: FuzzCase, extras: Extras = {}): Promise<SpecResult> {
  const run = new Run(fuzzCase);
  const dtypes = extras.dtypes ?? ["f64", "f32"];
  const made = new Map<Dtype, Made>();
  for (const dtype of dtypes) {
    const plain = await runPlain(run, dtype);
    if (plain !== undefined) made.set(dtype, plain);
  }
  // If a plain compilation fails, most extra runs would fail with the same error.
  if (run.findings.length === 0 || extras.isThorough) await runExtras(run, made, extras);
  const { findings, tightness, ran, stages, texts } = run;
  const reference = made.size === 0 ? undefined : run.referenceOf().trace;
  return { findings, tightness, ran, stages, texts, reference };
}

async function runExtras(run: Run, made: ReadonlyMap<Dtype, Made>, extras: Extras): Promise<void> {
  const { skipsIn = made.has("f64") ? "f64" : "f32", stages = [], passes = [] } = extras;
  const skipping = made.get(skipsIn);
  if (skipping !== undefined) {
    for (const stage of stages) await runWithoutStage(run, skipsIn, stage, skipping);
    for (const pass of passes) await runWithoutPass(run, skipsIn, pass, skipping);
  }
  if (extras.exact) await runWithOtherGraphs(run, "f32", "f32 exact", { exact: true });
  if (extras.plain)
    for (const [dtype, { compilation, bounds }] of made)
      for (const target of otherTargets) {
        const where = `${dtype} for ${target}`;
        const plain = await compiled(run, where, { dtype, target });
        if (plain !== undefined) run.compare(where, dtype, compilation, plain.module, "ts", bounds);
      }
  if (extras.threads) await runThreads(run, made.get("f32"));
  if (extras.writes) for (const threads of [1, 2] as const) await runWrites(run, skipsIn, threads, skipping);
}

async function runThreads(run: Run, plain: Made | undefined): Promise<void> {
  if (plain === undefined) return;
  const module = await run.attempt("f32, threads, emit", () => compileWithThreads(plain.compilation));
  if (module === undefined) return;
  const data = run.dataFor(module.model);
  const difference = await run.attempt("f32, two threads", () => threadsDifference(module, data));
  if (difference !== undefined)
    run.findings.push({ where: "f32, two threads", kind: "difference", text: difference });
}

/**
 * Checks the writes of each kernel separately. The kernel runs as a whole, or in the parts of two threads.
 */
async function runWrites(run: Run, dtype: Dtype, threads: 1 | 2, plain: Made | undefined): Promise<void> {
  if (plain === undefined) return;
  const { compilation, module } = plain;
  const where = `${dtype} writes of ${threads === 1 ? "kernels" : "parts of kernels"}`;
  const stray = await run.attempt(where, async () => {
    const vectors = threads === 1 ? compilation.vectors : withThreads(compilation, dtype);
    if (vectors === undefined) return undefined;
    const { batchSize } = module.model;
    const data = run.dataFor(module.model);
    const rows = [...new Set([batchSize, rowsIn(module.model, data.batches[1])])];
    return strayWrite(vectors, batchSize, data, { rows, threads });
  });
  if (stray !== undefined) run.findings.push({ where, kind: "difference", text: stray });
}
