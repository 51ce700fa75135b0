// The five bundlers, each as a function that builds a page for production.
import { transform } from "esbuild";
import * as esbuild from "esbuild";
import { join } from "node:path";
import { rspack } from "@rspack/core";
import { rollup } from "rollup";
import type { RollupLog } from "rollup";
import { build } from "vite";
import webpack from "webpack";
import ofEsbuild from "../../packages/unplugin/src/esbuild.ts";
import ofRollup from "../../packages/unplugin/src/rollup.ts";
import ofRspack from "../../packages/unplugin/src/rspack.ts";
import ofVite from "../../packages/unplugin/src/vite.ts";
import ofWebpack from "../../packages/unplugin/src/webpack.ts";
import type { Options } from "../../packages/unplugin/src/options.ts";

export interface Building {
  readonly folder: string;
  /** The folder of the output. */
  readonly out: string;
  /** The modules to build, each to a bundle. Bundlers that know workers find further modules. */
  readonly entries: readonly string[];
  readonly options?: Options;
}

export interface Bundler {
  readonly name: string;
  /** Whether the bundler builds the module in `new Worker(new URL(…))`. For others, the worker is an entry. */
  readonly findsWorkers: boolean;
  /** Whether the bundle is an ES module. */
  readonly isModule: boolean;
  /** Rejects with an error that has the messages of the bundler. Returns its warnings. */
  build(building: Building): Promise<readonly string[]>;
}

/** Vite builds the page, with the names of its files. */
async function withVite({ folder, out, options }: Building): Promise<readonly string[]> {
  const warnings: string[] = [];
  await build({
    root: folder,
    configFile: false,
    base: "./",
    plugins: [ofVite(options)],
    build: {
      outDir: out,
      emptyOutDir: false,
      modulePreload: false,
      rolldownOptions: { output: { entryFileNames: "[name].js" }, checks: { bundlerTimings: false } },
    },
    worker: { rolldownOptions: { checks: { bundlerTimings: false } } },
    customLogger: {
      ...silentLogger,
      warn: (text) => void warnings.push(text),
      warnOnce: (text) => void warnings.push(text),
    },
  });
  return warnings;
}

const silentLogger = {
  hasWarned: false,
  info() {},
  error() {},
  clearScreen() {},
  hasErrorLogged: () => false,
};

async function withRollup({ folder, out, entries, options }: Building): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const entry of entries) {
    const bundle = await rollup({
      input: join(folder, entry),
      plugins: [ofRollup(options)],
      onwarn: ({ message }) => void warnings.push(message),
    }).catch(({ message, loc, frame }: RollupLog) => {
      // As Rollup's command line shows it.
      throw new Error(`${message}\n${loc?.file}:${loc?.line}:${loc?.column}\n${frame}`);
    });
    const minified = {
      name: "minify",
      renderChunk: async (code: string) => (await transform(code, { minify: true, format: "esm" })).code,
    };
    await bundle.write({ dir: out, format: "es", plugins: [minified] });
    await bundle.close();
  }
  return warnings;
}

async function withEsbuild({ folder, out, entries, options }: Building): Promise<readonly string[]> {
  const { warnings } = await esbuild
    .build({
      entryPoints: entries.map((entry) => join(folder, entry)),
      outdir: out,
      bundle: true,
      minify: true,
      format: "esm",
      plugins: [ofEsbuild(options)],
      logLevel: "silent",
    })
    .catch(async ({ errors }: esbuild.BuildFailure) => {
      throw new Error((await esbuild.formatMessages(errors, { kind: "error" })).join("\n"));
    });
  return warnings.map(({ text }) => text);
}

/** The result of webpack and of Rspack. */
interface Stats {
  toJson(options: object): { errors?: { message: string }[]; warnings?: { message: string }[] };
}

type Compile = (done: (error: Error | null, stats?: Stats) => void) => void;

async function finished(compile: Compile): Promise<readonly string[]> {
  const stats = await new Promise<Stats | undefined>((resolve, reject) => {
    compile((error, found) => (error === null ? resolve(found) : reject(error)));
  });
  const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  return warnings.map(({ message }) => message);
}

const common = ({ folder, out, entries: [entry] }: Building) => ({
  mode: "production" as const,
  context: folder,
  entry: { page: `./${entry}` },
  output: { path: out },
  performance: false as const,
});

const withWebpack = (building: Building): Promise<readonly string[]> =>
  finished((done) => webpack({ ...common(building), plugins: [ofWebpack(building.options)] }, done));

const withRspack = (building: Building): Promise<readonly string[]> =>
  finished((done) => rspack({ ...common(building), plugins: [ofRspack(building.options)] }, done));

export const bundlers: readonly Bundler[] = [
  { name: "Vite", findsWorkers: true, isModule: true, build: withVite },
  { name: "Rollup", findsWorkers: false, isModule: true, build: withRollup },
  { name: "webpack", findsWorkers: true, isModule: false, build: withWebpack },
  { name: "Rspack", findsWorkers: true, isModule: false, build: withRspack },
  { name: "esbuild", findsWorkers: false, isModule: true, build: withEsbuild },
];
