// Runs the command line in this process, because starting a process takes longer than most commands do. When
// esbuild is loaded, it stores the current folder, so this module must not be loaded in a folder that a test
// removes later.
import "esbuild";
import { main } from "../../src/command/cli/main.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Working folder, output and environment belong to the process, so only one command runs at a time. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs one command in a folder, like `npx tapeless …`. Do not use it for commands that a signal ends, or that
 * end the process.
 */
export function runTapeless(folder: string, args: readonly string[]): Promise<Outcome> {
  const outcome = last.then(() => runAlone(folder, args));
  last = outcome.catch(() => undefined);
  return outcome;
}

async function runAlone(folder: string, args: readonly string[]): Promise<Outcome> {
  const { NO_COLOR } = process.env;
  const before = process.cwd();
  const stdout = caught(process.stdout);
  const stderr = caught(process.stderr);
  process.env.NO_COLOR = "1";
  process.chdir(folder);
  try {
    const code = await main(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(before);
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = NO_COLOR;
    stdout.release();
    stderr.release();
  }
}

/** Captures what is written to a stream until it is released. */
function caught(stream: NodeJS.WriteStream) {
  const { write } = stream;
  const errorListeners = stream.listeners("error");
  let written = "";
  stream.write = (chunk: string | Uint8Array) => {
    written += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  return {
    text: () => written,
    release() {
      stream.write = write;
      for (const listener of stream.listeners("error"))
        if (!errorListeners.includes(listener)) stream.removeListener("error", listener as () => void);
    },
  };
}
