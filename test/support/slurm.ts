// A Slurm cluster of one node for a test. It consists of munged, slurmctld and slurmd; all of their files are
// in a separate folder.
import { execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

export interface Slurm {
  /** Runs a Slurm command. Returns its standard output. */
  run(command: string, ...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Returns why Slurm cannot run here, or undefined if it can. */
export function whyNoSlurm(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may start its daemons";
  const missing = ["munged", "slurmctld", "slurmd", "sbatch"].filter((name) => !isThere(name));
  return missing.length === 0 ? undefined : `there is no ${missing.join(", ")}: Debian's slurm-wlm has them`;
}

function isThere(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** @param cwd the folder from which jobs are submitted; `variables` are those of their environment */
export async function startSlurm(
  folder: string,
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Slurm> {
  const at = (name: string) => join(folder, name);
  for (const name of ["state", "spool"]) mkdirSync(at(name), { recursive: true });
  const socket = at("munge.sock");
  writeFileSync(at("munge.key"), randomBytes(1024), { mode: 0o400 });
  writeFileSync(at("cgroup.conf"), "CgroupPlugin=disabled\n");
  writeFileSync(at("slurm.conf"), configuration(at, socket, await freePort(), await freePort()));
  const env = { ...process.env, ...variables, SLURM_CONF: at("slurm.conf") };
  const start = (command: string, ...args: string[]) =>
    spawn(command, args, { env, cwd: folder, stdio: "ignore" });
  const daemons = [
    start(
      "munged",
      "--foreground",
      "--force",
      ...[
        "key-file=munge.key",
        "socket=munge.sock",
        "pid-file=munged.pid",
        "log-file=munged.log",
        "seed-file=munged.seed",
      ].map((option) => `--${option.replace("=", `=${folder}/`)}`),
    ),
    start("slurmctld", "-D", "-c"),
    start("slurmd", "-D", "-N", hostname()),
  ];
  const run = async (command: string, ...args: readonly string[]) =>
    (await promisify(execFile)(command, args, { env, cwd })).stdout;
  const isReady = () =>
    run("sinfo", "-h", "-o", "%t").then(
      (state) => /^idle/.test(state),
      () => false,
    );
  for (let second = 0; !(await isReady()); second++) {
    if (second === 40) throw new Error("Slurm did not start");
    await wait(1000);
  }
  const stop = async () => {
    for (const daemon of daemons.reverse()) daemon.kill("SIGKILL");
    await wait(200);
  };
  return { run, stop };
}

const configuration = (at: (name: string) => string, socket: string, control: number, node: number): string =>
  [
    "ClusterName=test",
    `SlurmctldHost=${hostname()}(127.0.0.1)`,
    "SlurmUser=root",
    `AuthInfo=socket=${socket}`,
    `StateSaveLocation=${at("state")}`,
    `SlurmdSpoolDir=${at("spool")}`,
    `SlurmctldPort=${control}`,
    `SlurmdPort=${node}`,
    `SlurmctldPidFile=${at("slurmctld.pid")}`,
    `SlurmdPidFile=${at("slurmd.pid")}`,
    `SlurmctldLogFile=${at("slurmctld.log")}`,
    `SlurmdLogFile=${at("slurmd.log")}`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "ReturnToService=2",
    "MailProg=/bin/true",
    `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
    "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
    "",
  ].join("\n");

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
