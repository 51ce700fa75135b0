/** `tapeless compile`: specs to files, one line for each; or, with --check, whether the files are up to date. */
import { gzipSync } from "node:zlib";
import { basename, join } from "node:path";
import { DiagnosticError, Unsupported } from "../diagnostics/errors.ts";
import type { EmittedModule } from "../emit/typescript/module.ts";
import { loadTrainer } from "../load-trainer.ts";
import type { Compilation } from "../pipeline.ts";
import { checkFile } from "./check-file.ts";
import { checkOutputs, ofSpec } from "./check-outputs.ts";
import { compileSpec } from "./compile-spec.ts";
import { mapFileOf, mappedFile } from "./mapped-file.ts";
import type { OutputFile } from "./mapped-file.ts";
import { checkPassNames } from "./pass-names.ts";
import { reportError } from "./report-error.ts";
import { sizeText } from "../util/size-text.ts";
import { specFiles } from "./spec-files.ts";
import { shellWord } from "../util/shell-word.ts";
import { trainedValues } from "./trained-values.ts";
import { usageError } from "./usage-error.ts";
import { watchFiles } from "./watch-files.ts";
import { writeFile } from "./write-file.ts";

export interface CompileFlags {
  readonly output?: string;
  readonly target: "ts" | "wasm";
  readonly dtype: "f32" | "f64";
  readonly check?: boolean;
  readonly watch?: boolean;
  /** Without the part that runs on data files. */
  readonly module?: boolean;
  /** The checkpoint whose parameters a predictor is to hold. */
  readonly predictor?: string;
  /** With what it takes to look into the trainer. */
  readonly probe?: boolean;
  /** And beside the trainer the program that proves it. */
  readonly withCheck?: boolean;
  /** With a source map beside each file. */
  readonly sourcemap?: boolean;
  readonly exact?: boolean;
  readonly skip: readonly string[];
}

/** Compiles every spec, those after a faulty one too. The exit code is that of the worst. */
export async function compileSpecs(specs: readonly string[], flags: CompileFlags): Promise<number> {
  if (flags.predictor && flags.target !== "ts")
    throw new Unsupported(`predictors for the target ${flags.target} are a known gap: they are TypeScript`);
  if (flags.check && flags.watch) throw usageError("--check and --watch cannot be had together");
  if (flags.predictor && flags.module)
    throw usageError("--module and --predictor cannot be had together", "a predictor has no program part");
  if (flags.predictor && flags.probe)
    throw usageError(
      "--probe and --predictor cannot be had together",
      "what is looked at is training, and a predictor does not train",
    );
  if (flags.predictor && flags.withCheck)
    throw usageError(
      "--with-check and --predictor cannot be had together",
      "what is proved are gradients and training, and a predictor has neither",
    );
  if (flags.withCheck && flags.output !== undefined && !typescript.test(flags.output))
    throw usageError(
      `--with-check imports the trainer from ${flags.output}, which must be a TypeScript file`,
      "end its name in .ts",
    );
  if (flags.predictor && flags.watch) throw usageError("--predictor and --watch cannot be had together");
  await checkPassNames(flags.skip);
  const files = await specFiles(specs);
  if (flags.predictor && files.length > 1)
    throw usageError(`--predictor names the checkpoint of one spec, but there are ${files.length} specs`);
  if (flags.output !== undefined && files.length > 1)
    throw usageError(`-o names one file, but there are ${files.length} specs`, "leave -o out, or compile them one by one"); // prettier-ignore
  const written = new Map<string, string>();
  let worst = 0;
  for (const file of files) worst = Math.max(worst, await compileOne(file, flags, written));
  if (!flags.watch) return worst;
  // Watching begins before it is told, so that whoever reads that line and writes the file is heard.
  const watching = watchFiles(files, async (file) => {
    await compileOne(file, flags, new Map());
  });
  process.stderr.write(
    `watching ${files.length === 1 ? files[0] : `${files.length} specs`} (end with Ctrl-C)\n`,
  );
  return watching;
}

/** What files that others import are called. */
const typescript = /\.([cm]?ts)$/;

