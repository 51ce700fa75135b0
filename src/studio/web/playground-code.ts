/**
 * Builds the worker scripts and the data of the playground, as files that any host can serve and a browser
 * can open from disk. The compiler is included unchanged, except for a few modules that need Node. Each of
 * these has a replacement with the same name in `src/studio/browser/`. The libraries are in a separate file,
 * because they change only with package-lock.json, whereas the code of the project changes with every commit.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { loadRuntime } from "../../compiler/emit/typescript/load-runtime.ts";
import { bundlingFolder, type Bundled } from "./notices.ts";

const source = new URL("../../", import.meta.url);
const graphs = new URL("../../../graphs/", import.meta.url);

/** Modules that need Node or that the page needs in another form, and their replacements. */
const replacements: Readonly<Record<string, string>> = {
  "compiler/emit/typescript/format.ts": "studio/browser/format.ts",
  "compiler/emit/typescript/load-runtime.ts": "studio/browser/load-runtime.ts",
  "compiler/emit/wasm/assemble.ts": "studio/browser/assemble.ts",
  "compiler/util/sha256.ts": "studio/browser/sha256.ts",
};

/** The large libraries that the compiler's worker needs. They are in a separate file. */
const libraries = [
  "prettier/standalone",
  "prettier/plugins/estree",
  "prettier/plugins/babel",
  "sucrase",
  "yaml",
  "zod",
];

/** The example specs of the repository whose files are included in the page. */
const specFiles = [
  "iris.json",
  "wine.yaml",
  "wine-targets.yaml",
  "load.yaml",
  "digits.json",
  "diabetes.json",
  "two-moons.yaml",
  "perceptron.json",
  "fine-tune/fine-tune.yaml",
];

/** Data files of the examples that are small enough to include. */
const textFiles = [
  "data/diabetes.csv",
  "data/digits.csv",
  "data/iris-two.csv",
  "data/iris.csv",
  "data/load.csv",
  "data/two-moons.csv",
  "data/wine.csv",
];

/** Files of the examples that are not texts. */
const byteFiles = ["fine-tune/body.onnx", "fine-tune/digits-5-to-9.csv.gz"];

const pathOf = (file: string): string => fileURLToPath(new URL(file, source));

/**
 * Replaces modules of `src/` in a bundle with others that have the same names and types. Keys and values are
 * paths relative to `src/`.
 */
export const replacing = (modules: Readonly<Record<string, string>>): Plugin => ({
  name: "replacing",
  setup(build) {
    const replaced = new Map(
      Object.entries(modules).map(([module, other]) => {
        invariant(existsSync(pathOf(module)), `there is no ${module} to replace`);
        return [pathOf(module), pathOf(other)];
      }),
    );
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer }) => {
      const other = replaced.get(fileURLToPath(new URL(path, `file://${resolveDir}/`)));
      // A replacement may use the module that it replaces.
      return other === undefined || other === importer ? undefined : { path: other };
    });
  },
});

const runtimeDeclarations: Plugin = {
  name: "runtime-declarations",
  setup(build) {
    build.onLoad({ filter: /[/\\]browser[/\\]runtime-declarations\.ts$/ }, async () => {
      const parts = [...(await loadRuntime("f32")).values()];
      return { contents: `export const runtimeDeclarations = ${JSON.stringify(parts)};`, loader: "js" };
    });
  },
};

/** The global variable in which the file of libraries stores them for the worker. */
const libraryStore = "tapelessLibraries";

const fromLibraryStore: Plugin = {
  name: "from-shelf",
  setup(build) {
    const isShelved = new RegExp(`^(${libraries.join("|")})$`);
    build.onResolve({ filter: isShelved }, ({ path }) => ({ path, namespace: "shelf" }));
    build.onLoad({ filter: /.*/, namespace: "shelf" }, ({ path }) => ({
      contents: `module.exports = globalThis.${libraryStore}[${JSON.stringify(path)}];`,
      loader: "js",
    }));
  },
};

interface Script {
  readonly text: string;
  readonly bundled: Bundled;
}

async function bundle(entry: { file: string } | { text: string }, plugins: Plugin[]): Promise<Script> {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    ...("file" in entry
      ? { entryPoints: [pathOf(entry.file)] }
      : { stdin: { contents: entry.text, resolveDir: pathOf("."), loader: "js" } }),
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    absWorkingDir: bundlingFolder,
    plugins,
  });
  const [output] = outputFiles;
  invariant(output !== undefined, "the bundle has no output");
  return { text: output.text, bundled: metafile };
}

/**
 * Returns a script that stores a value for the page. The page creates its workers from such values, because
 * workers that are created from text need no server and comply with the page's policy.
 */
const definition = (name: string, value: unknown): string =>
  `(globalThis.tapelessTexts ??= {}).${name} = ${JSON.stringify(value)};\n`;

function librariesText(): string {
  const imports = libraries.map((name, i) => `import * as library${i} from ${JSON.stringify(name)};`);
  const entries = libraries.map((name, i) => `${JSON.stringify(name)}: library${i}`);
  return [...imports, `globalThis.${libraryStore} = { ${entries.join(", ")} };`].join("\n");
}

export interface WorkerFiles {
  /** File contents by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly bundled: readonly Bundled[];
}

/** Builds the scripts of the workers, and the data with the specs that use it. */
export async function workerFiles(): Promise<WorkerFiles> {
  const [compiler, trainer, pathWorker, shelved] = await Promise.all([
    bundle({ file: "studio/browser/compiler-worker.ts" }, [
      replacing(replacements),
      runtimeDeclarations,
      fromLibraryStore,
    ]),
    bundle({ file: "studio/pages/playground/train-worker.ts" }, []),
    bundle({ file: "studio/pages/playground/paths/path-worker.ts" }, []),
    bundle({ text: librariesText() }, []),
  ]);
  const contents = (files: readonly string[], encoding: "utf8" | "base64") =>
    Object.fromEntries(
      files.map((file) => [basename(file), readFileSync(new URL(file, graphs), { encoding })]),
    );
  const compilerText =
    definition("compiler", compiler.text) +
    definition("trainer", trainer.text) +
    definition("pathWorker", pathWorker.text);
  const files = new Map([
    ["compiler.js", compilerText],
    ["libraries.js", definition("libraries", shelved.text)],
    [
      "data.js",
      definition("data", contents(textFiles, "utf8")) +
        definition("binaries", contents(byteFiles, "base64")) +
        definition("specs", contents(specFiles, "utf8")),
    ],
  ]);
  return { files, bundled: [compiler, trainer, pathWorker, shelved].map((script) => script.bundled) };
}
