// The command line as a function, in this process: a process of its own would take longer to start than most
// commands to run. It takes the folder that it is loaded in for the one that paths are from; that must be
// none which is removed after a test.
import "esbuild";
import { main } from "../../src/command/cli/main.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Folder, output and environment are the process's: one command at a time. */
let last: Promise<unknown> = Promise.resolve();

/** Runs one command in a folder, as `npx tapeless …` would; not for what ends by a signal, or ends the process. */
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

/** Keeps what is written to a stream, until it is released. */
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
