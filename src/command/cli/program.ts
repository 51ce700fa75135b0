/**
 * The commands, their arguments and their help: everything that `tapeless --help` says, and nothing that
 * works. Each command's own file is loaded only when it is called.
 */
import { Command, Option } from "commander";
import { targetNames } from "../../compiler/targets.ts";
import { version } from "../../compiler/spec/version.ts";
import {
  checkKernelsOption,
  command,
  dtypeOption,
  examples,
  quiet,
  targetOption,
} from "../terminal/command-parts.ts";
import type { BenchFlags } from "./bench.ts";
import type { CompileFlags } from "./compile.ts";
import type { ExportFlags, ImportFlags } from "./parameters.ts";
import type { InspectFlags } from "./inspect.ts";
import { collect, port, positive, shard, withTrainOptions } from "./options.ts";
import type { PlaygroundFlags } from "./playground.ts";
import type { PredictFlags } from "./predict.ts";
import type { SchemaFlags } from "./schema.ts";
import type { SearchFlags } from "../search/shards.ts";
import type { TrainFlags } from "../train/train-flags.ts";
import type { VerifyFlags } from "./verify.ts";

const specArgument = "a model spec: a .json, .yaml or .ts file";

/** Receives the exit code of the command that ran. */
type Done = (exitCode: number) => void;

export function createProgram(done: Done): Command {
  const program = new Command("tapeless")
    .description(
      "Compiles a model spec to one standalone TypeScript file that trains the model.\nExit codes: 0 done; " +
        "1 the work failed; 2 the spec, the data or the command line is wrong.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .addHelpText(
      "after",
      examples(
        "tapeless compile graphs/digits.json",
        "tapeless train graphs/digits.json --out digits.ckpt",
        "tapeless verify graphs/digits.json",
        "tapeless inspect graphs/digits.json --show gradients --of dense1.weight",
      ) + "\n\nThe package contains these specs and their data: cp -r node_modules/tapeless/graphs .",
    );
  quiet(program);

  const commands = [
    compileCommand,
    trainCommand,
    predictCommand,
    searchCommand,
    verifyCommand,
    inspectCommand,
    exportCommand,
    importCommand,
    benchCommand,
    schemaCommand,
    playgroundCommand,
  ];
  for (const declare of commands) declare(program, done);
  return program;
}

function compileCommand(program: Command, done: Done): void {
  command(program, "compile", "compile specs to standalone TypeScript files", [
    "tapeless compile graphs/digits.json",
    "tapeless compile graphs/digits.json -o src/digits.ts --dtype f64",
    "tapeless compile graphs/digits.json --target wasm      the same as WebAssembly, in the same one file",
    "tapeless compile graphs --check      every spec of a folder: are the files up to date?",
    "tapeless compile graphs/digits.json --module -o src/digits.ts      for a page: createTrainer alone",
    "tapeless compile spec.ts --watch",
    "tapeless compile graphs/digits.json --sourcemap      the same, and generated/digits.ts.map",
    "tapeless compile graphs/digits.json --predictor digits.ckpt      what it predicts, and no training",
    "tapeless compile graphs/digits.json --with-check      and generated/digits.check.ts, which proves it",
  ])
    .argument("<spec...>", `${specArgument}, or a folder of them`)
    .option("-o, --output <file>", "the file to write (default: generated/<name>.ts)")
    .addOption(targetOption(targetNames))
    .addOption(dtypeOption())
    .addOption(checkKernelsOption())
    .option("--check", "write nothing; exit 1 if a file is not what would be written")
    .option("--watch", "compile again whenever a spec changes")
    .option("--module", "leave out the part that runs on data files, for a page or a worker")
    .option(
      "--predictor <checkpoint>",
      "the network's forward part alone, with the checkpoint's parameters inside (default file: " +
        "generated/<name>.predictor.ts)",
    )
    .option(
      "--probe",
      "a trainer that can be looked into: trainer.probe(batch) gives activations, gradients, update ratios, idle units",
    )
    .option(
      "--with-check",
      "write NAME.check.ts beside it, too: a program that proves the trainer on the machine that runs it",
    )
    .option(
      "--sourcemap",
      "write <file>.map beside each file: profilers and debuggers then show layers and lines of the spec",
    )
    .option("--exact", "leave out rewrites that may change rounding")
    .addOption(skipOption())
    .addOption(stopAfterOption())
    .action(async (specs: string[], flags: CompileFlags) =>
      done(await (await import("./compile.ts")).compileSpecs(specs, flags)),
    );
}

