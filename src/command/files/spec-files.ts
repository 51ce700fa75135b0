/** The specs that arguments mean: files as they are named, and for a folder all specs that lie in it. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { usageError } from "../terminal/usage-error.ts";

/** In the order of the arguments, the files of a folder by name. */
export async function specFiles(specs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const spec of specs) {
    const status = await stat(spec).catch(() => undefined);
    // What is not there is told when it is read, with the nearest name.
    if (!status?.isDirectory()) {
      files.push(spec);
      continue;
    }
    const found = (await readdir(spec)).filter((name) => /\.(json|ya?ml|m?ts)$/i.test(name)).sort();
    if (found.length === 0) throw usageError(`the folder ${spec} holds no specs`);
    files.push(...found.map((name) => join(spec, name)));
  }
  return files;
}
