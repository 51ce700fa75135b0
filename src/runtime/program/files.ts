// Reads files, and writes them atomically, on Node, Deno and Bun.
import { InputError } from "../step/errors.ts";

interface WriteOptions {
  flag: string;
  flush?: boolean;
  mode?: number | undefined;
}
interface FileStatus {
  readonly mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface HostFiles {
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  appendFile(path: string, text: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
  open(path: string): Promise<{
    sync(): Promise<void>;
    close(): Promise<void>;
    createReadStream(options: { encoding: "utf8" }): AsyncIterable<string>;
  }>;
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<FileStatus>;
}

/** A URL. Hosts accept it instead of a path. */
interface FileUrl {
  readonly href: string;
}

interface HostPaths {
  realpath(path: string | FileUrl): Promise<string>;
}

// The name of the module is in a variable, so that bundlers and type checkers do not resolve it.
export async function hostFiles(): Promise<HostFiles & HostPaths> {
  const specifier: string = "node:fs/promises";
  const files: HostFiles & HostPaths = await import(specifier);
  return files;
}

/** Reads a file. Throws if it cannot be read, or if it is the output file `out`. */
export async function reading<T>(
  path: string,
  read: (files: HostFiles) => Promise<T>,
  out?: string,
): Promise<T> {
  const files = await hostFiles();
  if (out !== undefined && (await isSameFile(files, path, out)))
    throw new InputError(`cannot write ${out}: it is the input ${path}`);
  return orRefuse(`read ${path}`, read(files));
}

/** Reads a text file in UTF-8 piece by piece. Throws as `reading` does. */
export const eachPiece = (path: string, take: (piece: string) => void, out?: string): Promise<void> =>
  reading(
    path,
    async (files) => {
      const file = await files.open(path);
      for await (const piece of file.createReadStream({ encoding: "utf8" })) take(piece);
    },
    out,
  );

/**
 * Awaits the work. Converts an error of the host to an InputError, whose message names the failed operation
 * and the reason.
 */
function orRefuse<T>(what: string, work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw error instanceof InputError ? error : new InputError(`cannot ${what}: ${error.message}`);
  });
}

/** Whether two paths refer to the same existing file. */
export async function isSameFile({ realpath }: HostPaths, a: string, b: string | FileUrl): Promise<boolean> {
  const file = await realpath(a).catch(() => undefined);
  return file !== undefined && file === (await realpath(b).catch(() => undefined));
}

declare const crypto: { randomUUID(): string };

/** Writes the whole output file. */
type WriteOutput = (bytes: Uint8Array) => Promise<void>;

/**
 * Prepares an output file before its content is computed. Creates its folder, checks that it can be written,
 * and removes partial files of killed runs. The returned function writes the file atomically. Links are
 * followed. A device such as /dev/null is written directly.
 */
export async function openOutput(path: string): Promise<WriteOutput> {
  const files = await hostFiles();
  const what = `write ${path}`;
  const target = await orRefuse(what, checkOutput(files, path));
  return (bytes) => orRefuse(what, target ? replaceFile(files, target, bytes) : files.writeFile(path, bytes));
}

/**
 * Returns the file to replace, or undefined for a device. Throws the error of the host if the file cannot be
 * written.
 */
export async function checkOutput(files: HostFiles, path: string): Promise<string | undefined> {
  const target = await outputTarget(files, path);
  if (target === undefined) return undefined;
  const [folder, start] = partialIn(target);
  for (const other of await files.readdir(folder).catch(() => []))
    if (other.startsWith(start) && /^\w{8}\.partial$/.test(other.slice(start.length)))
      await files.rm(folder + other, { force: true });
  const probe = newPartial(target);
  await files.writeFile(probe, new Uint8Array(0), { flag: "wx" });
  await files.rm(probe, { force: true });
  return target;
}

/** Like `checkOutput`, but does not check that a partial file can be written next to the file. */
export async function outputTarget(files: HostFiles, path: string): Promise<string | undefined> {
  const status = await files.stat(path).catch(() => undefined);
  if (status && !status.isFile() && !status.isDirectory()) return undefined;
  // Appending nothing fails for a folder and for a read-only file.
  if (status || /[/\\]$/.test(path)) await files.appendFile(path, "");
  const target = await targetOf(files, path);
  await files.mkdir(partialIn(target)[0], { recursive: true });
  return target;
}

/** Atomic write: partial file, fsync, rename. */
export async function replaceFile(
  files: HostFiles,
  target: string,
  bytes: Uint8Array,
  tries = 20,
): Promise<void> {
  const partial = newPartial(target);
  try {
    const mode = (await files.stat(target).catch(() => undefined))?.mode;
    await files.writeFile(partial, bytes, { flag: "wx", flush: true, mode });
    if (mode !== undefined) await files.chmod(partial, mode);
    await files.rename(partial, target);
  } catch (error) {
    // Another run may have removed this partial file, because it looks like a file that a killed run left
    // behind. If so, write it again.
    const wasRemoved = (await files.stat(partial).catch(() => undefined)) === undefined;
    await files.rm(partial, { force: true });
    if (!wasRemoved || tries === 1) throw error;
    return replaceFile(files, target, bytes, tries - 1);
  }
  const folder = await files.open(partialIn(target)[0]).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/**
 * Returns the folder of a file, and the prefix of the names of its partial files. The prefix contains at most
 * 60 characters of the file's name, because a longer name could exceed the maximum length of names.
 */
function partialIn(target: string): [folder: string, start: string] {
  const name = target.replace(/^.*[/\\]/s, "");
  return [target.slice(0, -name.length) || "./", `.${name.slice(0, 60)}.`];
}

/** Returns a random name, which no other process uses, even in another container. */
const newPartial = (target: string): string =>
  `${partialIn(target).join("")}${crypto.randomUUID().slice(0, 8)}.partial`;

/** Returns the file to which a path refers. Follows links, even links to files that do not exist yet. */
async function targetOf(files: HostFiles, path: string, links = 9): Promise<string> {
  const target = await files.realpath(path).catch(() => undefined);
  const link =
    target === undefined && links > 0 ? await files.readlink(path).catch(() => undefined) : undefined;
  if (link === undefined) return target ?? path;
  const isWhole = /^([/\\]|\w:)/.test(link);
  return targetOf(files, isWhole ? link : path.replace(/[^/\\]*$/, link), links - 1);
}
