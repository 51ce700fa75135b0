/**
 * `npm run docs:build`: builds the documentation site to `docs/site/dist` from the Markdown files of `docs/`,
 * with the example specs and the playground. VitePress has its own package.json there, because it installs
 * more packages than everything else in this project.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const docs = join(root, "docs");
const site = join(docs, "site");
const pages = join(site, "pages");

const run = (folder: string, file: string, ...args: readonly string[]): void => {
  execFileSync(file, args, { cwd: folder, stdio: "inherit" });
};

/** Copies the pages. The index becomes the home page, and links to examples lead to files of the site. */
function copyPages(): void {
  mkdirSync(pages, { recursive: true });
  for (const name of readdirSync(docs).filter((name) => name !== "site")) {
    if (!name.endsWith(".md")) cpSync(join(docs, name), join(pages, name), { recursive: true });
    else {
      const text = readFileSync(join(docs, name), "utf8")
        .replaceAll("](../graphs/", "](/graphs/")
        // A link to the playground on the reader's machine leads to the playground of the site.
        .replaceAll("](http://127.0.0.1:4321/#", "](/try/index.html#");
      writeFileSync(join(pages, name === "README.md" ? "index.md" : name), text);
    }
  }
}

/** Copies the files that the site serves unchanged: examples with their data, and the playground. */
function copyPublicFiles(): void {
  const isDownloaded = (path: string): boolean => path === join(root, "graphs/data/mnist");
  cpSync(join(root, "graphs"), join(pages, "public/graphs"), {
    recursive: true,
    filter: (path) => !isDownloaded(path),
  });
  const tapeless = join(root, "src/command/cli/tapeless.js");
  run(root, process.execPath, tapeless, "playground", "-o", join(pages, "public/try"));
}

for (const folder of [pages, join(site, "dist")]) rmSync(folder, { recursive: true, force: true });
copyPages();
copyPublicFiles();
if (!existsSync(join(site, "node_modules/vitepress"))) run(site, "npm", "ci", "--no-audit", "--no-fund");
run(site, process.execPath, "node_modules/vitepress/bin/vitepress.js", "build");
