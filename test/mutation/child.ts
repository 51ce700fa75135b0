/** Runs a program with a time limit; at its end nothing that it started is left. */
import { spawn } from "node:child_process";

export interface Ended {
  /** Undefined where the time limit or a signal ended it. */
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
      // A group of its own, so that its workers end with it.
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
        // The group has ended by itself.
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
