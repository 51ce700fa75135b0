// A folder with everything that an engine runs: the emitted trainers, the digests' code, a script for command
// lines and a page for browsers.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import type { Case } from "./digests.ts";

export interface Workspace {
  readonly folder: string;
  /** Writes a module as `name.ts`, and as `name.js` without its types. */
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
 * What engines run: a function of cases and of the extension that modules have, exported by the file of this
 * name here.
 */
export interface Script {
  readonly file: string;
  readonly entry: string;
}

/** `run.ts` and `run.js` print what a script gives for all cases as JSON. */
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

/** What a page says when it is done. */
export interface PageReport {
  /** Whether it may share memory between threads. */
  readonly isIsolated: boolean;
  /** Whether it may turn bytes into WebAssembly. */
  readonly mayCompile: boolean;
  readonly outcome: unknown;
}

/**
 * `NAME.html` shows a report in an element `output`; `module` is what it awaits, as the text of an expression
 * in `cases` and the script's entry.
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

/** A dedicated worker that runs the script; what `outcome` of `writePage` is to be, for what it sends. */
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
