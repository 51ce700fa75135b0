// The engines with a command line, and how each of them runs a script.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Engine {
  readonly name: string;
  readonly command: string;
  /** Arguments before the path of the script. */
  readonly flags: readonly string[];
  /** Whether the engine runs TypeScript, or only JavaScript. */
  readonly modules: "ts" | "js";
}

const binary = (name: string) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

/** The Node that runs the tests. */
export const thisNode: Engine = {
  name: `Node ${process.versions.node}, types stripped before`,
  command: process.execPath,
  flags: [],
  modules: "js",
};

/** The Node that runs the tests, with the TypeScript loader tsx. */
export const tsxNode: Engine = {
  name: "tsx",
  command: fileURLToPath(new URL("../../node_modules/.bin/tsx", import.meta.url)),
  flags: [],
  modules: "ts",
};

/** The engines of package.json. */
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

/** The output of the script. Callers treat output on standard error as a failure if they expect none. */
export async function runScript(
  { command, flags }: Engine,
  folder: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  // Nothing is written outside of the folder, and Deno does not look for a newer version.
  const env = { ...process.env, DENO_DIR: `${folder}/deno`, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const options = { cwd: folder, env, timeout: 120_000, maxBuffer: 2 ** 26 };
  return promisify(execFile)(command, [...flags, ...args], options);
}
