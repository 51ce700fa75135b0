// A spec written in TypeScript: bundled in memory and imported, its default export is the value. Bundling
// (rather than importing the file itself) makes three things hold wherever the file lies: relative imports of
// more TypeScript work; whether the folder is a CommonJS or an ES module package does not matter; and `import
// { defineModel } from "tapeless"` resolves even where nothing is installed.
import { basename, dirname, resolve } from "node:path";
import type { BuildFailure, Message } from "esbuild";
import { errorText } from "../../util/error-text.ts";
import { lineIndex } from "../../util/line-index.ts";
import type { Fault, ReadTree } from "./placed.ts";

/** All that a spec file needs of this package: `defineModel` gives types in an editor and returns what it is given. */
const standIn = "export const defineModel = (spec) => spec;";

/** How the lines of a spec are called where one of them throws. */
const specAddress = "tapeless-spec:";

/** Whether an error comes from a spec that was run before: from a timer of its own, say. */
export const isOfSpec = (error: unknown): boolean =>
  error instanceof Error && typeof error.stack === "string" && error.stack.includes(specAddress);

/**
 * Runs the file (it is the user's own program) and takes its default export. Places are found later, only if
 * needed.
 */
export async function readTypeScript(file: string, text: string): Promise<ReadTree> {
  try {
    const code = await bundle(file, text);
    const named = `${code}\n//# sourceURL=${specAddress}${encodeURIComponent(basename(file))}\n`;
    const module: { default?: unknown } = await import(
      `data:text/javascript;base64,${Buffer.from(named).toString("base64")}`
    );
    if (module.default !== undefined) return { value: module.default, faults: [] };
    const hint = "end the file with: export default defineModel({ … })";
    return {
      value: undefined,
      faults: [
        { code: "T1009", message: "the file has no default export", hint, span: { start: 0, end: 1 } },
      ],
    };
  } catch (error) {
    return { value: undefined, faults: faultsOf(error, file, text) };
  }
}

async function bundle(file: string, text: string): Promise<string> {
  // Loaded only here: specs in JSON and YAML, nearly all of them, should not wait for it.
  const { build } = await import("esbuild");
  const result = await build({
    stdin: { contents: text, sourcefile: basename(file), resolveDir: dirname(resolve(file)), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
    absWorkingDir: dirname(resolve(file)),
    plugins: [
      {
        name: "tapeless",
        setup(builder) {
          builder.onResolve({ filter: /^tapeless$/ }, () => ({ path: "tapeless", namespace: "tapeless" }));
          builder.onLoad({ filter: /.*/, namespace: "tapeless" }, () => ({
            contents: standIn,
            loader: "js",
          }));
        },
      },
    ],
  });
  return result.outputFiles[0].text;
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && "errors" in error && Array.isArray(error.errors);

function faultsOf(error: unknown, file: string, text: string): Fault[] {
  if (isBuildFailure(error) && error.errors.length > 0)
    return error.errors.map((message) => faultOf(message, file, text));
  return [
    {
      code: "T1009",
      message: `the file fails when it is run: ${errorText(error)}`,
      span: { start: 0, end: 1 },
    },
  ];
}

/** A syntax error or an import that leads nowhere. One in another file keeps that file's name in the message. */
function faultOf({ text: message, location }: Message, file: string, text: string): Fault {
  const here = location !== null && location.file === basename(file);
  const elsewhere = location && !here ? ` (in ${location.file}:${location.line})` : "";
  const start = here && location ? lineIndex(text).offset(location.line, location.column + 1) : 0;
  const span = { start, end: start + Math.max(1, location?.length ?? 1) };
  return { code: "T1005", message: `${message.replace(/\.$/, "")}${elsewhere}`, span };
}
