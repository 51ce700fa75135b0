/**
 * Declares the commands, their arguments and their help. The file that implements a command is imported only
 * when the command runs, so that `--help` starts fast.
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
import { schedulers } from "../cluster/flags.ts";
import type { BenchFlags } from "./bench.ts";
import type { CompileFlags } from "./compile.ts";
import type { DifferentiateFlags } from "./differentiate.ts";
import type { ExportFlags, ImportFlags } from "./parameters.ts";
import type { InitFlags } from "./init.ts";
import type { InspectFlags } from "./inspect.ts";
import { collect, port, positive, rowChoice, shard, withTrainOptions } from "./options.ts";
import { layoutNames } from "../formats/parameters/tensors.ts";
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
      "Compiles a model spec to one standalone TypeScript file that trains the model.\nExit codes: 0 success; " +
        "1 the command failed; 2 the spec, the data or the command line is invalid; 130 or 143 a signal stopped " +
        "the command.",
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
    initCommand,
    compileCommand,
    trainCommand,
    predictCommand,
    searchCommand,
    verifyCommand,
    inspectCommand,
    exportCommand,
    importCommand,
    differentiateCommand,
    benchCommand,
    schemaCommand,
    playgroundCommand,
    lspCommand,
  ];
  for (const declare of commands) declare(program, done);
  return program;
}

function initCommand(program: Command, done: Done): void {
  command(program, "init", "examine a data file and write a spec that trains on it", [
    "tapeless init graphs/data/wine.csv",
    "tapeless init graphs/data/diabetes.csv --target progression -o models/diabetes.yaml",
  ])
    .argument("<data>", "a table: CSV, JSON Lines, NumPy or Parquet, optionally gzipped")
    .option(
      "--target <column>",
      "predict this column (default: a column with a name such as target, or the last column)",
    )
    .option(
      "-o, --output <file>",
      "write the spec to this .yaml file (default: <name of the data file>.yaml)",
    )
    .option("--force", "replace the file if it exists")
    .action(async (data: string, flags: InitFlags) =>
      done(await (await import("./init.ts")).initSpec(data, flags)),
    );
}

/** `--emit`, and the options of a script that trains on a cluster. */
const withEmitOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--emit <form>",
        "`js` writes <name>.js and <name>.d.ts instead of TypeScript (default: ts); with --target pytorch, `slurm` " +
          "and `kubernetes` also write a script that trains the Python file on a cluster",
      ).choices(["ts", "js", ...schedulers]),
    )
    .option("--nodes <n>", "with --emit slurm or kubernetes: train on this many nodes (default: 1)", positive)
    .option(
      "--processes <n>",
      "with --emit slurm or kubernetes: start this many processes on each node (default: 1)",
      positive,
    )
    .addOption(
      new Option(
        "--device <device>",
        "with --emit slurm or kubernetes: train on this device; each process has a core, and with cuda a GPU " +
          "(default: cpu)",
      ).choices(["cpu", "cuda"]),
    )
    .option("--image <name>", "with --emit kubernetes: use this container image, which must contain PyTorch")
    .option(
      "--volume <claim>",
      "with --emit kubernetes: mount this volume claim, which contains the Python file and the data",
    );

