// The number of bytes that a browser downloads: minified and gzipped, including WebAssembly files.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { builtinModules, createRequire } from "node:module";
import { basename } from "node:path";

/**
 * The files that a library loads in addition to its script, by the contender's file. TensorFlow.js selects
 * one of three WebAssembly files; this is the one with SIMD.
 */
const loaded: Readonly<Record<string, readonly string[]>> = {
  "tfjs-wasm.mjs": ["@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"],
};

/** The download size of a module that is already minified. */
export const downloadOfModule = (script: string): number => gzipSync(script).length;

/**
 * The download size of a library's contender: its file, bundled with its imports. Node's own modules remain
 * imports, because a browser does not run the code that needs them.
 */
export async function downloadOfPeer(file: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    external: ["node:*", ...builtinModules],
    logLevel: "silent",
  });
  const require = createRequire(file);
  const binaries = await Promise.all(
    (loaded[basename(file)] ?? []).map((path) => readFile(require.resolve(path))),
  );
  return [...outputFiles.map(({ contents }) => contents), ...binaries].reduce(
    (sum, bytes) => sum + gzipSync(bytes).length,
    0,
  );
}
