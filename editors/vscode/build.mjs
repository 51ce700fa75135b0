// Bundles the extension with its client into one file, with the packages of the clone.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

await build({
  entryPoints: [fileURLToPath(new URL("extension.ts", import.meta.url))],
  outfile: fileURLToPath(new URL("out/extension.cjs", import.meta.url)),
  bundle: true,
  external: ["vscode"],
  format: "cjs",
  platform: "node",
  target: "node20",
  minifyWhitespace: true,
  logLevel: "warning",
});
