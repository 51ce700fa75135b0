/** A search split into shards for several machines, and the scripts that run them on a cluster. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { shellWord } from "../../compiler/util/message-text.ts";

// The candidates that a shard tries, and the file that keeps its outcomes until they are joined.

/** The `index`-th of `count` parts, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** `2/8`; undefined for what is no shard. */
export function shardOf(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index < shard.count ? shard : undefined;
}

/**
 * Candidates are dealt out like cards, so that neighbours, which take as long as each other, go to different
 * shards.
 */
export const isIn = ({ index, count }: Shard, candidate: number): boolean => candidate % count === index;

/** The results file of a shard: `wine.search.2-of-8.jsonl` beside `wine.search.jsonl`. */
export const shardFile = (whole: string, { index, count }: Shard): string =>
  `${withoutEnding(whole)}.${index}-of-${count}.jsonl`;

const withoutEnding = (file: string): string => file.replace(/\.jsonl$/, "");

/** The results files of all shards that there are, in order of their names. */
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

/** The shards that these candidates are of, if the results files are all of one cut. */
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

// What a script for a cluster needs to know of a search.

interface ClusterJob {
  /** The model's. */
  readonly name: string;
  readonly shards: number;
  /** `search SPEC` and the flags that every part of it has. */
  readonly args: readonly string[];
  /** How the script itself is called. */
  readonly file: string;
}

// A search as an Indexed Job of Kubernetes: one pod for each shard, all on one volume.

interface KubernetesJob extends ClusterJob {
  /** Holds the command. */
  readonly image: string;
  /** The claim of the volume that holds spec and data, and takes the results. */
  readonly volume: string;
}

/** Where the pods see the volume. */
const folder = "/search";

export function kubernetesJob({ name, shards, args, file, image, volume }: KubernetesJob): string {
  const job = `${objectName(name)}-search`;
  const container = {
    name: "shard",
    image,
    workingDir: folder,
    command: ["npx", "tapeless"],
    // Kubernetes replaces $(NAME) by the variable; the index of the pod is one.
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
          // A pod that is started again goes on from its results.
          restartPolicy: "OnFailure",
          containers: [container],
          volumes: [{ name: "search", persistentVolumeClaim: { claimName: volume } }],
        },
      },
    },
  };
  return `# The search of ${name} in ${shards} shards. The volume holds spec and data; pods mount it at
# ${folder}.
#
#   kubectl apply -f ${shellWord(file)}
#   kubectl wait --for=condition=complete --timeout=-1s job/${job}
#
# Then, where the volume is the current folder, this joins the results and judges the best:
#
#   npx tapeless ${args.map(shellWord).join(" ")} --merge
${stringify(manifest, { lineWidth: 0 })}`;
}

/** An object's name is lower-case letters, digits and hyphens, and pods add to it. */
const objectName = (name: string): string =>
  name.toLowerCase().replaceAll("_", "-").slice(0, 40).replace(/-+$/, "");

/** So that nothing in it is taken for a variable. */
const literal = (text: string): string => text.replaceAll("$(", "$$$$(");

// A search as a Slurm job array: one task for each shard. The same script joins the results, when it is told to.

export function slurmScript({ name, shards, args, file }: ClusterJob): string {
  const script = shellWord(file);
  return `#!/usr/bin/env bash
# The search of ${name} in ${shards} shards. Submit the job array, and the job that joins the results
# and evaluates the best:
#
#   shards=$(sbatch --parsable ${script})
#   sbatch --dependency=afterok:$shards --array=0 ${script} merge
#
# Both run in the folder that they are submitted from. An interrupted array continues where it stopped
# when it is submitted again. TAPELESS is the command to call instead of npx.
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
