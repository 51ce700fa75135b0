// Opens the files with external data of an ONNX model. They must be in the folder of the model, also after symbolic
// links are followed.
import { open, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep, isAbsolute } from "node:path";
import type { OpenExternal } from "../../library/onnx/model.ts";
import { fileReason } from "../../util/message-text.ts";

/**
 * Opens files in the folder of a model.
 * @param onFile receives the path of each file before it is opened, also if it does not exist
 */
export const externalFilesOf =
  (model: string, onFile: (path: string) => void = () => {}): OpenExternal =>
  async (location) => {
    const folder = dirname(model);
    const named = join(folder, location);
    onFile(named);
    const path = await withReason(() => realpath(named));
    if (!isInside(await withReason(() => realpath(folder)), path))
      throw new Error("it is a symbolic link to a file outside of the folder of the model");
    // Only regular files are opened, because pipes wait for a writer.
    const status = await withReason(() => stat(path));
    if (!status.isFile()) throw new Error("it is not a file");
    return { size: status.size, read: (offset, length) => withReason(() => readRange(path, offset, length)) };
  };

/** Whether the path is the folder or inside it. Both must be absolute, without symbolic links. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Fewer bytes if the file ends before. */
async function readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await file.close();
  }
}

async function withReason<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(fileReason(error), { cause: error });
  }
}
