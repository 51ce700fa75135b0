/**
 * Scripts that run a search or a training on a cluster: a batch script for Slurm, or a manifest of an Indexed Job for
 * Kubernetes. Texts of users are quoted for the shell, or are strings of YAML.
 */
import { stringify } from "yaml";
import { shellWord } from "../../compiler/util/message-text.ts";
import { version } from "../../compiler/spec/version.ts";

interface ClusterJob {
  /** The name of the model. */
  readonly name: string;
  /** The file name of the script. */
  readonly file: string;
}

/** What a Kubernetes job needs besides. */
interface Pods {
  /** A container image that contains the command. */
  readonly image: string;
  /** The claim of the volume for all files that the job reads and writes. */
  readonly volume: string;
}

// Kubernetes.

interface PodFacts extends Pods {
  /** The name of the job. */
  readonly job: string;
  readonly count: number;
  readonly container: string;
  /** Where pods mount the volume. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly resources: object;
  /** The service that names the pods `JOB-INDEX.SERVICE`. */
  readonly service?: string;
  /** Whether processes of a pod exchange data through shared memory, of which pods have only 64 MB by default. */
  readonly sharesMemory?: boolean;
}

/** An Indexed Job: pods with the indices 0, 1, …, all with the same volume. */
function indexedJob({ job, count, container, folder, image, volume, service, ...rest }: PodFacts) {
  const memory = { name: "memory", mountPath: "/dev/shm", source: { emptyDir: { medium: "Memory" } } };
  const volumes = [
    { name: "files", mountPath: folder, source: { persistentVolumeClaim: { claimName: volume } } },
    ...(rest.sharesMemory ? [memory] : []),
  ];
  const pod = {
    restartPolicy: "OnFailure",
    ...(service !== undefined && { subdomain: service }),
    containers: [
      {
        name: container,
        image,
        workingDir: folder,
        command: rest.command,
        args: rest.args,
        resources: rest.resources,
        volumeMounts: volumes.map(({ name, mountPath }) => ({ name, mountPath })),
      },
    ],
    volumes: volumes.map(({ name, source }) => ({ name, ...source })),
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: job },
    spec: { completionMode: "Indexed", completions: count, parallelism: count, template: { spec: pod } },
  };
}

/** Kubernetes replaces $(NAME) with the value of an environment variable. This one is the index of the pod. */
const podIndex = "$(JOB_COMPLETION_INDEX)";

/** Escapes the text so that Kubernetes does not expand variables in it. */
const literal = (text: string): string => text.replaceAll("$(", "$$$$(");

/** Names consist of lower-case letters, digits and hyphens, and must leave room for the suffix of pods. */
const objectName = (name: string): string =>
  name.toLowerCase().replaceAll("_", "-").slice(0, 40).replace(/-+$/, "");

const yaml = (manifest: object): string => stringify(manifest, { lineWidth: 0 });

// A search: one task or pod per shard.

interface SearchJob extends ClusterJob {
  readonly shards: number;
  /** `search SPEC` and the flags that all shards have. */
  readonly args: readonly string[];
  /** Whether Python trains the candidates. */
  readonly needsPython?: boolean;
}

export function searchManifest(search: SearchJob & Pods): string {
  const { name, shards, args, file, needsPython, ...pods } = search;
  const job = `${objectName(name)}-search`;
  const folder = "/search";
  const manifest = indexedJob({
    ...pods,
    job,
    count: shards,
    container: "shard",
    folder,
    command: ["npx", "tapeless"],
    // A restarted pod continues from its results.
    args: [...args.map(literal), "--shard", `${podIndex}/${shards}`, "--threads", "1"],
    resources: { requests: { cpu: "1" } },
  });
  return `# The search of ${name} in ${shards} shards. The volume contains spec and data; pods mount it at
# ${folder}.${needsPython ? " The image contains Python with PyTorch and NumPy." : ""}
#
#   kubectl apply -f ${shellWord(file)}
#   kubectl wait --for=condition=complete --timeout=-1s job/${job}
#
# Then run this in the folder of the volume, to combine the results and test the best candidate:
#
#   npx tapeless ${args.map(shellWord).join(" ")} --merge
${yaml(manifest)}`;
}

