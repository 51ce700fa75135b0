/** Splits a search into shards for several machines, and writes scripts that run them on a cluster. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { shellWord } from "../../compiler/util/message-text.ts";

/** Shard `index` of `count`, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Parses `2/8`; undefined if the text is not a shard. */
export function shardOf(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index < shard.count ? shard : undefined;
}

/** Assigns candidates round-robin, because neighbours have similar training times. */
export const isIn = ({ index, count }: Shard, candidate: number): boolean => candidate % count === index;

/** The results file of a shard: `wine.search.2-of-8.jsonl` next to `wine.search.jsonl`. */
export const shardFile = (whole: string, { index, count }: Shard): string =>
  `${withoutEnding(whole)}.${index}-of-${count}.jsonl`;

const withoutEnding = (file: string): string => file.replace(/\.jsonl$/, "");

/** All existing results files of shards, sorted by name. */
export function shardFiles(whole: string): string[] {
  const folder = dirname(whole);
  const start = `${basename(withoutEnding(whole))}.`;
  const isShard = (name: string) =>
    name.startsWith(start) && /^\d+-of-\d+\.jsonl$/.test(name.slice(start.length));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter(isShard)
    .sort()
    .map((name) => join(folder, name));
}

/** The shards that train these candidates; none if the results files differ in the number of shards. */
export function shardsOf(candidates: readonly number[], files: readonly string[]): Shard[] {
  const [count, ...others] = new Set(files.map((file) => Number(/-of-(\d+)\.jsonl$/.exec(file)?.[1])));
  if (others.length > 0) return [];
  const indices = new Set(candidates.map((candidate) => candidate % count));
  return [...indices].sort((a, b) => a - b).map((index) => ({ index, count }));
}

/** The flags of `tapeless search`. */
export interface EmitFlags {
  readonly emit?: "slurm" | "kubernetes";
  readonly shards?: number;
  readonly image?: string;
  readonly volume?: string;
  readonly output?: string;
}

export interface SearchFlags extends EmitFlags {
  /** What trains the candidates: emitted trainers, or emitted PyTorch files. */
  readonly engine: "tapeless" | "pytorch";
  /** The device of PyTorch. */
  readonly device?: "cpu" | "cuda";
  readonly data?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly csv?: string;
  readonly writeBest?: string;
  readonly shard?: Shard;
  readonly merge?: boolean;
  readonly dtype: "f32" | "f64";
  readonly json?: boolean;
}

// Scripts for Slurm and Kubernetes.

interface ClusterJob {
  /** The name of the model. */
  readonly name: string;
  readonly shards: number;
  /** `search SPEC` and the flags that all shards have. */
  readonly args: readonly string[];
  /** The file name of the script. */
  readonly file: string;
  /** Whether Python trains the candidates. */
  readonly needsPython?: boolean;
}

// A Kubernetes Indexed Job: one pod per shard, all with the same volume.

interface KubernetesJob extends ClusterJob {
  /** A container image that contains the command. */
  readonly image: string;
  /** The claim of the volume for spec, data and results. */
  readonly volume: string;
}

/** The mount point of the volume in pods. */
const folder = "/search";

export function kubernetesJob({
  name,
  shards,
  args,
  file,
  needsPython,
  image,
  volume,
}: KubernetesJob): string {
  const job = `${objectName(name)}-search`;
  const container = {
    name: "shard",
    image,
    workingDir: folder,
    command: ["npx", "tapeless"],
    // Kubernetes replaces $(NAME) with the value of an environment variable, which is the index of the pod.
    args: [...args.map(literal), "--shard", `$(JOB_COMPLETION_INDEX)/${shards}`, "--threads", "1"],
    resources: { requests: { cpu: "1" } },
    volumeMounts: [{ name: "search", mountPath: folder }],
  };
  const manifest = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: job },
    spec: {
      completionMode: "Indexed",
      completions: shards,
      parallelism: shards,
      template: {
        spec: {
          // A restarted pod continues from its results.
          restartPolicy: "OnFailure",
          containers: [container],
          volumes: [{ name: "search", persistentVolumeClaim: { claimName: volume } }],
        },
      },
    },
  };
  return `# The search of ${name} in ${shards} shards. The volume contains spec and data; pods mount it at
# ${folder}.${needsPython ? " The image contains Python with PyTorch and NumPy." : ""}
#
#   kubectl apply -f ${shellWord(file)}
#   kubectl wait --for=condition=complete --timeout=-1s job/${job}
#
# Then run this in the folder of the volume, to combine the results and test the best candidate:
#
#   npx tapeless ${args.map(shellWord).join(" ")} --merge
${stringify(manifest, { lineWidth: 0 })}`;
}

/** Names consist of lower-case letters, digits and hyphens, and must leave room for the suffix of pods. */
const objectName = (name: string): string =>
  name.toLowerCase().replaceAll("_", "-").slice(0, 40).replace(/-+$/, "");

/** Escapes the text so that Kubernetes does not expand variables in it. */
const literal = (text: string): string => text.replaceAll("$(", "$$$$(");

// A Slurm job array: one task per shard. With the argument `merge`, the same script combines the results.

const pythonNote = "\n# Set PYTHON to an interpreter with PyTorch and NumPy, if python3 has none.";

export function slurmScript({ name, shards, args, file, needsPython }: ClusterJob): string {
  const script = shellWord(file);
  return `#!/usr/bin/env bash
# The search of ${name} in ${shards} shards. Submit the job array, and the job that combines the results
# and tests the best candidate:
#
#   shards=$(sbatch --parsable ${script})
#   sbatch --dependency=afterok:$shards --array=0 ${script} merge
#
# Both run in the folder that they are submitted from. To continue an interrupted array, submit it again.
# Set TAPELESS to run another command instead of npx tapeless.${needsPython ? pythonNote : ""}
#SBATCH --job-name=${name}-search
#SBATCH --array=0-${shards - 1}
#SBATCH --output=${name}-search-%A_%a.log
set -euo pipefail
cd -- "\${SLURM_SUBMIT_DIR:-.}"
search=(\${TAPELESS:-npx tapeless} ${args.map(shellWord).join(" ")})
if [ "\${1:-}" = merge ]; then
  exec "\${search[@]}" --merge
fi
exec "\${search[@]}" --shard "$SLURM_ARRAY_TASK_ID/${shards}" --threads "\${SLURM_CPUS_ON_NODE:-1}"
`;
}
