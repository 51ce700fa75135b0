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

export interface SpecWatcher {
  /** Watches a file for a spec: the spec itself, or a file that it names, which need not exist yet. */
  watch(spec: string, file: string): void;
  /** Begins to report changes, including those since a file is watched. The returned promise never settles. */
  start(): Promise<never>;
}

/** Calls `changed` whenever a file of a spec changes, for one spec at a time. */
export function specWatcher(changed: (spec: string) => Promise<void>): SpecWatcher {
  const watched = new Set<string>();
  let begin = () => {};
  let last = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return {
    watch(spec, file) {
      const key = JSON.stringify([spec, file]);
      if (watched.has(key)) return;
      const isWatched = watchFile(file, () => {
        last = last.then(() => changed(spec));
      });
      if (isWatched) watched.add(key);
    },
    start() {
      begin();
      return new Promise(() => {});
    },
  };
}

/** Returns false if the folder of the file does not exist. */
function watchFile(file: string, onChange: () => void): boolean {
  let timer: NodeJS.Timeout | undefined;
  let seen: number | undefined;
  const look = async () => {
    const status = await stat(file).catch(() => undefined);
    if (status === undefined || status.mtimeMs === seen) return;
    seen = status.mtimeMs;
    onChange();
  };
  try {
    // Watches the folder, because the watcher of a file is lost when the file is replaced.
    watch(dirname(file), (_event, name) => {
      if (name !== null && name !== basename(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void look(), settling);
    });
    return true;
  } catch {
    return false;
  }
}

/** Whether the name is that of an ONNX model. */
export const isOnnx = (file: string): boolean => /\.onnx$/i.test(file);
