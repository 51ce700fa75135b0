// The scripts that run a search or a training on a cluster. If a test fails, a scheduler rejects a script, or a name in
// the script is run as a command.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Job } from "kubernetes-models/batch/v1/Job";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Service } from "kubernetes-models/v1/Service";
import { parse, parseAllDocuments } from "yaml";
import {
  searchManifest,
  searchScript,
  trainingManifest,
  trainingScript,
} from "../../src/command/cluster/scripts.ts";
import type { TrainingJob } from "../../src/command/cluster/scripts.ts";
import { shellWord } from "../../src/compiler/util/message-text.ts";

const job = { name: "wine", shards: 4, args: ["search", "my specs/wine.yaml"], file: "wine search.sh" };
const pod = { ...job, image: "registry/tapeless:1", volume: "wines" };
const execute = promisify(execFile);
const hostile = [
  "$(touch pwned)",
  "it's; rm -rf $HOME",
  "`id`",
  'a"b\\',
  "one\ntwo\r",
  "\u0007bell",
  "",
  "*",
  "~",
];

describe("shellWord", () => {
  it("quotes any text as one word on one line", async () => {
    const texts = [
      ...hostile,
      ...fc.sample(fc.string({ unit: "grapheme" }), 60),
      ...fc.sample(fc.string({ unit: "binary-ascii" }), 60),
    ];
    const words = texts.map((text) => text.replaceAll("\0", ""));
    expect(words.map(shellWord).filter((word) => /[\n\r]/.test(word))).toEqual([]);
    const { stdout } = await execute("bash", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`]);
    expect(stdout.split("\0").slice(0, -1)).toEqual(words);
  });
});

describe("the Slurm script of a search", () => {
  it("is one job array over the shards, and combines their results with `merge`", () => {
    expect(searchScript(job)).toMatchInlineSnapshot(`
      "#!/usr/bin/env bash
      # The search of wine in 4 shards. Submit the job array, and the job that combines the results
      # and tests the best candidate:
      #
      #   shards=$(sbatch --parsable 'wine search.sh')
      #   sbatch --dependency=afterok:$shards --array=0 'wine search.sh' merge
      #
      # Both run in the folder that they are submitted from. To continue an interrupted array, submit it again.
      # Set TAPELESS to run another command instead of npx tapeless.
      #SBATCH --job-name=wine-search
      #SBATCH --array=0-3
      #SBATCH --output=wine-search-%A_%a.log
      set -euo pipefail
      cd -- "\${SLURM_SUBMIT_DIR:-.}"
      search=(\${TAPELESS:-npx tapeless} search 'my specs/wine.yaml')
      if [ "\${1:-}" = merge ]; then
        exec "\${search[@]}" --merge
      fi
      exec "\${search[@]}" --shard "$SLURM_ARRAY_TASK_ID/4" --threads "\${SLURM_CPUS_ON_NODE:-1}"
      "
    `);
  });

  it("quotes all names for bash", async () => {
    for (const name of hostile) {
      const script = searchScript({ ...job, args: ["search", name], file: name });
      const echoing = script.replace("${TAPELESS:-npx tapeless}", "printf %s\\\\n").replaceAll("exec ", "");
      const env = { ...process.env, SLURM_ARRAY_TASK_ID: "2" };
      const { stdout } = await execute("bash", ["-c", echoing], { env });
      expect(stdout).toBe(`search\n${name}\n--shard\n2/4\n--threads\n1\n`);
    }
  });
});

describe("the Kubernetes manifest of a search", () => {
  it("is an Indexed Job that the published schema accepts", () => {
    const manifest = parse(searchManifest(pod));
    new Job(manifest).validate();
    expect(manifest.spec).toMatchObject({ completionMode: "Indexed", completions: 4, parallelism: 4 });
    // The schema rejects a value of another type.
    expect(() => new Job({ ...manifest, spec: { ...manifest.spec, completions: "4" } }).validate()).toThrow();
  });

  it("gives each pod its shard, and escapes variables in names", () => {
    for (const name of [...hostile, "$(JOB_COMPLETION_INDEX)"]) {
      const text = searchManifest({ ...pod, args: ["search", name], image: name, volume: name });
      const manifest = parse(text);
      new Job(manifest).validate();
      const [container] = manifest.spec.template.spec.containers;
      expect(container.image).toBe(name);
      expect(container.args.slice(2)).toEqual(["--shard", "$(JOB_COMPLETION_INDEX)/4", "--threads", "1"]);
      expect(container.args[1].replaceAll("$$(", "$(")).toBe(name);
      expect(container.args[1]).not.toMatch(/(^|[^$])\$\(/);
    }
  });

  it("has a valid name for any name of the model", () => {
    for (const name of ["Wine_2", `A${"b".repeat(60)}`, "x-"])
      expect(parse(searchManifest({ ...pod, name })).metadata.name).toMatch(
        /^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/,
      );
  });
});

const training: TrainingJob = {
  name: "wine",
  program: "my models/wine.py",
  files: { data: "graphs/data/wine.csv" },
  nodes: 2,
  processes: 8,
  device: "cuda",
  file: "my models/wine.slurm.sh",
};

describe("the Slurm script of a training", () => {
  it("starts torchrun on each node, and all processes meet at the first node", () => {
    expect(trainingScript(training)).toMatchInlineSnapshot(`
      "#!/usr/bin/env bash
      # @generated by tapeless 0.1.0: trains wine on 2 nodes with 8 processes each.
      #
      #   sbatch 'my models/wine.slurm.sh'
      #   sbatch --nodes=4 'my models/wine.slurm.sh' --epochs 100
      #
      # Options before the file replace those below; arguments after it are those of the program. The job runs in the
      # folder that it is submitted from. Set TORCHRUN to run another command instead of torchrun.
      #SBATCH --job-name=wine
      #SBATCH --nodes=2
      #SBATCH --ntasks-per-node=1
      #SBATCH --cpus-per-task=8
      #SBATCH --gpus-per-node=8
      #SBATCH --output=wine-%j.log
      set -euo pipefail
      cd -- "\${SLURM_SUBMIT_DIR:-.}"
      # The processes of all nodes meet at the first node, at a port that depends on the job.
      nodes=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
      meeting_point="\${nodes%%$'\\n'*}:$((20000 + SLURM_JOB_ID % 10000))"
      exec srun --cpus-per-task=8 \${TORCHRUN:-torchrun} \\
        --nnodes="$SLURM_NNODES" --nproc-per-node=8 \\
        --rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="\${RENDEZVOUS:-$meeting_point}" \\
        'my models/wine.py' --data=graphs/data/wine.csv --device cuda "$@"
      "
    `);
  });

  it("quotes all names for bash, and passes arguments on", async () => {
    for (const name of hostile.filter((each) => each !== "")) {
      const script = trainingScript({
        ...training,
        program: name,
        files: { data: name, test: name },
        file: name,
        device: "cpu",
      });
      const echoing = script
        .replace("exec srun --cpus-per-task=8 ${TORCHRUN:-torchrun}", "printf %s\\\\0")
        .replace('$(scontrol show hostnames "$SLURM_JOB_NODELIST")', () => "$'node7\\nnode8'");
      const env = { ...process.env, SLURM_JOB_ID: "1012345", SLURM_NNODES: "2" };
      const { stdout } = await execute("bash", ["-c", echoing, "script", "--epochs", "a b"], { env });
      expect(stdout.split("\0").slice(0, -1)).toEqual([
        "--nnodes=2",
        "--nproc-per-node=8",
        "--rdzv-id=1012345",
        "--rdzv-backend=c10d",
        "--rdzv-endpoint=node7:22345",
        name.startsWith("-") ? `./${name}` : name,
        `--data=${name}`,
        `--test=${name}`,
        "--epochs",
        "a b",
      ]);
    }
  });
});

describe("the Kubernetes manifest of a training", () => {
  const manifestsOf = (job: TrainingJob, image = "pytorch:1", volume = "wines") =>
    parseAllDocuments(trainingManifest({ ...job, image, volume })).map((document) => document.toJS());

  it("is a headless Service and an Indexed Job that the published schemas accept", () => {
    const [service, own] = manifestsOf(training);
    new Service(service).validate();
    new Job(own).validate();
    expect(() => new Service({ ...service, spec: { ...service.spec, ports: [{}] } }).validate()).toThrow();
    expect(service.spec.clusterIP).toBe("None");
    expect(own.spec).toMatchObject({ completionMode: "Indexed", completions: 2, parallelism: 2 });
    const pod = own.spec.template.spec;
    // Kubernetes names pod 0 JOB-0.SUBDOMAIN if the service with the name SUBDOMAIN selects the pod.
    expect(pod.subdomain).toBe(service.metadata.name);
    expect(service.spec.selector).toEqual({ "job-name": own.metadata.name });
    expect(pod.containers[0].args).toEqual([
      "--nnodes=2",
      "--nproc-per-node=8",
      "--node-rank=$(JOB_COMPLETION_INDEX)",
      "--master-addr=wine-train-0.wine-train",
      "--master-port=29500",
      "my models/wine.py",
      "--data=graphs/data/wine.csv",
      "--device",
      "cuda",
    ]);
    expect(pod.containers[0].resources.limits).toEqual({ "nvidia.com/gpu": "8" });
  });

  it("keeps all names strings, and needs no GPU on the CPU", () => {
    for (const name of hostile) {
      const job: TrainingJob = {
        ...training,
        program: name,
        files: { data: name, test: name },
        file: name,
        device: "cpu",
      };
      const [service, own] = manifestsOf(job, name, name);
      new Service(service).validate();
      new Job(own).validate();
      const pod = own.spec.template.spec;
      expect(pod.containers[0].args.slice(5).map((arg: string) => arg.replaceAll("$$(", "$("))).toEqual([
        name,
        `--data=${name}`,
        `--test=${name}`,
      ]);
      expect([pod.containers[0].image, pod.volumes]).toEqual([
        name,
        [{ name: "files", persistentVolumeClaim: { claimName: name } }],
      ]);
      expect(pod.containers[0].resources).toEqual({ requests: { cpu: "8" } });
    }
  });
});
