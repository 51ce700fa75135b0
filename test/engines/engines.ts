// The engines that have a command line, and how each runs a script.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Engine {
  readonly name: string;
  readonly command: string;
  /** What comes before the script's path. */
  readonly flags: readonly string[];
  /** Whether it takes the emitted file as it is, or only without its types. */
  readonly modules: "ts" | "js";
}

const binary = (name: string) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

/** The one that runs the tests. */
export const thisNode: Engine = {
  name: `Node ${process.versions.node}, types stripped before`,
  command: process.execPath,
  flags: [],
  modules: "js",
};

/** The same, with the loader that runs TypeScript in it. */
export const tsxNode: Engine = {
  name: "tsx",
  command: fileURLToPath(new URL("../../node_modules/.bin/tsx", import.meta.url)),
  flags: [],
  modules: "ts",
};

/** Those of package.json. */
export const installedEngines: readonly Engine[] = [
  { name: "Node 24, which strips types", command: binary("node"), flags: [], modules: "ts" },
  { name: "Node 24, types stripped before", command: binary("node"), flags: [], modules: "js" },
  {
    name: "Deno",
    command: binary("deno"),
    flags: ["run", "--quiet", "--no-config", "--allow-read", "--allow-write"],
    modules: "ts",
  },
  { name: "Bun", command: binary("bun"), flags: [], modules: "ts" },
];

/** What the script prints; what it says beside that is a fault where nothing should be said. */
export async function runScript(
  { command, flags }: Engine,
  folder: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  // Nothing is kept outside of the folder, and nobody is asked whether there is a newer version.
  const env = { ...process.env, DENO_DIR: `${folder}/deno`, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const options = { cwd: folder, env, timeout: 120_000, maxBuffer: 2 ** 26 };
  return promisify(execFile)(command, [...flags, ...args], options);
}
