/** Spec files: expands arguments to files, and watches files for changes. */
import { watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { usageError } from "../terminal/report-error.ts";

/** Replaces each folder by all specs in it, sorted by name. The files are in the order of the arguments. */
export async function specFiles(specs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const spec of specs) {
    const status = await stat(spec).catch(() => undefined);
    // A missing file is reported when it is read, together with the most similar name.
    if (!status?.isDirectory()) {
      files.push(spec);
      continue;
    }
    const found = (await readdir(spec)).filter((name) => /\.(json|ya?ml|m?ts)$/i.test(name)).sort();
    if (found.length === 0)
      throw usageError(`the folder ${spec} contains no specs`, "specs are .json, .yaml, .yml or .ts files");
    files.push(...found.map((name) => join(spec, name)));
  }
  return files;
}

/** Milliseconds to wait for further events of a change: editors write a new file and rename it. */
const settling = 50;

/** Calls `changed` whenever a file changes, for one file at a time. The returned promise never settles. */
export function watchFiles(
  files: readonly string[],
  changed: (file: string) => Promise<void>,
): Promise<never> {
  let last = Promise.resolve();
  for (const file of files) {
    let timer: NodeJS.Timeout | undefined;
    let seen: number | undefined;
    const look = async () => {
      const status = await stat(file).catch(() => undefined);
      if (status === undefined || status.mtimeMs === seen) return;
      seen = status.mtimeMs;
      await changed(file);
    };
    // Watches the folder, because the watcher of a file is lost when the file is replaced.
    watch(dirname(file), (_event, name) => {
      if (name !== null && name !== basename(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        last = last.then(look);
      }, settling);
    });
  }
  return new Promise(() => {});
}

/** Whether the name is that of an ONNX model. */
export const isOnnx = (file: string): boolean => /\.onnx$/i.test(file);
