/** `tapeless search --emit`: the script that runs the shards of a search on a cluster. */
import { isAbsolute } from "node:path";
import { kubernetesJob, slurmScript } from "../search/cluster-jobs.ts";
import type { EmitFlags, SearchFlags } from "../search/shards.ts";
import { usageError } from "../terminal/report-error.ts";
import { writeFile } from "../files/write-file.ts";

/** @throws DiagnosticError (T1010) for flags that say too little or too much */
export function checkEmit({ emit, shards, image, volume, output }: EmitFlags): void {
  const named = Object.entries({ shards, image, volume, output }).filter(([, value]) => value !== undefined);
  if (emit === undefined && named.length > 0)
    throw usageError(
      `--${named[0][0]} belongs to --emit`,
      "--emit slurm and --emit kubernetes write scripts",
    );
  if (emit !== undefined && shards === undefined)
    throw usageError("--emit needs to know in how many parts the search is cut", "add --shards N");
  const missing = image === undefined ? "--image" : volume === undefined ? "--volume" : undefined;
  if (emit === "kubernetes" && missing !== undefined)
    throw usageError(
      `--emit kubernetes needs ${missing}`,
      missing === "--image"
        ? "--image NAME: a container image that holds tapeless"
        : "--volume CLAIM: the claim of a volume with the spec and its data, which takes the results",
    );
  if (emit === "slurm" && (image !== undefined || volume !== undefined))
    throw usageError("--image and --volume belong to --emit kubernetes");
}

/** `name` is the model's, `spec` the file as it was given. */
export async function emitSearch(name: string, spec: string, flags: SearchFlags): Promise<void> {
  const outside = [spec, flags.data, flags.out].find((file) => file !== undefined && isAbsolute(file));
  if (flags.emit === "kubernetes" && outside !== undefined)
    throw usageError(`${outside}: a pod sees the volume alone`, "name files relative to the volume's folder");
  const { emit, shards = 1, image = "", volume = "", output, data, out, dtype } = flags;
  const args = [
    "search",
    spec.startsWith("-") ? `./${spec}` : spec,
    ...(data === undefined ? [] : ["--data", data]),
    ...(out === undefined ? [] : ["--out", out]),
    ...(dtype === "f32" ? [] : ["--dtype", dtype]),
  ];
  const job = { name, shards, args, file: output ?? "FILE" };
  const text = emit === "kubernetes" ? kubernetesJob({ ...job, image, volume }) : slurmScript(job);
  if (output === undefined) process.stdout.write(text);
  else await writeFile(output, text);
}
