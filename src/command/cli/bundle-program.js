// Bundles the program and its libraries with esbuild into one file per entry point, and one file per chunk
// that the entry points load on demand. A clone of the repository runs the bundle from a cache
// (`load-program.js`); the published package contains the bundle (`src/command/package/build-package.ts`).
// Loading a thousand separate files would add half a second to every start.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const sources = fileURLToPath(new URL("../../", import.meta.url));

/** The entry points: the command line, and the threads of the search, the web server and the language server. */
export const entries = {
  main: "command/cli/main.ts",
  search: "command/search/worker.ts",
  server: "command/train/live/server-thread.ts",
  editor: "command/lsp/server-thread.ts",
  background: "command/lsp/background-thread.ts",
};

/**
 * Packages that are not bundled. esbuild contains an executable. ts-morph contains TypeScript, which only a
 * clone of the repository needs, to parse the sources of the runtime.
 */
const external = ["esbuild", "ts-morph"];

/**
 * Writes the bundle and returns esbuild's metafile.
 *
 * @param {{
 *   outdir: string, entries: Record<string, string>, plugins?: import("esbuild").Plugin[], isSmall?: boolean
 * }} options
 *   `entries` maps names of output files to sources, relative to `src/`
 */
export async function bundleProgram({ outdir, entries, plugins = [], isSmall = false }) {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([name, file]) => [name, join(sources, file)]),
    ),
    outdir,
    bundle: true,
    splitting: true,
    external,
    format: "esm",
    platform: "node",
    target: "node20",
    // Chunks are in the same folder as the entry points, so that relative URLs are the same in both.
    chunkNames: "[name]-[hash]",
    outExtension: { ".js": ".mjs" },
    banner: { js: requireForCommonJs },
    // wabt reads `__dirname`, but the bundle already contains every file that wabt could look for there.
    define: { __dirname: '"."' },
    // Without this option, esbuild would add white space to minified libraries. Names are kept for stack
    // traces.
    minifyWhitespace: isSmall,
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    metafile: true,
    absWorkingDir: dirname(sources),
    plugins: [...plugins, ownAddress(outdir)],
  });
  return metafile;
}

/** CommonJS libraries load Node's modules with `require`, which does not exist in an ES module. */
const requireForCommonJs =
  'import { createRequire as createRequireOfTapeless } from "node:module"; ' +
  "const require = createRequireOfTapeless(import.meta.url);";

/** Lets `import.meta.url` of a bundled module refer to its source, so that it finds the files next to it. */
const ownAddress = (outdir) => ({
  name: "own-address",
  setup(builder) {
    builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      const address = relative(outdir, path).replaceAll("\\", "/");
      const own = `new URL(${JSON.stringify(address)}, import.meta.url).href`;
      return { contents: text.replaceAll("import.meta.url", own), loader: "ts" };
    });
  },
});
