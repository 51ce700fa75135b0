// `npm run build`: bundles the program with its libraries, so that `npm create` downloads one package, and copies the
// projects of examples/ that are templates.
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { noticesOf, packageFolders } from "../../src/studio/web/notices.ts";
import { gitignore, modelFiles, specs, templates } from "./src/choices.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Writes `dist/` and `templates/` to the folder. */
export async function buildPackage(folder: string): Promise<void> {
  const dist = join(folder, "dist");
  for (const name of ["dist", "templates"]) rmSync(join(folder, name), { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: { "create-tapeless": pathOf("src/main.ts") },
    outdir: dist,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: { js: "#!/usr/bin/env node" },
    legalComments: "none",
    metafile: true,
    absWorkingDir: pathOf("../.."),
  });
  writeFileSync(join(dist, "third-party.txt"), `${noticesOf(packageFolders([metafile]), "this package")}\n`);
  copyTemplates(join(folder, "templates"));
}

/** Copies the examples without what their commands have written. */
function copyTemplates(folder: string): void {
  const examples = (name: string) => pathOf(`../../examples/${name}`);
  const written =
    /(^|\/)(node_modules|dist|model\.ts|model\.predictor\.ts|model\.tapeless\.yaml\.d\.ts)$|\.ckpt$/;
  for (const { example } of Object.values(templates)) {
    const to = join(folder, example);
    cpSync(examples(example), to, { recursive: true, filter: (path) => !written.test(path) });
    // npm does not pack files of this name.
    renameSync(join(to, ".gitignore"), join(to, gitignore));
  }
  for (const { example } of Object.values(specs)) {
    mkdirSync(join(folder, example, "src"), { recursive: true });
    const existing = readdirSync(join(folder, example, "src"));
    for (const file of modelFiles.filter((name) => !existing.includes(name)))
      cpSync(join(examples(example), "src", file), join(folder, example, "src", file));
  }
}

const isProgram = import.meta.url === pathToFileURL(process.argv[1]).href;
if (isProgram) await buildPackage(pathOf("."));
