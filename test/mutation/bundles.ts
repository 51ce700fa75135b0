/**
 * Bundles tests and the fuzzer with the sources of the copy. Each mutant needs new bundles. Bundling takes
 * well under a second, whereas transforming four hundred source files one by one takes several.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

/** Replaces `import.meta.url`, so that a bundled module still finds the files next to its source. */
const ownAddress: Plugin = {
  name: "own-address",
  setup(builder) {
    builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const address = JSON.stringify(pathToFileURL(path).href);
      const contents = readFileSync(path, "utf8").replaceAll("import.meta.url", address);
      return { contents, loader: "ts" };
    });
  },
};

/** The folder for bundles in a copy of the project. */
export const bundleFolder = (root: string): string => join(root, "bundled");

/** Bundles each of these files to `bundled/PATH.mjs`. */
export async function bundle(root: string, files: readonly string[]): Promise<void> {
  const outdir = bundleFolder(root);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ""), join(root, file)])),
    outdir,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunk-[hash]",
    logLevel: "silent",
    plugins: [ownAddress],
  });
}
