// The bundle of the sources that a clone caches under node_modules/.cache. If a test fails, a damaged bundle
// is run instead of being rebuilt.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { entries } from "../../../src/command/cli/bundle-program.js";

const launchers = ["load-program.js", "bundle-program.js"];
const cli = fileURLToPath(new URL("../../../src/command/cli/", import.meta.url));
const esbuild = fileURLToPath(new URL("../../../node_modules/esbuild", import.meta.url));

/** A clone that contains only the entries, each of which exports its name. */
let clone: string;
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "tapeless-clone-"));
  mkdirSync(join(clone, "node_modules"));
  for (const file of Object.values(entries))
    mkdirSync(join(clone, "src", dirname(file)), { recursive: true });
  writeFileSync(join(clone, "package.json"), '{ "type": "module" }');
  for (const file of launchers) cpSync(join(cli, file), join(clone, "src/command/cli", file));
  symlinkSync(esbuild, join(clone, "node_modules/esbuild"));
  for (const file of Object.values(entries))
    writeFileSync(join(clone, "src", file), `export const name: string = ${JSON.stringify(file)};\n`);
});
afterAll(() => rmSync(clone, { recursive: true }));

const start = (): string => {
  const code =
    `const { loadProgram } = await import("./src/command/cli/load-program.js"); console.log((await ` +
    `loadProgram("main")).name);`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: clone,
    encoding: "utf8",
  });
};

const bundles = (): string[] => readdirSync(join(clone, "node_modules/.cache/tapeless"));
const bundled = (): string => join(clone, "node_modules/.cache/tapeless", bundles()[0], "main.mjs");

it.each([
  ["new", () => {}],
  ["whole", () => {}],
  ["empty", () => truncateSync(bundled(), 0)],
  ["cut", () => truncateSync(bundled(), 20)],
  ["gone", () => rmSync(bundled())],
  ["another", () => writeFileSync(bundled(), 'export const name = "another";')],
])("the bundle is rebuilt if it was %s", (_, damage) => {
  damage();
  expect(start()).toBe("command/cli/main.ts\n");
  expect(bundles()).toHaveLength(1);
});
