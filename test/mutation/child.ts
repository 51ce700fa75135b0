/** Runs a program with a time limit. When the program ends, all processes that it started are killed. */
import { spawn } from "node:child_process";

export interface Ended {
  /** The exit code; undefined if the time limit or a signal ended the program. */
  readonly code: number | undefined;
  readonly output: string;
  readonly isLate: boolean;
}

export function runNode(
  parts: readonly string[],
  cwd: string,
  seconds: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, parts, {
      cwd,
      // The program has its own process group, so that its workers can be killed with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let output = "";
    let isLate = false;
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group has already ended.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, 1000 * seconds);
    process.once("exit", end);
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.on("close", (code) => {
      clearTimeout(timer);
      process.removeListener("exit", end);
      end();
      resolve({ code: code ?? undefined, output, isLate });
    });
  });
}
