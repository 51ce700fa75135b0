/** Whether a path can be read from beginning to end: pipes wait for a writer, and devices have no end. */
import { access, constants, stat } from "node:fs/promises";
import { fileReason } from "./error-text.ts";

/** The size of a regular file in bytes, or the reason why the path is not one. Links are followed. */
export async function regularFile(path: string): Promise<{ size: number } | { reason: string }> {
  try {
    const status = await stat(path);
    if (!status.isFile())
      return { reason: status.isDirectory() ? "it is a folder" : "it is a device or a pipe, not a file" };
    await access(path, constants.R_OK);
    return { size: status.size };
  } catch (error) {
    return { reason: fileReason(error) };
  }
}