function compileCommand(program: Command, done: Done): void {
  withEmitOptions(
    command(program, "compile", "compile specs to standalone TypeScript files, ONNX files or Python files", [
      "tapeless compile graphs/digits.json",
      "tapeless compile graphs/digits.json -o src/digits.ts --dtype f64",
      "tapeless compile graphs/digits.json --target wasm      WebAssembly kernels, still in one file",
      "tapeless compile graphs/digits.json --target onnx      gradient and training step as ONNX files",
      "tapeless compile graphs/digits.json --target pytorch   a Python file that trains with PyTorch",
      "tapeless compile graphs/digits.json --target pytorch -o digits.py --emit slurm --nodes 2 --processes 8",
      "tapeless compile graphs --check      check that the output of a whole folder is up to date",
      "tapeless compile graphs/digits.json --module -o src/digits.ts      only createTrainer, for a page",
      "tapeless compile spec.ts --watch",
      "tapeless compile graphs/digits.json --emit js      generated/digits.js and generated/digits.d.ts",
      "tapeless compile graphs/digits.json --readable -o digits.ts      kernels as plain loops",
      "tapeless compile graphs/digits.json --sourcemap      also write generated/digits.ts.map",
      "tapeless compile graphs/digits.json --predictor digits.ckpt      prediction only, without training",
      "tapeless compile graphs/digits.json --with-check      also write generated/digits.check.ts, which verifies it",
    ])
      .argument("<spec...>", `${specArgument}, or a folder of them`)
      .option(
        "-o, --output <file>",
        "write to this file (default: generated/<name>.ts); with --target onnx: to this folder (default: generated)",
      )
      .addOption(targetOption(targetNames))
      .addOption(dtypeOption()),
  )
    .addOption(checkKernelsOption())
    .option("--check", "write nothing; exit with 1 if a file is not up to date")
    .option("--watch", "recompile whenever a spec or a model file that it names changes")
    .option("--module", "omit the command-line program, for use in a page or a worker")
    .option(
      "--predictor <checkpoint>",
      "emit a predictor instead of a trainer: the forward pass with the parameters of this checkpoint " +
        "(default output: generated/<name>.predictor.ts)",
    )
    .option(
      "--probe",
      "add trainer.probe(batch), which returns activations, gradients, update ratios, and dead or saturated units",
    )
    .option(
      "--pauses",
      "add trainer.pauseAfter(next), which lets epochs() pause between steps, to report, to save or to stop",
    )
    .option(
      "--with-check",
      "also write <name>.check.ts, a program that verifies the trainer on the machine that runs it",
    )
    .option(
      "--sourcemap",
      "also write <file>.map, so that profilers and debuggers show layers and lines of the spec",
    )
    .option(
      "--readable",
      "write kernels as plain loops, with a legend of the notation; plain loops are slower",
    )
    .option("--exact", "skip rewrites that may change rounding")
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
      "tapeless train graphs/digits.json --out digits.ckpt      write a checkpoint after every epoch",
      "tapeless train graphs/digits.json --resume digits.ckpt --epochs 100",
      "tapeless train graphs/digits.json --plot curves.svg --log epochs.jsonl --report report.html",
      "tapeless train graphs/digits.json --serve      show activations and gradients on a local page",
      "tapeless train graphs/digits.json --tensorboard runs/digits",
      "tapeless train fine.json --from digits.ckpt      start from the parameters that match",
      "tapeless train graphs/digits.json --find-learning-rate --plot rates.svg",
      "tapeless train graphs/names.json --resume names.ckpt --sample 20 --temperature 0.8",
      "tapeless train graphs/digits.json --data large.csv --stream      rows stay on disk",
    ]).argument("<spec>", specArgument),
  )
    .option(
      "--stream",
      "keep the rows in a temporary file, for data that is larger than memory (CSV, JSON Lines)",
    )
    .option("--block <rows>", "with --stream: the number of rows per block on disk (default: 4096)", positive)
    .option(
      "--buffer <blocks>",
      "with --stream: the number of blocks in memory, whose rows are shuffled together (default: 32)",
      positive,
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
  command(program, "predict", "predict targets for the rows of a file", [
    "tapeless predict graphs/iris.json iris.ckpt new.csv",
    "tapeless predict graphs/iris.json iris.ckpt new.csv -o predictions.csv",
  ])
    .argument("<spec>", specArgument)
    .argument("<checkpoint>", "a checkpoint written by `tapeless train --out`")
    .argument("<file>", "the rows to predict; only the input columns are read")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .option("--json", "print one JSON object instead of CSV")
    .action(async (spec: string, checkpoint: string, file: string, flags: PredictFlags) =>
      done(await (await import("./predict.ts")).predictSpec(spec, checkpoint, file, flags)),
    );
}

