// What a browser's user downloads: minified and gzipped, WebAssembly files included.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { builtinModules, createRequire } from "node:module";
import { basename } from "node:path";

/**
 * Files that a library loads beside its script, by the contender's file. Of its three, TensorFlow.js takes
 * the one with SIMD.
 */
const loaded: Readonly<Record<string, readonly string[]>> = {
  "tfjs-wasm.mjs": ["@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"],
};

/** Of a module that is minified already. */
export const downloadOfModule = (script: string): number => gzipSync(script).length;

/** Of a peer: its file, bundled with what it imports. Names of Node's own modules stay: a browser never gets there. */
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