function trainCommand(program: Command, done: Done): void {
  withTrainOptions(
    command(program, "train", "train a model on its data", [
      "tapeless train graphs/digits.json",
      "tapeless train graphs/digits.json --data other.csv --epochs 50 --seed 3",
      "tapeless train graphs/digits.json --out digits.ckpt      a checkpoint after every epoch",
      "tapeless train graphs/digits.json --resume digits.ckpt --epochs 100",
      "tapeless train graphs/digits.json --plot curves.svg --log epochs.jsonl --report answers.html",
      "tapeless train graphs/digits.json --serve      a page that shows it from inside, while it runs",
      "tapeless train graphs/digits.json --tensorboard runs/digits",
      "tapeless train fine.json --from digits.ckpt      starts from the parameters that match",
      "tapeless train graphs/digits.json --find-learning-rate --plot rates.svg",
      "tapeless train graphs/names.json --resume names.ckpt --sample 20 --temperature 0.8",
    ]).argument("<spec>", specArgument),
  )
    .addOption(targetOption())
    .addOption(dtypeOption())
    .addOption(checkKernelsOption())
    .option("--json", "print the result as one JSON object")
    .action(async (spec: string, flags: TrainFlags) =>
      done(
        flags.findLearningRate
          ? await (await import("../train/find-learning-rate.ts")).findLearningRate(spec, flags)
          : await (await import("./train.ts")).trainSpec(spec, flags),
      ),
    );
}

function predictCommand(program: Command, done: Done): void {
  command(program, "predict", "what a trained model says of the rows of a file", [
    "tapeless predict graphs/iris.json iris.ckpt new.csv",
    "tapeless predict graphs/iris.json iris.ckpt new.csv -o predictions.csv",
  ])
    .argument("<spec>", specArgument)
    .argument("<checkpoint>", "the trained model, as `tapeless train --out` wrote it")
    .argument("<file>", "the rows, of which only the inputs are read")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .option("--json", "print one JSON object instead of CSV")
    .action(async (spec: string, checkpoint: string, file: string, flags: PredictFlags) =>
      done(await (await import("./predict.ts")).predictSpec(spec, checkpoint, file, flags)),
    );
}

function searchCommand(program: Command, done: Done): void {
  command(program, "search", "try many variants of a spec, choose on validation, judge once on test", [
    "tapeless search graphs/wine.yaml",
    "tapeless search graphs/wine.yaml --threads 8 --csv wine.csv --write-best best.yaml",
    "tapeless search graphs/wine.yaml --shard 0/4      on each of four machines; then --merge on one",
    "tapeless search graphs/wine.yaml --emit slurm --shards 4 -o wine.sh",
  ])
    .argument("<spec>", `${specArgument}, with \`training.search\``)
    .option("--data <file>", "the data, as for train (default: the spec's)")
    .option("--threads <n>", "how many candidates are tried at a time (default: one for each core)", positive)
    .option(
      "--out <file>",
      "keeps what is done; the same command goes on from there (default: NAME.search.jsonl)",
    )
    .option("--csv <file>", "write the table of all candidates")
    .option("--write-best <spec>", "write the winner's spec, as JSON or YAML")
    .option("--shard <i/n>", "try only every n-th candidate, from the i-th on, and judge nothing", shard)
    .option("--merge", "join the results of all shards, and judge the best")
    .addOption(
      new Option("--emit <scheduler>", "write the script that runs the shards on a cluster").choices([
        "slurm",
        "kubernetes",
      ]),
    )
    .option("--shards <n>", "with --emit: into how many parts the search is cut", positive)
    .option("--image <name>", "with --emit kubernetes: a container image that holds tapeless")
    .option("--volume <claim>", "with --emit kubernetes: the claim of the volume with spec, data and results")
    .option("-o, --output <file>", "with --emit: the file to write (default: standard output)")
    .addOption(dtypeOption())
    .option("--json", "print the result as one JSON object")
    .action(async (spec: string, flags: SearchFlags) =>
      done(await (await import("./search.ts")).searchSpec(spec, flags)),
    );
}

function verifyCommand(program: Command, done: Done): void {
  command(program, "verify", "check the emitted gradients and every target", [
    "tapeless verify graphs/digits.json",
    "tapeless verify graphs/digits.json --of dense1.weight",
    "tapeless verify graphs/digits.json --report digits.html      with the sweeps of step sizes as charts",
    "tapeless verify graphs/digits.json --json",
    "tapeless verify graphs/digits.json --bisect      which stage of the compiler is at fault, if one is",
  ])
    .argument("<spec>", specArgument)
    .option("--of <parameter>", "check the gradient of this parameter alone")
    .option("--report <file>", "write it to a file, too (.txt, .json, .svg, .html)")
    .option("--bisect", "name the first stage whose result differs from the reference interpreter")
    .option("--json", "print the result as one JSON object")
    .action(async (spec: string, flags: VerifyFlags) =>
      done(await (await import("./verify.ts")).verifySpec(spec, flags)),
    );
}