function searchCommand(program: Command, done: Done): void {
  command(
    program,
    "search",
    "train variants of a spec, choose the best on validation data, and test it once",
    [
      "tapeless search graphs/wine.yaml",
      "tapeless search graphs/wine.yaml --threads 8 --csv wine.csv --write-best best.yaml",
      "tapeless search graphs/wine.yaml --shard 0/4      one of four shards; --merge combines their results",
      "tapeless search graphs/wine.yaml --emit slurm --shards 4 -o wine.sh",
      "tapeless search graphs/wine.yaml --engine pytorch --device cuda --threads 1",
    ],
  )
    .argument("<spec>", `${specArgument}, with \`training.search\``)
    .option("--data <file>", "use this data, as for train (default: as in the spec)")
    .addOption(
      new Option(
        "--engine <engine>",
        "train candidates with emitted trainers, or with emitted PyTorch files in Python",
      )
        .choices(["tapeless", "pytorch"])
        .default("tapeless"),
    )
    .addOption(
      new Option("--device <device>", "with --engine pytorch: where to train (default: cpu)").choices([
        "cpu",
        "cuda",
      ]),
    )
    .option("--threads <n>", "train this many candidates at a time (default: one per core)", positive)
    .option(
      "--out <file>",
      "store the results here; the same command resumes from them (default: <name>.search.jsonl)",
    )
    .option("--csv <file>", "write the table of all candidates to this file")
    .option("--write-best <spec>", "write the best candidate as a spec (.json, .yaml)")
    .option(
      "--shard <i/n>",
      "train only shard i of n (i counts from 0); --merge selects the best candidate",
      shard,
    )
    .option("--merge", "combine the results of all shards and test the best candidate")
    .addOption(
      new Option("--emit <scheduler>", "write a script that runs the shards on a cluster").choices(
        schedulers,
      ),
    )
    .option("--shards <n>", "with --emit: split the search into this many shards", positive)
    .option("--image <name>", "with --emit kubernetes: use this container image, which must contain tapeless")
    .option(
      "--volume <claim>",
      "with --emit kubernetes: mount this volume claim, which contains the spec and the data, and receives the results",
    )
    .option("-o, --output <file>", "with --emit: write to this file (default: standard output)")
    .addOption(dtypeOption())
    .option("--json", "print the result as one JSON object")
    .action(async (spec: string, flags: SearchFlags) =>
      done(await (await import("./search.ts")).searchSpec(spec, flags)),
    );
}

function verifyCommand(program: Command, done: Done): void {
  command(program, "verify", "check the emitted gradients, and the code for every compile target", [
    "tapeless verify graphs/digits.json",
    "tapeless verify graphs/digits.json --of dense1.weight",
    "tapeless verify graphs/digits.json --report digits.html      with charts of the error by step size",
    "tapeless verify graphs/digits.json --json",
    "tapeless verify graphs/digits.json --bisect      find the compiler stage that causes an error",
  ])
    .argument("<spec>", specArgument)
    .option("--of <parameter>", "check only the gradient of this parameter")
    .option("--report <file>", "also write the report to this file (.txt, .json, .svg, .html)")
    .option("--bisect", "find the first compiler stage whose result differs from the reference interpreter")
    .option("--json", "print the result as one JSON object")
    .action(async (spec: string, flags: VerifyFlags) =>
      done(await (await import("./verify.ts")).verifySpec(spec, flags)),
    );
}

