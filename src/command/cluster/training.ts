/** `tapeless compile --target pytorch --emit slurm|kubernetes`: the script that trains the Python file on a cluster. */
import type { Model } from "../../compiler/spec/types.ts";
import { programFiles } from "../files/read-source.ts";
import type { OutputFile } from "../files/write-file.ts";
import { usageError } from "../terminal/report-error.ts";
import { checkInVolume, checkKubernetes, isScheduler } from "./flags.ts";
import type { ClusterFlags } from "./flags.ts";
import { trainingManifest, trainingScript } from "./scripts.ts";

export interface TrainingFlags extends ClusterFlags<"ts" | "js"> {
  readonly nodes?: number;
  /** The number of processes on each node. */
  readonly processes?: number;
  readonly device?: "cpu" | "cuda";
}

/** @throws DiagnosticError (T1010) for flags that need another flag */
export function checkTraining(flags: TrainingFlags & { readonly target: string }): void {
  const { emit, nodes, processes, device, image, volume, target } = flags;
  const given = Object.entries({ nodes, processes, device, image, volume }).find(
    ([, value]) => value !== undefined,
  );
  if (!isScheduler(emit)) {
    if (given !== undefined) throw usageError(`--${given[0]} needs --emit slurm or --emit kubernetes`);
    return;
  }
  if (target !== "pytorch")
    throw usageError(`--emit ${emit} needs --target pytorch`, "trainers of other targets run in one process");
  checkKubernetes(flags, { image: "PyTorch and NumPy", volume: "the Python file and the data" });
}

const endings = { slurm: ".slurm.sh", kubernetes: ".kubernetes.yaml" } as const;

/** The script next to the Python file `program`. `spec` is the path of the spec as the user gave it. */
export function trainingFile(spec: string, model: Model, program: string, flags: TrainingFlags): OutputFile {
  const { emit, nodes = 1, processes = 1, device = "cpu", image = "", volume = "" } = flags;
  const scheduler = isScheduler(emit) ? emit : "slurm";
  const files = programFiles(spec, model, undefined);
  if (files.data === undefined)
    throw usageError(
      `--emit ${scheduler}: the spec has no data file, so the Python file cannot train by itself`,
      'add "data" to the spec',
    );
  checkInVolume(flags, [program, ...Object.values(files)]);
  const file = program.replace(/\.py$/, "") + endings[scheduler];
  const job = { name: model.name, file, program, files, nodes, processes, device };
  return {
    file,
    content: scheduler === "slurm" ? trainingScript(job) : trainingManifest({ ...job, image, volume }),
  };
}

/** The flags, for the command that brings a file up to date. */
export function trainingWords(flags: TrainingFlags): readonly string[] {
  const { emit, nodes, processes, device, image, volume } = flags;
  if (!isScheduler(emit)) return [];
  return Object.entries({ emit, nodes, processes, device, image, volume }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}
