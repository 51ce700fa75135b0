// The Slurm script of a training with PyTorch, on a real Slurm with one node. If the test fails, the job does not run,
// or its result differs from that of one process.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { flowers, flowersCsv, workspace } from "../command/cli/workspace.ts";
import { lacksTorch } from "../support/pytorch.ts";
import { startSlurm, whyNoSlurm } from "../support/slurm.ts";
import { python } from "../support/python.ts";

const reason = lacksTorch() ? "there is no PyTorch" : whyNoSlurm();
const minutes = 60_000;

it.skipIf(reason !== undefined)(
  `trains as one process does${reason === undefined ? "" : ` (not run: ${reason})`}`,
  async () => {
    const place = workspace();
    const own = workspace();
    place.write("my specs/flowers.json", flowers);
    place.write("my specs/flowers.csv", flowersCsv);
    const options = ["--target", "pytorch", "--dtype", "f64", "-o", "my flowers.py"];
    const emitted = await place.run(
      "compile",
      "my specs/flowers.json",
      ...options,
      "--emit",
      "slurm",
      "--processes",
      "2",
    );
    expect(emitted).toMatchObject({ code: 0, stderr: "" });
    const slurm = await startSlurm(own.folder, place.folder, {
      // Debian's PyTorch is built without libuv, which the TCP store of torchrun needs.
      USE_LIBUV: "0",
      TORCH_DISABLE_SHARE_RDZV_TCP_STORE: "1",
      PET_RDZV_CONF: "store_type=file",
      RENDEZVOUS: join(own.folder, "meeting"),
      OMP_NUM_THREADS: "1",
      GLOO_SOCKET_IFNAME: "lo",
    });
    try {
      const job = (await slurm.run("sbatch", "--parsable", "my flowers.slurm.sh", "--epochs", "3")).trim();
      while ((await slurm.run("squeue", "-h", "-j", job)) !== "") await wait(500);
      const args = ["my flowers.py", "--data", "my specs/flowers.csv", "--epochs", "3"];
      const alone = spawnSync(python, args, { cwd: place.folder, encoding: "utf8" });
      expect(alone.status).toBe(0);
      expect(place.read(`flowers-${job}.log`)).toBe(alone.stderr + alone.stdout);
    } finally {
      await slurm.stop();
      place.remove();
      own.remove();
    }
  },
  5 * minutes,
);
