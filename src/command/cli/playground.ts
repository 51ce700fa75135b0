/**
 * `tapeless playground`: serves the page locally until it is interrupted, or writes its files; with --check,
 * reports whether they are up to date.
 */
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import { playgroundFiles } from "../../studio/web/playground-files.ts";
import { isPlayground, playgroundPolicy } from "../../studio/web/page-html.ts";
import { serveFiles, type ServedFiles } from "../../studio/web/serve-files.ts";
import { checkFile, writeFile } from "../files/write-file.ts";
import { usageError } from "../terminal/report-error.ts";

export interface PlaygroundFlags {
  readonly port?: number;
  readonly open: boolean;
  readonly output?: string;
  readonly check?: boolean;
}

/** A fixed port keeps the address the same between sessions. */
const defaultPort = 4321;

export async function openPlayground({ port, open, output, check }: PlaygroundFlags): Promise<number> {
  if (check && output === undefined) throw usageError("--check needs -o, the folder to check");
  const files = await playgroundFiles();
  if (output !== undefined) return check ? checkAll(output, files) : writeAll(output, files);
  const served = await serve(files, port);
  process.stdout.write(`${served.url}\n`);
  process.stderr.write("The playground runs locally until you press Ctrl-C.\n");
  if (open) openBrowser(served.url);
  await interrupted();
  await served.close();
  return 0;
}

async function serve(files: ReadonlyMap<string, string>, port: number | undefined): Promise<ServedFiles> {
  const at = (wanted: number) => serveFiles(files, { port: wanted, policy: playgroundPolicy });
  try {
    return await at(port ?? defaultPort);
  } catch (error) {
    if (port === undefined) return at(0);
    throw usageError(`--port ${port}: ${portReason(error)}`, "omit --port to use a free port");
  }
}

const portReason = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "another program uses this port";
  if (code === "EACCES") return "you do not have permission to use this port";
  return String(error);
};

/** Stops at the first file that is not up to date. */
async function checkAll(folder: string, files: ReadonlyMap<string, string>): Promise<number> {
  for (const [name, text] of files) {
    const code = await checkFile(join(folder, name), text, `tapeless playground -o ${folder}`);
    if (code !== 0) return code;
  }
  return 0;
}

async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<number> {
  await checkOwn(folder);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw usageError(`cannot create the folder ${folder}: ${fileReason(error)}`);
  });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  process.stderr.write(`wrote ${files.size} files to ${folder}: open index.html there\n`);
  return 0;
}

/**
 * Protects other files: the folder must be new, be empty, or contain a playground. @throws DiagnosticError
 * (T1014)
 */
async function checkOwn(folder: string): Promise<void> {
  // A path that is not a readable folder is reported when the folder is created or written to.
  const found = await readdir(folder).catch(() => []);
  const visible = found.filter((name) => !name.startsWith(".")).sort();
  if (visible.length === 0) return;
  const page = await readFile(join(folder, "index.html"), "utf8").catch(() => "");
  if (isPlayground(page)) return;
  const named = visible.slice(0, 3).join(", ") + (visible.length > 3 ? ", …" : "");
  throw new DiagnosticError([
    {
      code: "T1014",
      severity: "error",
      message: `-o ${folder}: the folder contains files that are not part of a playground: ${named}`,
      hint: "choose a folder that is new, is empty, or contains a playground",
    },
  ]);
}

/**
 * Opens an address with the system's command. Without such a command, the user can open the printed address.
 */
function openBrowser(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ["open", url],
    win32: ["cmd", "/c", "start", "", url],
  };
  const [command, ...args] = openers[process.platform] ?? ["xdg-open", url];
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
