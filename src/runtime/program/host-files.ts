// The files of the host (Node, Deno, Bun), as far as a program uses them.
import { InputError } from "../core/input-error.ts";

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
  readFile(path: string, encoding: "utf8"): Promise<string>;
  writeFile(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  appendFile(path: string, text: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
  open(path: string): Promise<{ sync(): Promise<void>; close(): Promise<void> }>;
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<FileStatus>;
}

/** An address as hosts take it in place of a path. */
interface FileUrl {
  readonly href: string;
}

interface HostPaths {
  realpath(path: string | FileUrl): Promise<string>;
}

// Through a variable: bundlers and type checkers then look for no module.
export async function hostFiles(): Promise<HostFiles & HostPaths> {
  const specifier: string = "node:fs/promises";
  const files: HostFiles & HostPaths = await import(specifier);
  return files;
}

/** Reads a file, or says that it cannot be read, or that `out`, which is to be written, is the same file. */
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

/** The result of the work; what the host says of its failure becomes the reason why it cannot be done. */
export function orRefuse<T>(what: string, work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw new InputError(`cannot ${what}: ${error.message}`);
  });
}

/** Whether two paths lead to one file that is there. */
export async function isSameFile({ realpath }: HostPaths, a: string, b: string | FileUrl): Promise<boolean> {
  const file = await realpath(a).catch(() => undefined);
  return file !== undefined && file === (await realpath(b).catch(() => undefined));
}