function inspectCommand(program: Command, done: Done): void {
  command(
    program,
    "inspect",
    "show the layers of a model, and how the compiler derives gradients and kernels",
    [
      "tapeless inspect graphs/digits.json      a table of layers: shapes, parameters, FLOPs, bytes",
      "tapeless inspect graphs/digits.json --show gradients --of dense1.weight",
      "tapeless inspect graphs/digits.json --show gradients --row 1      the numbers of a row",
      "tapeless inspect graphs/digits.json --show passes --pass simplify",
      "tapeless inspect graphs/digits.json --show kernels --of loss",
      "tapeless inspect graphs/digits.json --show kernels --target wasm      estimated and measured times",
      "tapeless inspect graphs/digits.json --show memory --format json",
      "tapeless inspect graphs/residual.ts --show graph --format svg -o graph.svg",
      "tapeless inspect graphs/names.json --show schedule --format svg -o schedule.svg",
      "tapeless inspect model.onnx              the nodes of an ONNX model, or those that are not supported",
    ],
  )
    .argument("<spec>", `${specArgument}, or an ONNX model (.onnx)`)
    .addOption(
      new Option(
        "--show <view>",
        "show this view (default: layers; with --of or a format other than text and json: graph)",
      ).choices(["layers", "graph", "gradients", "passes", "kernels", "memory", "schedule"]),
    )
    .option(
      "--of <name>",
      "show only the gradient of this parameter or the kernels with this name; with --show graph, draw this " +
        "program, or the step with this layer expanded",
    )
    .option("--pass <name>", "with --show passes: show only this pass, with all its changes")
    .option(
      "--row <row>",
      "with --show gradients or --format html: show the numbers of this training row, counted from 1, next to the " +
        "formulas; `worst` selects the row with the largest loss",
      rowChoice,
    )
    .option(
      "--checkpoint <file>",
      "with --row: use the parameters of this checkpoint (default: the initial parameters)",
    )
    .addOption(
      new Option("--format <format>", "use this output format")
        .choices(["text", "json", "tex", "dot", "svg", "html"])
        .default("text"),
    )
    .addOption(targetOption())
    .addOption(
      new Option(
        "--text <form>",
        "with --show kernels: `loops` shows only the loops, `wat` shows WebAssembly text instead",
      ).choices(["loops", "wat"]),
    )
    .option(
      "--no-measure",
      "with --show kernels --target wasm: show only estimates, without running the kernels",
    )
    .addOption(dtypeOption())
    .addOption(skipOption())
    .addOption(stopAfterOption())
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .action(async (spec: string, flags: InspectFlags) =>
      done(await (await import("./inspect.ts")).inspectSpec(spec, flags)),
    );
}

function exportCommand(program: Command, done: Done): void {
  command(program, "export", "write the parameters or the predictor of a checkpoint for other libraries", [
    "tapeless export digits.ckpt -o digits.safetensors",
    "tapeless export digits.ckpt -o digits.npz",
    "tapeless export digits.ckpt --format onnx --spec graphs/digits.json -o digits.onnx      the whole predictor",
    "tapeless export digits.ckpt --format pytorch --spec graphs/digits.json -o torch.safetensors",
  ])
    .argument("<checkpoint>", "a checkpoint written by `tapeless train --out`")
    .requiredOption("-o, --output <file>", "write to this file: .safetensors, .npz or .onnx")
    .addOption(
      new Option(
        "--format <format>",
        "write this format; onnx contains the network with its parameters, and pytorch is the state_dict of the " +
          "emitted PyTorch file, as .safetensors (default: as the file name says)",
      ).choices(["safetensors", "npz", "onnx", "pytorch"]),
    )
    .option("--spec <spec>", "with --format onnx or pytorch: the spec of the checkpoint")
    .action(async (checkpoint: string, flags: ExportFlags) =>
      done(await (await import("./parameters.ts")).exportCheckpoint(checkpoint, flags)),
    );
}

