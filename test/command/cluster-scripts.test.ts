// The scripts that run a search on a cluster. If a test fails, a scheduler rejects a script, or a name in the
// script is run as a command.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Job } from "kubernetes-models/batch/v1/Job";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { kubernetesJob, slurmScript } from "../../../src/command/search/shards.ts";
import { shellWord } from "../../../src/compiler/util/message-text.ts";

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

describe("the Slurm script", () => {
  it("is one job array over the shards, and combines their results with `merge`", () => {
    expect(slurmScript(job)).toMatchInlineSnapshot(`
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
      const script = slurmScript({ ...job, args: ["search", name], file: name });
      const echoing = script.replace("${TAPELESS:-npx tapeless}", "printf %s\\\\n").replaceAll("exec ", "");
      const env = { ...process.env, SLURM_ARRAY_TASK_ID: "2" };
      const { stdout } = await execute("bash", ["-c", echoing], { env });
      expect(stdout).toBe(`search\n${name}\n--shard\n2/4\n--threads\n1\n`);
    }
  });
});

describe("the Kubernetes manifest", () => {
  it("is an Indexed Job that the published schema accepts", () => {
    const manifest = parse(kubernetesJob(pod));
    new Job(manifest).validate();
    expect(manifest.spec).toMatchObject({ completionMode: "Indexed", completions: 4, parallelism: 4 });
    // The schema rejects a value of another type.
    expect(() => new Job({ ...manifest, spec: { ...manifest.spec, completions: "4" } }).validate()).toThrow();
  });

  it("gives each pod its shard, and escapes variables in names", () => {
    for (const name of [...hostile, "$(JOB_COMPLETION_INDEX)"]) {
      const text = kubernetesJob({ ...pod, args: ["search", name], image: name, volume: name });
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
      expect(parse(kubernetesJob({ ...pod, name })).metadata.name).toMatch(
        /^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/,
      );
  });
});
