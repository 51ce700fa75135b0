/**
 * `tapeless compile`: compiles specs and writes the emitted files, or reports with --check whether they are
 * up to date.
 */
import type { EmittedFile } from "../../compiler/emit/emitted-file.ts";
import { gzipSync } from "node:zlib";
import { basename, join } from "node:path";
import { invariant, Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { isScheduler } from "../cluster/flags.ts";
import type { Scheduler } from "../cluster/flags.ts";
import { checkTraining, trainingFile, trainingWords } from "../cluster/training.ts";
import type { TrainingFlags } from "../cluster/training.ts";
import { loadTrainer, startTranspiler } from "../../compiler/load-trainer.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { isFrozen } from "../../compiler/trainer/layer-table.ts";
import { defaultTarget, hasAbility, isRunnable, targets, trainerTargets } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";
import {
  checkEmitted,
  checkStageFlags,
  comparesKernels,
  compileSpec,
  stageWords,
} from "../compile/compile-spec.ts";
import type { CompiledSpec, StageFlags } from "../compile/compile-spec.ts";
import {
  checkFile,
  checkOutputs,
  checkReplaceable,
  checkWritable,
  mappedFile,
  ofSpec,
  writeFile,
} from "../files/write-file.ts";
import type { OutputFile } from "../files/write-file.ts";
import { printDiagnostics, reportError, usageError } from "../terminal/report-error.ts";
import { sizeText } from "../../compiler/util/number-text.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import { specFiles, specWatcher } from "../files/spec-files.ts";
import type { SpecWatcher } from "../files/spec-files.ts";
import { shellWord } from "../../compiler/util/message-text.ts";
import { openCheckpointFile, trainedValues } from "../files/parameter-files.ts";

export interface CompileFlags extends StageFlags, TrainingFlags {
  readonly output?: string;
  readonly target: Target;
  readonly dtype: "f32" | "f64";
  readonly check?: boolean;
  readonly watch?: boolean;
  /** Omit the command-line program. */
  readonly module?: boolean;
  /** Emit a predictor with the parameters of this checkpoint. */
  readonly predictor?: string;
  /** Emit `trainer.probe`. */
  readonly probe?: boolean;
  /** Emit `trainer.pauseAfter`. */
  readonly pauses?: boolean;
  /** Also write the program that verifies the trainer. */
  readonly withCheck?: boolean;
  /** Also write a source map for each file. */
  readonly sourcemap?: boolean;
  readonly checkKernels?: boolean;
  readonly exact?: boolean;
  /** Write JavaScript with a declaration file, or TypeScript; or also a script for a cluster. */
  readonly emit?: "ts" | "js" | Scheduler;
  /** Emit kernels as plain loops. */
  readonly readable?: boolean;
}

/** Compiles every spec, including those after one that fails. Returns the highest exit code. */
export async function compileSpecs(specs: readonly string[], flags: CompileFlags): Promise<number> {
  if (flags.predictor && !hasAbility(flags.target, "predictor"))
    throw new Unsupported(
      flags.target === "onnx"
        ? "--predictor does not support --target onnx; `tapeless export --format onnx` writes the predictor"
        : `--predictor does not support --target ${flags.target} yet; use --target ts`,
    );
  checkTrainerFlags(flags);
  checkTraining(flags);
  if (flags.check && flags.watch) throw usageError("--check cannot be combined with --watch");
  if (flags.predictor && flags.module)
    throw usageError("--module cannot be combined with --predictor", "a predictor contains no program");
  const ofTraining = flags.probe ? "--probe" : "--pauses";
  if (flags.predictor && (flags.probe || flags.pauses))
    throw usageError(
      `${ofTraining} cannot be combined with --predictor`,
      `${ofTraining} observes training, and a predictor does not train`,
    );
  if (flags.predictor && flags.withCheck)
    throw usageError(
      "--with-check cannot be combined with --predictor",
      "the check verifies gradients and training, which a predictor does not have",
    );
  if (flags.withCheck && flags.output !== undefined && !typescript.test(flags.output))
    throw usageError(
      `--with-check imports the trainer from ${flags.output}, which must be a TypeScript file`,
      "use a file name that ends in .ts",
    );
  if (flags.emit === "js") checkJavaScript(flags);
  if (flags.predictor && flags.watch) throw usageError("--predictor cannot be combined with --watch");
  await checkStageFlags(flags);
  const files = await specFiles(specs);
  if (flags.predictor && files.length > 1)
    throw usageError(`--predictor needs exactly one spec, got ${files.length}`);
  if (flags.output !== undefined && files.length > 1 && targets[flags.target].makes !== "files")
    throw usageError(
      `-o names one output file, but there are ${files.length} specs`,
      "omit -o, or compile each spec separately",
    );
  const written = new Map<string, string>();
  let worst = 0;
  const watcher = flags.watch
    ? specWatcher(async (spec) => {
        await compileOne(spec, flags, new Map(), watcher);
      })
    : undefined;
  for (const file of files) worst = Math.max(worst, await compileOne(file, flags, written, watcher));
  if (watcher === undefined) return worst;
  process.stderr.write(
    `watching ${files.length === 1 ? files[0] : `${files.length} specs`} (press Ctrl-C to stop)\n`,
  );
  return watcher.start();
}

/** The flags that change the code of a trainer. */
const trainerFlags = {
  "--module": "module",
  "--probe": "probe",
  "--pauses": "pauses",
  "--with-check": "withCheck",
  "--sourcemap": "sourcemap",
  "--emit": "emit",
  "--readable": "readable",
} as const satisfies Readonly<Record<string, keyof CompileFlags>>;

/** @throws DiagnosticError (T1010) for a flag of trainers if the target makes something else */
function checkTrainerFlags(flags: CompileFlags): void {
  if (isRunnable(flags.target)) return;
  const isGiven = (name: keyof CompileFlags) =>
    flags[name] !== undefined && !(name === "emit" && isScheduler(flags.emit));
  const given = Object.entries(trainerFlags).find(([, name]) => isGiven(name));
  if (given !== undefined)
    throw usageError(
      `${given[0]} cannot be combined with --target ${flags.target}`,
      `${given[0]} changes a trainer; use --target ${trainerTargets.join(" or ")}`,
    );
}

/** File names that a TypeScript module can import. */
const typescript = /\.([cm]?ts)$/;

/**
 * Whether tapeless has written a file: it is a module with the banner, a source map, or an ONNX model, which names its
 * producer in its first bytes.
 */
const isEmitted = (text: string): boolean =>
  text.slice(0, 100).includes("@generated by tapeless") ||
  text.startsWith('{"version":') ||
  /^\x08.\x12\x08tapeless/.test(text);

/**
 * `written` maps the files of this run to their specs, to detect two specs that would write the same file. The watcher
 * watches each file before it is read, so no change is missed.
 */
async function compileOne(
  spec: string,
  flags: CompileFlags,
  written: Map<string, string>,
  watcher: SpecWatcher | undefined,
): Promise<number> {
  watcher?.watch(spec, spec);
  try {
    const start = performance.now();
    const { target, dtype, probe, exact, readable, stopAfter } = flags;
    const skip = readable ? [...(flags.skip ?? []), ...(await blockingStages())] : flags.skip;
    const runsKernels = comparesKernels(flags) && !flags.check;
    if (runsKernels) startTranspiler();
    const compiled = await compileSpec(spec, { target, dtype, probe, exact, skip, stopAfter }, (file) =>
      watcher?.watch(spec, file),
    );
    const { compilation } = compiled;
    const files = await located(
      compiled.source,
      async () => (await byteFiles(compilation, flags)) ?? (await textFiles(spec, compiled, flags)),
    );
    for (const { file } of files) {
      const other = written.get(file);
      if (other !== undefined) throw sameOutput(spec, other, file);
      written.set(file, spec);
    }
    const inputs = { ...ofSpec(spec, compilation.model), "the checkpoint": flags.predictor };
    await checkOutputs(Object.fromEntries(files.map(({ file, flag }) => [flag, file])), inputs);
    if (flags.check) return await checkFiles(files, commandFor(spec, flags));
    // Write all files or none. The user did not choose the names of most files, so an existing file of such a name may
    // belong to the user.
    for (const { file, flag } of files) {
      if (flag !== "-o") await checkReplaceable(file, isEmitted);
      if (files.length > 1) await checkWritable(file);
    }
    for (const { file, content } of files) await writeFile(file, content);
    const time = `${Math.round(performance.now() - start)} ms`;
    for (const { file, content } of files) {
      const sizes = `${sizeText(Buffer.byteLength(content))} (${sizeText(gzipSync(content).length)} gzip)`;
      process.stdout.write(`${spec} → ${file}  ${sizes} in ${time}\n`);
    }
    const isTrainer = isRunnable(target) && flags.predictor === undefined;
    if (isTrainer && compilation.model.network.some(isFrozen)) {
      const { frozenSavings } = await import("../../studio/explain/explain-layers.ts");
      process.stdout.write(`  ${frozenSavings(compilation, { dtype, exact, skip, stopAfter })}\n`);
    }
    return 0;
  } catch (error) {
    return reportError(error);
  }
}

/** An output file, and the flag that makes it, for messages. */
interface FlaggedFile extends OutputFile {
  readonly flag: string;
}

/** The files of a target that makes files of bytes; undefined for other targets. `-o` names their folder. */
async function byteFiles(
  compilation: TargetCompilation,
  { dtype, output = "generated" }: CompileFlags,
): Promise<readonly FlaggedFile[] | undefined> {
  const { emitFiles } = await import("../../compiler/compile-target.ts");
  const files = await emitFiles(compilation, dtype);
  return files?.map(({ name, bytes }) => ({
    file: join(output, name),
    content: bytes,
    flag: `the file ${name},`,
  }));
}

/** The module, after its kernels are compared, with its source map, its declarations and its check. */
async function textFiles(
  spec: string,
  { compilation, source }: CompiledSpec,
  flags: CompileFlags,
): Promise<readonly FlaggedFile[]> {
  const emitted = await emittedOf(compilation, flags);
  if (comparesKernels(flags) && !flags.check)
    await checkEmitted(spec, compilation, await loadTrainer(emitted.text), flags);
  const { entry, model } = compilation;
  invariant(entry.makes !== "files", "a target of files has no module");
  const name = flags.predictor === undefined ? model.name : `${model.name}.predictor`;
  const ending = flags.emit === "js" ? "js" : entry.ending;
  const output = flags.output ?? join("generated", `${name}.${ending}`);
  const check = flags.withCheck ? [{ ...(await checkOf(compilation, output)), flag: "--with-check" }] : [];
  const code = flags.sourcemap
    ? await mappedFile(emitted, source, { spec, output })
    : await writtenFiles(emitted, output, flags);
  const script = isScheduler(flags.emit) ? [trainingFile(spec, model, output, flags)] : [];
  const flagOf = ({ file }: OutputFile): string =>
    file === output ? "-o" : flags.sourcemap ? "--sourcemap" : `--emit ${flags.emit}`;
  return [...[...code, ...script].map((file) => ({ ...file, flag: flagOf(file) })), ...check];
}

const blockingStages = async (): Promise<readonly string[]> =>
  (await import("../../compiler/stage-names.ts")).stagesOfBlocking;

/** The module, or with `--emit js` its JavaScript and its declarations. */
async function writtenFiles(
  { text }: EmittedFile,
  output: string,
  { emit }: CompileFlags,
): Promise<readonly OutputFile[]> {
  if (emit !== "js") return [{ file: output, content: text }];
  const { javascriptOf } = await import("../../compiler/emit/typescript/javascript.ts");
  const { script, declarations } = await javascriptOf(text);
  return [
    { file: output, content: script },
    { file: declarationFileOf(output), content: declarations },
  ];
}

/** `digits.d.ts` for `digits.js`, `digits.d.mts` for `digits.mjs`. */
const declarationFileOf = (output: string): string => output.replace(/\.([cm]?)js$/, ".d.$1ts");

/** @throws DiagnosticError (T1010) for flags that need TypeScript */
function checkJavaScript({ output, withCheck, sourcemap }: CompileFlags): void {
  if (output !== undefined && !/\.m?js$/.test(output))
    throw usageError(`--emit js: the file name ${output} must end in .js or .mjs`);
  if (withCheck) throw usageError("--emit js cannot be combined with --with-check, which imports TypeScript");
  if (sourcemap) throw usageError("--emit js cannot be combined with --sourcemap yet");
}

/** Emits the program that verifies the trainer in the file `trainer`. It is written next to the trainer. */
async function checkOf({ model }: TargetCompilation, trainer: string): Promise<OutputFile> {
  const { emitCheck } = await import("../verify/checked-loss.ts");
  return {
    file: trainer.replace(typescript, ".check.$1"),
    content: await emitCheck(model, `./${basename(trainer)}`),
  };
}

/** Checks all files. Returns the highest exit code. */
async function checkFiles(files: readonly OutputFile[], command: string): Promise<number> {
  let worst = 0;
  for (const { file, content } of files) worst = Math.max(worst, await checkFile(file, content, command));
  return worst;
}

/** The trainer, or with `--predictor` the predictor. */
async function emittedOf(
  compilation: TargetCompilation,
  { dtype, module, predictor, pauses, readable }: CompileFlags,
): Promise<EmittedFile> {
  const { emitTarget } = await import("../../compiler/compile-target.ts");
  const trainer = await emitTarget(compilation, dtype, {
    isProgram: !module,
    isPausing: pauses,
    isReadable: readable,
  });
  if (predictor === undefined) return trainer;
  const { createTrainer } = await loadTrainer(trainer.text);
  const checkpoint = await openCheckpointFile(predictor);
  const { trained, warnings } = trainedValues(createTrainer(), compilation, checkpoint);
  printDiagnostics(warnings);
  const { emitPredictor } = await import("../../compiler/emission.ts");
  return emitPredictor(compilation, dtype, trained);
}

/** The command that brings a checked file up to date. */
function commandFor(spec: string, flags: CompileFlags): string {
  const { output, target, dtype, probe, pauses, withCheck, sourcemap, exact, module, predictor } = flags;
  const words = ["tapeless", "compile", spec];
  if (predictor !== undefined) words.push("--predictor", predictor);
  if (module) words.push("--module");
  if (output !== undefined) words.push("-o", output);
  if (target !== defaultTarget) words.push("--target", target);
  if (dtype !== "f32") words.push("--dtype", dtype);
  if (probe) words.push("--probe");
  if (pauses) words.push("--pauses");
  if (withCheck) words.push("--with-check");
  if (sourcemap) words.push("--sourcemap");
  if (exact) words.push("--exact");
  if (flags.readable) words.push("--readable");
  if (flags.emit === "js") words.push("--emit", "js");
  words.push(...trainingWords(flags));
  words.push(...stageWords(flags));
  return words.map(shellWord).join(" ");
}

const sameOutput = (spec: string, other: string, output: string): DiagnosticError =>
  usageError(`${spec} and ${other} would both be written to ${output}`, 'give each spec a different "name"');
