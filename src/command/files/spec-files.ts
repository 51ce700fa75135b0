/** Files of specs: those that arguments mean, and what happens when one changes. */
import { watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { usageError } from "../terminal/report-error.ts";

// The specs that arguments mean: files as they are named, and for a folder all specs that lie in it.

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

// Calls back whenever one of some files changes.

/**
 * One change of a file is several events (editors write a new file and rename it); this many milliseconds
 * gather them.
 */
const settling = 50;

/** Never ends by itself. `changed` runs for one file at a time. */
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
    // The folder is watched, since a file that is replaced takes its watcher with it.
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
