/** The declaration file next to a spec, which tells TypeScript the type of the module that an import gives. */
import { readFile, rename, writeFile } from "node:fs/promises";

/** The files that this process is writing. An import in a page and one in a worker are compiled at the same time. */
const writing = new Map<string, Promise<void>>();

/** The file that TypeScript finds for `import "./model.tapeless.yaml"`, without any setting. */
export const declarationFileOf = (spec: string): string => `${spec}.d.ts`;

/** Writes the file only if its content changes, so that watchers are not woken. */
export function writeDeclarations(spec: string, declarations: string): Promise<void> {
  const file = declarationFileOf(spec);
  const before = writing.get(file) ?? Promise.resolve();
  const written = before.then(() => replaceIfChanged(file, declarations));
  writing.set(
    file,
    written.catch(() => {}),
  );
  return written;
}

async function replaceIfChanged(file: string, text: string): Promise<void> {
  const found = await readFile(file, "utf8").catch(() => undefined);
  if (found === text) return;
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}
