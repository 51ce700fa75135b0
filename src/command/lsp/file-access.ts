/**
 * The files that the language server may read for a spec: regular files of limited size inside the folders of the
 * workspace. A spec in a workspace that its user does not trust could otherwise make the server read any file,
 * by an absolute path, `..`, a symbolic link or an address of another machine.
 */
import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ModelContent, ReadContent } from "../../compiler/spec/model-files.ts";
import { externalFilesOf, isInside } from "../../compiler/spec/read/external-files.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import { sizeText } from "../../compiler/util/number-text.ts";

/** The largest model file, and the largest external data that one model may have. */
const largestBytes = 256 * 2 ** 20;

export interface FileAccess {
  /** Reads a model file by the name that a spec uses. */
  readonly read: ReadContent;
  /** The first bytes of a file, at most `most`. @throws Error with the reason if it cannot be read */
  readonly start: (name: string, most: number) => Promise<Uint8Array>;
}

/** Names are relative to the folder of the spec. Without folders of a workspace, that folder is the only one. */
export function fileAccess(spec: string | undefined, folders: readonly string[]): FileAccess {
  const folder = spec === undefined ? undefined : dirname(spec);
  const roots = folders.length > 0 || folder === undefined ? folders : [folder];
  const pathOf = async (name: string): Promise<string> => {
    if (folder === undefined) throw new Error("the spec is not saved in a file");
    return pathInside(resolve(folder, name), roots);
  };
  const content = async (name: string): Promise<ModelContent> => {
    const path = await pathOf(name);
    return { bytes: await bytesOf(path, largestBytes, "whole"), open: limitedFiles(path) };
  };
  return {
    read: (name) => withReason(() => content(name)),
    start: (name, most) => withReason(async () => bytesOf(await pathOf(name), most, "start")),
  };
}

/**
 * The path without symbolic links. The written path is checked first, so that no name outside of the workspace
 * reaches the file system: on Windows, a path can name another machine.
 */
async function pathInside(path: string, roots: readonly string[]): Promise<string> {
  if (!roots.some((root) => isInside(resolve(root), path))) throw new Error(outside);
  const real = await realpath(path);
  for (const root of roots) if (isInside(await realpath(root), real)) return real;
  throw new Error(`it is a symbolic link, and ${outside}`);
}

const outside = "the language server reads no files outside of the workspace";

/** Opening does not wait for the writer of a pipe, and the checks are on the file that is then read. */
async function bytesOf(path: string, most: number, part: "whole" | "start"): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new Error("it is not a file");
    if (part === "whole" && status.size > most) throw new Error(tooLarge);
    const bytes = new Uint8Array(Math.min(status.size, most));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const tooLarge = `the language server reads no files of more than ${sizeText(largestBytes)}`;

/** External data in the folder of the model. A file that declares more than the limit is not read. */
function limitedFiles(model: string): ModelContent["open"] {
  const opened = externalFilesOf(model);
  let left = largestBytes;
  return async (location) => {
    const file = await opened(location);
    return {
      size: file.size,
      read: async (offset, length) => {
        left -= length;
        if (left < 0) throw new Error(tooLarge);
        return file.read(offset, length);
      },
    };
  };
}

async function withReason<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(fileReason(error), { cause: error });
  }
}
