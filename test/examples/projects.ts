// Runs the projects of examples/ in a copy, with their packages next to them: those of this clone, the engines, and the
// packages of this folder.
import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { build } from "esbuild";
import { bundleProgram, entries } from "../../src/command/cli/bundle-program.js";
import { serveFiles } from "../../src/studio/web/serve-files.ts";
import { installEngines } from "../engines/install.ts";
import { installPackages } from "../support/install-packages.ts";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Why the packages of this folder could not be installed; undefined if they are installed. */
export const installTools = (): Promise<string | undefined> =>
  // Electron's script downloads its binary from a host that a test must not need; its types are in the package.
  installPackages(pathOf("."), { isBuilt: false });

/** Why the packages and the engines could not be installed; undefined if they are installed. */
export const installProjects = async (): Promise<string | undefined> =>
  (await installEngines()) ?? (await installTools());

export interface Projects {
  pathOf(name: string): string;
  /** Runs a command in a project, with the commands of all packages in PATH. Returns everything that it prints. */
  run(project: string, command: string, ...args: readonly string[]): Promise<string>;
  /** Starts a command that serves, and ends it when `use` is done. */
  serving<T>(project: string, args: readonly string[], use: () => Promise<T>): Promise<T>;
  remove(): void;
}

/** The projects of examples/, with the packages of this clone. */
export async function copyProjects(): Promise<Projects> {
  const projects = newProjects();
  const modules = projects.pathOf("node_modules");
  cpSync(pathOf("../../examples"), projects.pathOf("."), { recursive: true });
  for (const name of ["bun", "deno"])
    symlinkSync(pathOf(`../engines/node_modules/.bin/${name}`), join(modules, ".bin", name));
  await buildPackages(modules);
  return projects;
}

/** An empty folder for projects, with the packages of this folder in `node_modules`. */
export function newProjects(): Projects {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-examples-"));
  const modules = join(folder, "node_modules");
  linkPackages(pathOf("node_modules"), modules);
  const path = (name: string) => join(folder, name);
  const { NODE_ENV: _, ...inherited } = process.env;
  const env = {
    // Vitest sets NODE_ENV, which selects the development build of React.
    ...inherited,
    PATH: `${join(modules, ".bin")}:${process.env.PATH}`,
    NO_COLOR: "1",
    DENO_DIR: path("deno-cache"),
    DENO_NO_UPDATE_CHECK: "1",
  };
  return {
    pathOf: path,
    async run(project, command, ...args) {
      const options = { cwd: path(project), env, maxBuffer: 2 ** 26, timeout: 150_000 };
      const { stdout, stderr } = await promisify(execFile)(command, args, options);
      return stdout + stderr;
    },
    async serving(project, [command, ...args], use) {
      const server = spawn(command, args, { cwd: path(project), env, stdio: "ignore" });
      const ended = new Promise((resolve) => server.once("close", resolve));
      try {
        return await use();
      } finally {
        server.kill();
        await ended;
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Builds the packages of this clone as a user has them: the program as a bundle, and the plugin of Vite. In contrast to
 * `npm pack`, this takes only seconds; `test/package/` tests the packed files.
 */
async function buildPackages(modules: string): Promise<void> {
  const root = pathOf("../..");
  const own = join(modules, "tapeless");
  const launchers = ["tapeless.js", "load-program.js", "start-thread.js"].map(
    (name) => `src/command/cli/${name}`,
  );
  for (const file of ["package.json", ...launchers]) cpSync(join(root, file), join(own, file));
  await bundleProgram({ outdir: join(own, "dist"), entries: { ...entries, index: "index.ts" } });
  // The bundle in a clone reads the sources of the runtime with it.
  symlinkSync(join(root, "node_modules/ts-morph"), join(modules, "ts-morph"));
  symlinkSync("../tapeless/src/command/cli/tapeless.js", join(modules, ".bin/tapeless"));
  const plugin = join(modules, "@tapeless/unplugin");
  cpSync(join(root, "packages/unplugin/package.json"), join(plugin, "package.json"));
  cpSync(join(root, "packages/unplugin/src/hot.js"), join(plugin, "dist/hot.js"));
  await build({
    entryPoints: [join(root, "packages/unplugin/src/vite.ts")],
    outdir: join(plugin, "dist"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["tapeless", "esbuild"],
  });
}

/** Links each package of a folder and each of its commands. */
function linkPackages(from: string, to: string): void {
  mkdirSync(join(to, ".bin"), { recursive: true });
  const names = [...readdirSync(from), ...readdirSync(join(from, ".bin")).map((name) => `.bin/${name}`)];
  for (const name of names.filter((each) => existsSync(join(from, each)) && each !== ".bin"))
    symlinkSync(join(from, name), join(to, name));
}

/** A page that is open, all messages on its console, and the paths that it requested. */
export interface OpenProject {
  readonly page: Page;
  readonly messages: readonly string[];
  readonly requests: readonly string[];
}

/** Opens a page after the script `prepare` has run in it. */
export async function withPage(
  { browser, url, prepare }: { browser: Browser; url: string; prepare?: string },
  use: (opened: OpenProject) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage();
  const [messages, requests]: [string[], string[]] = [[], []];
  page.on("console", (message) => void messages.push(message.text()));
  page.on("pageerror", ({ message }) => void messages.push(message));
  page.on("request", (request) => void requests.push(request.url().replace(url, "")));
  page.setDefaultTimeout(60_000);
  if (prepare !== undefined) await page.addInitScript(prepare);
  await page.goto(url);
  await use({ page, messages, requests });
  await page.close();
}

/** Serves the files of a folder with a page, under a policy. */
export async function servingPage<T>(
  folder: string,
  policy: string,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(html|js|css)$/.test(name),
  );
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const served = await serveFiles(files, { port: 0, policy });
  try {
    return await use(served.url);
  } finally {
    await served.close();
  }
}

/** A port that no server uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}