const pythonNote = "\n# Set PYTHON to an interpreter with PyTorch and NumPy, if python3 has none.";

/** A job array. With the argument `merge`, the same script combines the results. */
export function searchScript({ name, shards, args, file, needsPython }: SearchJob): string {
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

// A training with PyTorch: torchrun starts the processes of each node. They meet at the first node.

export interface TrainingJob extends ClusterJob {
  /** The Python file. */
  readonly program: string;
  /** The files that the program reads, by its option: `data`, and others for splits with a separate file. */
  readonly files: Readonly<Record<string, string>>;
  readonly nodes: number;
  /** The number of processes on each node, each with its own core, and with its own GPU for cuda. */
  readonly processes: number;
  readonly device: "cpu" | "cuda";
}

const counted = (count: number, what: string, plural = `${what}s`): string =>
  `${count} ${count === 1 ? what : plural}`;

const sizeText = ({ nodes, processes }: TrainingJob): string =>
  `${counted(nodes, "node")} with ${counted(processes, "process", "processes")}${nodes > 1 ? " each" : ""}`;

/** The program and its arguments. */
const programWords = ({ program, files, device }: TrainingJob): readonly string[] => [
  program.startsWith("-") ? `./${program}` : program,
  ...Object.entries(files).map(([option, file]) => `--${option}=${file}`),
  ...(device === "cpu" ? [] : ["--device", device]),
];

export function trainingScript(job: TrainingJob): string {
  const { name, file, nodes, processes, device } = job;
  return `#!/usr/bin/env bash
# @generated by tapeless ${version}: trains ${name} on ${sizeText(job)}.
#
#   sbatch ${shellWord(file)}
#   sbatch --nodes=4 ${shellWord(file)} --epochs 100
#
# Options before the file replace those below; arguments after it are those of the program. The job runs in the
# folder that it is submitted from. Set TORCHRUN to run another command instead of torchrun.
#SBATCH --job-name=${name}
#SBATCH --nodes=${nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=${processes}
${device === "cuda" ? `#SBATCH --gpus-per-node=${processes}\n` : ""}#SBATCH --output=${name}-%j.log
set -euo pipefail
cd -- "\${SLURM_SUBMIT_DIR:-.}"
# The processes of all nodes meet at the first node, at a port that depends on the job.
nodes=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
meeting_point="\${nodes%%$'\\n'*}:$((20000 + SLURM_JOB_ID % 10000))"
exec srun --cpus-per-task=${processes} \${TORCHRUN:-torchrun} \\
  --nnodes="$SLURM_NNODES" --nproc-per-node=${processes} \\
  --rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="\${RENDEZVOUS:-$meeting_point}" \\
  ${programWords(job).map(shellWord).join(" ")} "$@"
`;
}

/** Each pod has its own network address, so its ports are free. */
const port = 29500;

/** The job, and the headless service through which its pods find the first one. */
export function trainingManifest(job: TrainingJob & Pods): string {
  const { name, file, program, nodes, processes, device, image, volume } = job;
  const own = `${objectName(name)}-train`;
  const folder = "/train";
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: own },
    // A pod must be found before it is ready.
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: { "job-name": own },
      ports: [{ port }],
    },
  };
  const cores = { requests: { cpu: String(processes) } };
  const manifest = indexedJob({
    job: own,
    count: nodes,
    container: "node",
    folder,
    image,
    volume,
    service: own,
    sharesMemory: device === "cuda",
    command: ["torchrun"],
    args: [
      `--nnodes=${nodes}`,
      `--nproc-per-node=${processes}`,
      `--node-rank=${podIndex}`,
      `--master-addr=${own}-0.${own}`,
      `--master-port=${port}`,
      ...programWords(job).map(literal),
    ],
    resources: device === "cpu" ? cores : { ...cores, limits: { "nvidia.com/gpu": String(processes) } },
  });
  return `# @generated by tapeless ${version}: trains ${name} on ${sizeText(job)}.
#
#   kubectl apply -f ${shellWord(file)}
#   kubectl wait --for=condition=complete --timeout=-1s job/${own}
#   kubectl logs --selector=job-name=${own} --tail=-1
#
# The volume contains ${shellWord(program)} and the data; pods mount it at ${folder}.
${yaml(service)}---
${yaml(manifest)}`;
}