function importCommand(program: Command, done: Done): void {
  command(
    program,
    "import",
    "create a checkpoint from parameters of other libraries, or a spec from an ONNX model",
    [
      "tapeless import digits.safetensors graphs/digits.json -o digits.ckpt",
      "tapeless import torch.safetensors graphs/digits.json > map.yaml         print how tensors become parameters",
      "tapeless import torch.safetensors graphs/digits.json --map map.yaml -o digits.ckpt",
      "tapeless import model.onnx -o model.yaml                                write the spec and model.ckpt",
    ],
  )
    .argument(
      "<file>",
      "an ONNX model; or parameters: .safetensors or .npz, with the names of the model's parameters or as a " +
        "state_dict of PyTorch",
    )
    .argument("[spec]", "for parameters: the spec of their model")
    .option(
      "-o, --output <file>",
      "write the checkpoint, or the spec of an ONNX model, to this file (default: only print what was recognised)",
    )
    .option(
      "--map <file>",
      "take each parameter from the tensor that this file names (default: derive the map)",
    )
    .addOption(
      new Option(
        "--layout <layout>",
        "the names and layouts of the tensors: those of tapeless, of a state_dict of PyTorch, or of the emitted " +
          "PyTorch file (default: detected)",
      ).choices(layoutNames),
    )
    .option(
      "--data <file>",
      "fit the preprocessing to the training rows of this file (default: the file in the spec)",
    )
    .addOption(dtypeOption())
    .action(async (file: string, spec: string | undefined, flags: ImportFlags) =>
      done(await (await import("./parameters.ts")).importFile(file, spec, flags)),
    );
}

function differentiateCommand(program: Command, done: Done): void {
  command(program, "differentiate", "write the derivatives of an ONNX model as an ONNX model", [
    "tapeless differentiate model.onnx -o gradient.onnx                        for all inputs and parameters",
    "tapeless differentiate model.onnx --loss cross-entropy -o gradient.onnx   of a loss of the output",
    'tapeless differentiate model.onnx --of "layer4.*" -o gradient.onnx        only for these names',
  ])
    .argument("<model>", "an ONNX model (.onnx)")
    .requiredOption("-o, --output <file>", "write the model of the derivatives to this file")
    .option(
      "--loss <name>",
      "differentiate this output of the model, or the loss of its output, such as mse (default: its only output)",
    )
    .option(
      "--of <pattern>",
      "with respect to inputs and parameters of these names; * matches any text, repeatable (default: all)",
      collect,
    )
    .addOption(dtypeOption())
    .action(async (model: string, flags: DifferentiateFlags) =>
      done(await (await import("./differentiate.ts")).differentiateFile(model, flags)),
    );
}

function benchCommand(program: Command, done: Done): void {
  command(program, "bench", "measure the speed of the emitted trainer on random data", [
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
    .option("--check", "write nothing; exit with 1 if the file is not up to date")
    .action(async (flags: SchemaFlags) => done(await (await import("./schema.ts")).printSchema(flags)));
}

function playgroundCommand(program: Command, done: Done): void {
  command(program, "playground", "edit, inspect and train specs in your browser", [
    "tapeless playground",
    "tapeless playground --port 8080 --no-open",
    "tapeless playground -o site      write static files for any web host",
  ])
    .option("--port <number>", "serve on this local port (default: 4321, or a free one)", port)
    .option("--no-open", "do not open a browser; only print the address")
    .option("-o, --output <folder>", "write the files of the page to this folder instead of serving them")
    .option("--check", "with -o: write nothing; exit with 1 if the files are not up to date")
    .action(async (flags: PlaygroundFlags) =>
      done(await (await import("./playground.ts")).openPlayground(flags)),
    );
}

function lspCommand(program: Command, _done: Done): void {
  command(program, "lsp", "start the language server, which editors use to check and complete specs", [
    "tapeless lsp      docs/editors.md has the settings of editors",
  ])
    .option("--stdio", "communicate over standard input and output, which is the default")
    .action(async () => (await import("./lsp.ts")).startServer());
}

const skipOption = (): Option =>
  new Option("--skip <stage>", "skip this compiler stage, to see its effect (repeatable)")
    .argParser(collect)
    .default([], "none");

const stopAfterOption = (): Option =>
  new Option("--stop-after <stage>", "skip all optional compiler stages after this one");