function inspectCommand(program: Command, done: Done): void {
  command(program, "inspect", "show what the compiler derived and why", [
    "tapeless inspect graphs/digits.json --show gradients --of dense1.weight",
    "tapeless inspect graphs/digits.json --show passes --pass simplify",
    "tapeless inspect graphs/digits.json --show kernels --of loss",
    "tapeless inspect graphs/digits.json --show kernels --target wasm      estimates beside measured times",
    "tapeless inspect graphs/digits.json --show memory --format json",
    "tapeless inspect graphs/residual.ts --show graph --format svg -o graph.svg",
    "tapeless inspect graphs/names.json --show schedule --format svg -o schedule.svg",
  ])
    .argument("<spec>", specArgument)
    .addOption(
      new Option("--show <view>", "what to show")
        .choices(["graph", "gradients", "passes", "kernels", "memory", "schedule"])
        .default("graph"),
    )
    .option(
      "--of <name>",
      "show the gradient of this parameter, or the kernels of this name, alone; of the graph, draw this " +
        "program, or a step with this layer open",
    )
    .option("--pass <name>", "with --show passes: show this pass alone, and all that it changed")
    .addOption(
      new Option("--format <format>", "how to show it")
        .choices(["text", "json", "tex", "dot", "svg", "html"])
        .default("text"),
    )
    .addOption(targetOption())
    .addOption(
      new Option(
        "--text <form>",
        "with --show kernels: loops shows the loops alone, wat the WebAssembly text in their place",
      ).choices(["loops", "wat"]),
    )
    .option("--no-measure", "with --show kernels --target wasm: run none, give the estimates alone")
    .addOption(dtypeOption())
    .addOption(skipOption())
    .addOption(stopAfterOption())
    .option("-o, --output <file>", "write to a file instead of standard output")
    .action(async (spec: string, flags: InspectFlags) =>
      done(await (await import("./inspect.ts")).inspectSpec(spec, flags)),
    );
}

function exportCommand(program: Command, done: Done): void {
  command(program, "export", "write the parameters of a checkpoint for other libraries", [
    "tapeless export digits.ckpt -o digits.safetensors",
    "tapeless export digits.ckpt -o digits.npz",
  ])
    .argument("<checkpoint>", "what --out of a training wrote")
    .requiredOption("-o, --output <file>", "the file to write: .safetensors or .npz")
    .action(async (checkpoint: string, flags: ExportFlags) =>
      done(await (await import("./parameters.ts")).exportParameters(checkpoint, flags)),
    );
}

function importCommand(program: Command, done: Done): void {
  command(program, "import", "make a checkpoint of parameters from other libraries", [
    "tapeless import graphs/digits.json digits.safetensors -o digits.ckpt",
    "tapeless import graphs/digits.json digits.npz -o digits.ckpt --dtype f64",
  ])
    .argument("<spec>", specArgument)
    .argument("<file>", "the parameters, by their names in the model: .safetensors or .npz")
    .requiredOption("-o, --output <checkpoint>", "the checkpoint to write")
    .addOption(dtypeOption())
    .action(async (spec: string, file: string, flags: ImportFlags) =>
      done(await (await import("./parameters.ts")).importParameters(spec, file, flags)),
    );
}

function benchCommand(program: Command, done: Done): void {
  command(program, "bench", "measure the emitted trainer on random data", [
    "tapeless bench graphs/digits.json",
    "tapeless bench graphs/digits.json --target wasm",
    "tapeless bench graphs/digits.json --dtype f64 --json",
  ])
    .argument("<spec>", specArgument)
    .addOption(targetOption())
    .addOption(dtypeOption())
    .addOption(checkKernelsOption())
    .option("--json", "print the result as one JSON object")
    .action(async (spec: string, flags: BenchFlags) =>
      done(await (await import("./bench.ts")).benchSpec(spec, flags)),
    );
}

function schemaCommand(program: Command, done: Done): void {
  command(program, "schema", "print the JSON Schema of specs, for editors", [
    "tapeless schema -o spec.schema.json",
  ])
    .option("-o, --output <file>", "write to a file instead of standard output")
    .option("--check", "write nothing; exit 1 if the file is not what would be written")
    .action(async (flags: SchemaFlags) => done(await (await import("./schema.ts")).printSchema(flags)));
}

function playgroundCommand(program: Command, done: Done): void {
  command(program, "playground", "edit, look at and train specs in a page of your browser", [
    "tapeless playground",
    "tapeless playground --port 8080 --no-open",
    "tapeless playground -o site      as files, for any host of static pages",
  ])
    .option("--port <number>", "the port of this machine to serve it on (default: 4321, or a free one)", port)
    .option("--no-open", "open no browser: print the address alone")
    .option("-o, --output <folder>", "serve nothing: write the files of the page into this folder")
    .option("--check", "with -o: write nothing; exit 1 if the files are not what would be written")
    .action(async (flags: PlaygroundFlags) =>
      done(await (await import("./playground.ts")).openPlayground(flags)),
    );
}

const skipOption = (): Option =>
  new Option("--skip <stage>", "skip a stage of the compiler, to see what it does (may be repeated)")
    .argParser(collect)
    .default([], "none");

const stopAfterOption = (): Option =>
  new Option("--stop-after <stage>", "the last stage of the compiler; after it only required stages run");
