/** The plugin: the hooks of all bundlers around `compileImport`. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createUnplugin } from "unplugin";
import type { UnpluginContextMeta, UnpluginOptions } from "unplugin";
import type { PluginBuild } from "esbuild";
import { compileImport } from "./compile-import.ts";
import type { Diagnostic } from "tapeless";
import type { Host, ImportedModule } from "./compile-import.ts";
import { diagnosticsOf, esbuildMessage, loaderText, rollupLog } from "./messages.ts";
import { fileNames, moduleIds, specImport } from "./options.ts";
import type { Options } from "./options.ts";

const name = "tapeless";

/** The part of a host that does not depend on the module. */
type HostKind = Omit<Host, "onFile">;

export const tapeless = createUnplugin<Options | undefined>((options = {}, meta) => {
  switch (meta.framework) {
    case "esbuild":
      return { name, esbuild: { setup: (build) => setUpEsbuild(build, options) } };
    case "webpack":
    case "rspack":
      return loaderPlugin(options, meta);
    default:
      return rollupPlugin(options, meta.framework === "vite");
  }
});

/** How a hook gives its results to the bundler. */
interface LoadHook<Loaded> {
  readonly onFile: Host["onFile"];
  readonly warn: (warning: Diagnostic, file: string) => void;
  readonly module: (compiled: ImportedModule) => Loaded;
  /** Reports the errors, and usually throws. */
  readonly fail: (diagnostics: readonly Diagnostic[], file: string) => void;
}

/** Loads the module with this ID; undefined if it is not a spec, or if it has errors. */
async function loadSpec<Loaded>(
  id: string,
  options: Options,
  host: HostKind,
  { onFile, warn, module, fail }: LoadHook<Loaded>,
): Promise<Loaded | undefined> {
  const spec = specImport(id);
  if (spec === undefined) return undefined;
  try {
    const compiled = await compileImport(spec, options, { ...host, onFile });
    for (const warning of compiled.warnings) warn(warning, spec.file);
    return module(compiled);
  } catch (error) {
    fail(diagnosticsOf(error, spec.file), spec.file);
    return undefined;
  }
}

// Rollup and Vite.

function rollupPlugin(options: Options, buildsWorkers: boolean): UnpluginOptions {
  let host: HostKind = { isDevelopment: false, buildsWorkers };
  return {
    name,
    // Before the plugins for JSON and YAML files.
    enforce: "pre",
    load: {
      filter: { id: moduleIds },
      handler(id) {
        return loadSpec(id, options, host, {
          onFile: (path) => this.addWatchFile(path),
          warn: (warning, file) => this.warn(rollupLog([warning], file)),
          // Rolldown would read a file whose name ends in `.json` as JSON.
          module: ({ code, map }) => ({ code, map, moduleType: "js" }),
          fail: (diagnostics, file) => this.error(rollupLog(diagnostics, file)),
        });
      },
    },
    rollup: {
      // Rollup looks for a file whose name contains the query.
      resolveId(id, importer) {
        const [file, query] = id.split("?", 2);
        if (query === undefined || importer === undefined || specImport(id) === undefined) return null;
        return `${resolve(dirname(importer.split("?", 1)[0]), file)}?${query}`;
      },
    },
    vite: {
      // Vite bundles workers with plugins of their own.
      config: () => ({ worker: { plugins: () => [tapeless.vite(options)] } }),
      configResolved({ command }) {
        if (command === "serve") host = { ...host, isDevelopment: true, hot: "import.meta.hot" };
      },
    },
  };
}

// webpack and Rspack.

function loaderPlugin(
  options: Options,
  meta: Extract<UnpluginContextMeta, { framework: "webpack" | "rspack" }>,
): UnpluginOptions {
  const { mode } =
    meta.framework === "webpack" ? meta.webpack.compiler.options : meta.rspack.compiler.options;
  const isDevelopment = mode === "development";
  const hot = isDevelopment ? { hot: "import.meta.webpackHot" as const } : {};
  const host: HostKind = { isDevelopment, buildsWorkers: true, ...hot };
  return {
    name,
    load: {
      filter: { id: moduleIds },
      handler(id) {
        return loadSpec(id, options, host, {
          onFile: (path) => this.addWatchFile(path),
          warn: (warning, file) => this.warn(loaderText([warning], file)),
          module: ({ code, map }) => ({ code, map }),
          fail: (diagnostics, file) => {
            const text = loaderText(diagnostics, file);
            // webpack shows the stack of an error unless it has this property.
            throw Object.assign(new Error(text), { name: "TapelessError", hideStack: true, stack: text });
          },
        });
      },
    },
  };
}

// esbuild.

function setUpEsbuild(build: PluginBuild, options: Options): void {
  build.onLoad({ filter: fileNames }, async ({ path, suffix }) => {
    const spec = specImport(path + suffix);
    if (spec === undefined) return undefined;
    const watchFiles = [path];
    const onFile = (file: string) => void watchFiles.push(file);
    const text = await readFile(path, "utf8").catch(() => "");
    try {
      const { code, map, warnings } = await compileImport(spec, options, {
        isDevelopment: false,
        buildsWorkers: false,
        onFile,
      });
      return {
        contents: `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`,
        loader: "js",
        warnings: warnings.map((each) => esbuildMessage(each, path, text)),
        watchFiles,
      };
    } catch (error) {
      return {
        errors: diagnosticsOf(error, path).map((each) => esbuildMessage(each, path, text)),
        watchFiles,
      };
    }
  });
}
