/**
 * `tapeless playground`: serves the page on this machine until it is interrupted, or writes its files; or,
 * with --check, whether they are up to date.
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

/** So that an address stays the same from day to day. */
const usualPort = 4321;

export async function openPlayground({ port, open, output, check }: PlaygroundFlags): Promise<number> {
  if (check && output === undefined) throw usageError("--check needs -o, the folder to look at");
  const files = await playgroundFiles();
  if (output !== undefined) return check ? checkAll(output, files) : writeAll(output, files);
  const served = await serve(files, port);
  process.stdout.write(`${served.url}\n`);
  process.stderr.write("The playground is there, for this machine alone, until you press Ctrl+C.\n");
  if (open) openBrowser(served.url);
  await interrupted();
  await served.close();
  return 0;
}

async function serve(files: ReadonlyMap<string, string>, port: number | undefined): Promise<ServedFiles> {
  const at = (wanted: number) => serveFiles(files, { port: wanted, policy: playgroundPolicy });
  try {
    return await at(port ?? usualPort);
  } catch (error) {
    if (port === undefined) return at(0);
    throw usageError(`--port ${port}: ${portReason(error)}`, "leave --port out to take a free one");
  }
}

const portReason = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "another program has this port";
  if (code === "EACCES") return "this port needs rights that you do not have";
  return String(error);
};

/** The first file that is not what would be written decides. */
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
    throw usageError(`${folder} cannot be made: ${fileReason(error)}`);
  });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  process.stderr.write(`${files.size} files in ${folder}: open its index.html\n`);
  return 0;
}

/** Nobody's site is written over: the folder is new, empty, or has a playground. @throws DiagnosticError (T1014) */
async function checkOwn(folder: string): Promise<void> {
  // What is no folder, or may not be read, is told when it is made or written to.
  const found = await readdir(folder).catch(() => []);
  const seen = found.filter((name) => !name.startsWith(".")).sort();
  if (seen.length === 0) return;
  const page = await readFile(join(folder, "index.html"), "utf8").catch(() => "");
  if (isPlayground(page)) return;
  const named = seen.slice(0, 3).join(", ") + (seen.length > 3 ? ", …" : "");
  throw new DiagnosticError([
    {
      code: "T1014",
      severity: "error",
      message: `-o ${folder}: the folder has files, and they are no playground's: ${named}`,
      hint: "name a folder that is new or empty, or one that a playground was written to",
    },
  ]);
}

/** What opens an address on each system; where there is none, the printed address has to do. */
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
