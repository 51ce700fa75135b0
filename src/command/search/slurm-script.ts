// A search as a Slurm job array: one task for each shard. The same script joins the results, when it is told to.
import type { ClusterJob } from "./cluster-job.ts";
import { shellWord } from "../../compiler/util/shell-word.ts";

export function slurmScript({ name, shards, args, file }: ClusterJob): string {
  const script = shellWord(file);
  return `#!/usr/bin/env bash
# The search of ${name} in ${shards} shards. Submit the job array, and the job that joins the results and judges the best:
#
#   shards=$(sbatch --parsable ${script})
#   sbatch --dependency=afterok:$shards --array=0 ${script} merge
#
# Both run in the folder that they are submitted from. An array that was interrupted goes on from what was done when it is submitted
# again. TAPELESS says how the command is called, if not by npx.
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
