// A folder with everything that an engine runs: the emitted trainers, the script, an entry point for command
// lines and a page for browsers.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import type { Case } from "./digests.ts";

export interface Workspace {
  readonly folder: string;
  /** Writes a module as `NAME.ts`, and without its types as `NAME.js`. */
  writeModule(name: string, code: string): Promise<void>;
  write(name: string, text: string): void;
  remove(): void;
}

export function newWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-engines-"));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const writeModule = async (name: string, code: string): Promise<void> => {
    write(`${name}.ts`, code);
    write(`${name}.js`, (await transform(code, { loader: "ts", format: "esm", target: "es2022" })).code);
  };
  write("package.json", '{ "type": "module" }\n');
  return { folder, write, writeModule, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A script for engines: the function `entry` of the module `file` in test/engines. It is called with the
 * cases and the extension of module files.
 */
export interface Script {
  readonly file: string;
  readonly entry: string;
}

/** Writes `run.ts` and `run.js`, which print the result of a script for all cases as JSON. */
export async function writeRun(
  { write, writeModule }: Workspace,
  { file, entry }: Script,
  cases: readonly Case[],
): Promise<void> {
  await writeModule(file, await readFile(new URL(`${file}.ts`, import.meta.url), "utf8"));
  write("cases.js", `export const cases = ${JSON.stringify(cases)};\n`);
  for (const extension of ["ts", "js"] as const)
    write(
      `run.${extension}`,
      `import { cases } from "./cases.js";
import { ${entry} } from "./${file}.${extension}";
console.log(JSON.stringify(await ${entry}(cases, "${extension}")));
`,
    );
}

/** The report of a page when it is done. */
export interface PageReport {
  /** Whether the page may share memory between threads. */
  readonly isIsolated: boolean;
  /** Whether the page may compile WebAssembly. */
  readonly mayCompile: boolean;
  readonly outcome: unknown;
}

/**
 * Writes `NAME.html`, which shows a report in an element `output`. `outcome` is a JavaScript expression that
 * may use `cases` and the script's function; the page awaits its value.
 */
export function writePage(
  { write }: Workspace,
  { file, entry }: Script,
  name: string,
  outcome = `${entry}(cases, "js")`,
): void {
  write(
    `${name}.html`,
    `<!doctype html><title>${name}</title><script type="module" src="${name}.js"></script>\n`,
  );
  write(
    `${name}.js`,
    `import { cases } from "./cases.js";
import { ${entry} } from "./${file}.js";
const output = document.createElement("output");
const outcome = await (${outcome});
const emptyModule = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const mayCompile = await WebAssembly.compile(emptyModule).then(() => true, () => false);
output.textContent = JSON.stringify({ isIsolated: crossOriginIsolated, mayCompile, outcome });
document.body.append(output);
`,
  );
}

/**
 * Writes a dedicated worker that runs the script. Returns an `outcome` for `writePage` that awaits its
 * result.
 */
export function writeWorker({ write }: Workspace, { file, entry }: Script): string {
  write(
    "worker.js",
    `import { cases } from "./cases.js";
import { ${entry} } from "./${file}.js";
postMessage(await ${entry}(cases, "js"));
`,
  );
  return `new Promise((resolve, reject) => {
  const worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
})`;
}
