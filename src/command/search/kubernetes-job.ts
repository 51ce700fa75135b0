// A search as an Indexed Job of Kubernetes: one pod for each shard, all on one volume.
import { stringify } from "yaml";
import type { ClusterJob } from "./cluster-job.ts";
import { shellWord } from "../../compiler/util/shell-word.ts";

export interface KubernetesJob extends ClusterJob {
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
  return `# The search of ${name} in ${shards} shards. The volume holds spec and data, where the pods see it as ${folder}.
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
