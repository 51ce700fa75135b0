/**
 * `npm run build`: writes `dist/`, which `npm pack` publishes. Users install three packages: this one with
 * its libraries bundled, esbuild, and zod, whose types are part of the public types.
 *
 *   index.mjs, main.mjs, …   the library, the command and its threads; chunks that these load on demand
 *   types/                   the declaration files that index.d.ts needs
 *   runtime-*.json           the runtime's declarations, which the emitter copies into trainers
 *   pages/, playground/      code for browsers
 *   third-party.txt          the licences of the bundled libraries
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProgram, entries } from "../cli/bundle-program.js";
import { loadRuntime } from "../../compiler/emit/typescript/load-runtime.ts";
import { noticesOf, packageFolders } from "../../studio/web/notices.ts";
import { pageCode, pageNames } from "../../studio/web/page-code.ts";
import { replacing } from "../../studio/web/playground-code.ts";
import { playgroundFiles } from "../../studio/web/playground-files.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const dist = join(root, "dist");

/** Modules that read sources, and their replacements in the package. */
const replacements = {
  "compiler/emit/typescript/load-runtime.ts": "command/package/published/load-runtime.ts",
  "studio/web/page-code.ts": "command/package/published/page-code.ts",
  "studio/web/playground-files.ts": "command/package/published/playground-files.ts",
};

function write(file: string, text: string): void {
  const path = join(dist, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function writeProgram(): Promise<void> {
  const bundled = await bundleProgram({
    outdir: dist,
    entries: { ...entries, index: "index.ts" },
    plugins: [replacing(replacements)],
    isSmall: true,
  });
  write("third-party.txt", `${noticesOf(packageFolders([bundled]), "this package")}\n`);
}

/** Writes the declarations of all modules, then removes those that index.d.ts does not import. */
function writeTypes(): void {
  execFileSync(process.execPath, ["node_modules/typescript-7/bin/tsc", "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  const types = join(dist, "types");
  const reached = new Set<string>();
  const queue = [join(types, "index.d.ts")];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from |import\()"(\.[^"]+)"/g))
      queue.push(join(dirname(file), path).replace(/\.[jt]s$/, ".d.ts"));
  }
  for (const name of readdirSync(types, { recursive: true, encoding: "utf8" })) {
    const file = join(types, name);
    if (file.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
  }
}

rmSync(dist, { recursive: true, force: true });
writeTypes();
await writeProgram();
for (const kind of ["f32", "f64", "check"] as const)
  write(`runtime-${kind}.json`, JSON.stringify([...(await loadRuntime(kind)).values()]));
for (const name of pageNames) {
  const { script, style } = await pageCode(name);
  write(`pages/${name}.js`, script);
  write(`pages/${name}.css`, style);
}
for (const [file, text] of await playgroundFiles()) write(`playground/${file}`, text);
