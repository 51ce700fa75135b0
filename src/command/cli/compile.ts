/**
 * `tapeless compile`: compiles specs and writes the emitted files, or reports with --check whether they are
 * up to date.
 */
import type { EmittedFile } from "../../compiler/emit/emitted-file.ts";
import { gzipSync } from "node:zlib";
import { basename, join } from "node:path";
import { Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { loadTrainer, startTranspiler } from "../../compiler/load-trainer.ts";
import type { TargetCompilation } from "../../compiler/compile-target.ts";
import { isFrozen } from "../../compiler/trainer/layer-table.ts";
import { defaultTarget, hasAbility, targets } from "../../compiler/targets.ts";
import type { Target } from "../../compiler/targets.ts";
import {
  checkEmitted,
  checkStageFlags,
  comparesKernels,
  compileSpec,
  stageWords,
} from "../compile/compile-spec.ts";
import type { StageFlags } from "../compile/compile-spec.ts";
import {
  checkFile,
  checkOutputs,
  checkReplaceable,
  checkWritable,
  mapFileOf,
  mappedFile,
  ofSpec,
  writeFile,
} from "../files/write-file.ts";
import type { OutputFile } from "../files/write-file.ts";
import { reportError, usageError } from "../terminal/report-error.ts";
import { sizeText } from "../../compiler/util/number-text.ts";
import { specFiles, watchFiles } from "../files/spec-files.ts";
import { shellWord } from "../../compiler/util/message-text.ts";
import { trainedValues } from "../files/parameter-files.ts";

export interface CompileFlags extends StageFlags {
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
  /** Write JavaScript with a declaration file, or TypeScript. */
  readonly emit?: "ts" | "js";
  /** Emit kernels as plain loops. */
  readonly readable?: boolean;
}

/** Compiles every spec, including those after one that fails. Returns the highest exit code. */
export async function compileSpecs(specs: readonly string[], flags: CompileFlags): Promise<number> {
  if (flags.predictor && !hasAbility(flags.target, "predictor"))
    throw new Unsupported(`--predictor does not support --target ${flags.target} yet; use --target ts`);
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
  if (flags.output !== undefined && files.length > 1)
    throw usageError(
      `-o names one output file, but there are ${files.length} specs`,
      "omit -o, or compile each spec separately",
    );
  const written = new Map<string, string>();
  let worst = 0;
  for (const file of files) worst = Math.max(worst, await compileOne(file, flags, written));
  if (!flags.watch) return worst;
  // Watching starts before the line is printed, so a change after the line is never missed.
  const watching = watchFiles(files, async (file) => {
    await compileOne(file, flags, new Map());
  });
  process.stderr.write(
    `watching ${files.length === 1 ? files[0] : `${files.length} specs`} (press Ctrl-C to stop)\n`,
  );
  return watching;
}

/** File names that a TypeScript module can import. */
const typescript = /\.([cm]?ts)$/;

/** Whether tapeless has written a file: it is a module with the banner, or a source map. */
const isEmitted = (text: string): boolean =>
  text.slice(0, 100).includes("@generated by tapeless") || text.startsWith('{"version":');

/**
 * `written` maps the files of this run to their specs, to detect two specs that would write the same file.
 */
async function compileOne(spec: string, flags: CompileFlags, written: Map<string, string>): Promise<number> {
  try {
    const start = performance.now();
    const { target, dtype, probe, exact, readable, stopAfter } = flags;
    const skip = readable ? [...(flags.skip ?? []), ...(await blockingStages())] : flags.skip;
    const runsKernels = comparesKernels(flags) && !flags.check;
    if (runsKernels) startTranspiler();
    const { compilation, source } = await compileSpec(spec, { target, dtype, probe, exact, skip, stopAfter });
    const emitted = await emittedOf(compilation, flags);
    if (runsKernels) await checkEmitted(spec, compilation, await loadTrainer(emitted.text), flags);
    const ending = flags.emit ?? targets[target].ending;
    const name =
      flags.predictor === undefined ? compilation.model.name : `${compilation.model.name}.predictor`;
    const output = flags.output ?? join("generated", `${name}.${ending}`);
    const other = written.get(output);
    if (other !== undefined) throw sameOutput(spec, other, output);
    written.set(output, spec);
    const check = flags.withCheck ? await checkOf(compilation, output) : undefined;
    await checkOutputs(
      {
        "-o": output,
        "--sourcemap": flags.sourcemap && mapFileOf(output),
        "--with-check": check?.file,
        "--emit js": flags.emit === "js" ? declarationFileOf(output) : undefined,
      },
      { ...ofSpec(spec, compilation.model), "the checkpoint": flags.predictor },
    );
    const files = [
      ...(flags.sourcemap
        ? await mappedFile(emitted, source, { spec, output })
        : await writtenFiles(emitted, output, flags)),
      ...(check === undefined ? [] : [check]),
    ];
    if (flags.check) return await checkFiles(files, commandFor(spec, flags));
    // Write all files or none. The user did not choose the names of the files next to the trainer, so an
    // existing file of such a name may belong to the user.
    for (const { file } of files) {
      if (file !== output) await checkReplaceable(file, isEmitted);
      if (files.length > 1) await checkWritable(file);
    }
    for (const { file, content } of files) await writeFile(file, content);
    const time = `${Math.round(performance.now() - start)} ms`;
    for (const { file, content } of files) {
      const sizes = `${sizeText(Buffer.byteLength(content))} (${sizeText(gzipSync(content).length)} gzip)`;
      process.stdout.write(`${spec} → ${file}  ${sizes} in ${time}\n`);
    }
    if (flags.predictor === undefined && compilation.model.network.some(isFrozen)) {
      const { frozenSavings } = await import("../../studio/explain/explain-layers.ts");
      process.stdout.write(`  ${frozenSavings(compilation, { dtype, exact, skip, stopAfter })}\n`);
    }
    return 0;
  } catch (error) {
    return reportError(error);
  }
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
  const { emitPredictor } = await import("../../compiler/emission.ts");
  return emitPredictor(
    compilation,
    dtype,
    await trainedValues(createTrainer(), compilation.model, predictor),
  );
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
  words.push(...stageWords(flags));
  return words.map(shellWord).join(" ");
}

const sameOutput = (spec: string, other: string, output: string): DiagnosticError =>
  usageError(`${spec} and ${other} would both be written to ${output}`, 'give each spec a different "name"');
