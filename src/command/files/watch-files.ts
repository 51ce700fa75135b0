/** Calls back whenever one of some files changes. */
import { stat } from "node:fs/promises";
import { watch } from "node:fs";
import { basename, dirname } from "node:path";

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