/** `written` maps files of this run to their specs: two specs of one name must not overwrite each other. */
async function compileOne(spec: string, flags: CompileFlags, written: Map<string, string>): Promise<number> {
  try {
    const start = performance.now();
    const { target, dtype, probe, exact, skip } = flags;
    const { compilation, source } = await compileSpec(spec, { target, dtype, probe, exact, skip });
    const emitted = await emittedOf(compilation, flags);
    const ending = flags.predictor === undefined ? "ts" : "predictor.ts";
    const output = flags.output ?? join("generated", `${compilation.model.name}.${ending}`);
    const other = written.get(output);
    if (other !== undefined) throw sameOutput(spec, other, output);
    written.set(output, spec);
    const check = flags.withCheck ? await checkOf(compilation, output) : undefined;
    await checkOutputs(
      { "-o": output, "--sourcemap": flags.sourcemap && mapFileOf(output), "--with-check": check?.file },
      { ...ofSpec(spec, compilation.model), "the checkpoint": flags.predictor },
    );
    const files = [
      ...(flags.sourcemap
        ? await mappedFile(emitted, source, { spec, output })
        : [{ file: output, content: emitted.text }]),
      ...(check === undefined ? [] : [check]),
    ];
    if (flags.check) return await checkFiles(files, commandFor(spec, flags));
    for (const { file, content } of files) await writeFile(file, content);
    const time = `${Math.round(performance.now() - start)} ms`;
    for (const { file, content } of files) {
      const sizes = `${sizeText(Buffer.byteLength(content))} (${sizeText(gzipSync(content).length)} gzip)`;
      process.stdout.write(`${spec} → ${file}  ${sizes} in ${time}\n`);
    }
    if (flags.predictor === undefined && compilation.model.network.some(({ trainable }) => !trainable)) {
      const { frozenSavings } = await import("../inspect/frozen-savings.ts");
      process.stdout.write(`  ${frozenSavings(compilation, { dtype, exact, skip })}\n`);
    }
    return 0;
  } catch (error) {
    return reportError(error);
  }
}

/** The program that proves the trainer in `trainer`, beside that. */
async function checkOf({ model }: Compilation, trainer: string): Promise<OutputFile> {
  const { emitCheck } = await import("../verify/emit-check.ts");
  return {
    file: trainer.replace(typescript, ".check.$1"),
    content: await emitCheck(model, `./${basename(trainer)}`),
  };
}

/** Looks at all of them; the exit code is that of the worst. */
async function checkFiles(files: readonly OutputFile[], command: string): Promise<number> {
  let worst = 0;
  for (const { file, content } of files) worst = Math.max(worst, await checkFile(file, content, command));
  return worst;
}

/** The trainer, or with a checkpoint the predictor. */
async function emittedOf(
  compilation: Compilation,
  { dtype, module, predictor }: CompileFlags,
): Promise<EmittedModule> {
  const { emitPredictor, emitTrainer } = await import("../pipeline.ts");
  const trainer = await emitTrainer(compilation, dtype, { isProgram: !module });
  if (predictor === undefined) return trainer;
  const { createTrainer } = await loadTrainer(trainer.text);
  return emitPredictor(
    compilation,
    dtype,
    await trainedValues(createTrainer(), compilation.model, predictor),
  );
}

/** The command that writes the file that a check looked at. */
function commandFor(
  spec: string,
  { output, target, dtype, probe, withCheck, sourcemap, exact, skip, module, predictor }: CompileFlags,
): string {
  const words = ["tapeless", "compile", spec];
  if (predictor !== undefined) words.push("--predictor", predictor);
  if (module) words.push("--module");
  if (output !== undefined) words.push("-o", output);
  if (target !== "ts") words.push("--target", target);
  if (dtype !== "f32") words.push("--dtype", dtype);
  if (probe) words.push("--probe");
  if (withCheck) words.push("--with-check");
  if (sourcemap) words.push("--sourcemap");
  if (exact) words.push("--exact");
  if (skip.length > 0) words.push("--skip", skip.join(","));
  return words.map(shellWord).join(" ");
}

const sameOutput = (spec: string, other: string, output: string): DiagnosticError =>
  usageError(`${spec} and ${other} would both be written to ${output}`, "give each spec a name of its own");
