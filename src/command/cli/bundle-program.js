// Bundles the program with esbuild, the libraries that it uses included: entries and the parts that they load
// later, each a file. A clone runs the bundle of its sources from a cache (`load-program.js`); the package is
// published as one (`src/command/package/build-package.ts`). Loading a thousand files one by one takes half a
// second more at every start.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const sources = fileURLToPath(new URL("../../", import.meta.url));

/** What starts by itself: the command line, a thread of its search, and that of the server behind a page. */
export const entries = {
  main: "command/cli/main.ts",
  search: "command/search/worker.ts",
  server: "command/train/live/server-thread.ts",
};

/**
 * Only what no bundle can hold stays a package of its own: esbuild is a program, and ts-morph is TypeScript,
 * which takes the runtime's sources apart in a clone.
 */
const external = ["esbuild", "ts-morph"];

/**
 * Writes the bundle and returns esbuild's description of what is in it.
 *
 * @param {{
 *   outdir: string, entries: Record<string, string>, plugins?: import("esbuild").Plugin[], isSmall?: boolean
 * }} options
 *   entries by the names of their files; their sources are relative to `src/`
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
    // Chunks beside entries: an address relative to one of them is the same from all.
    chunkNames: "[name]-[hash]",
    outExtension: { ".js": ".mjs" },
    banner: { js: requireForCommonJs },
    // wabt asks for its folder, and carries everything that it could look for there.
    define: { __dirname: '"."' },
    // Libraries that came without white space would get it; names stay, for stack traces.
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

/** Libraries in CommonJS ask for Node's modules by `require`, which a module does not have. */
const requireForCommonJs =
  'import { createRequire as createRequireOfTapeless } from "node:module"; ' +
  "const require = createRequireOfTapeless(import.meta.url);";

/** A bundled module still finds the files beside its source: its address is relative to that of the bundle. */
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
