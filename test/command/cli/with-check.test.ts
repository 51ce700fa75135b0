// The command `tapeless compile --with-check`. If a test fails, the check is in the wrong folder, becomes
// stale unnoticed, or does not run.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, flowers, workspace, type Workspace } from "./workspace.ts";

/** The path of tsx. */
const root = fileURLToPath(new URL("../../..", import.meta.url));

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("flowers.json", flowers);
  return () => place.remove();
});

const compile = (...args: readonly string[]) => place.run("compile", "flowers.json", "--with-check", ...args);

describe("tapeless compile --with-check", () => {
  it("writes the check next to the trainer, which is its only import, and it runs", async () => {
    const { code, stdout } = await compile();
    expect(stdout).toMatch(
      /^flowers\.json → generated\/flowers\.ts .*\nflowers\.json → generated\/flowers\.check\.ts /,
    );
    expect(code).toBe(0);
    expect(place.made()).toEqual(["generated/flowers.check.ts", "generated/flowers.ts"]);
    const imports = place.read("generated/flowers.check.ts").match(/^import .*$|\bimport\(.*\)/gm) ?? [];
    expect(imports.map((line) => line.replace(/.* from /, ""))).toEqual([
      '"./flowers.ts";',
      '"./flowers.ts";',
    ]);
    const tsx = ["--import", "tsx", join(place.folder, "generated/flowers.check.ts")];
    const {
      status,
      stdout: report,
      stderr,
    } = spawnSync(process.execPath, tsx, { cwd: root, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(report).toMatch(/^flowers \(f32, ts\): gradients[^]*^ok/m);
  });

  it("writes both to -o, the same bytes; --check checks both", async () => {
    await compile("-o", "src/model.mts", "--target", "wasm");
    expect(place.made()).toEqual(["src/model.check.mts", "src/model.mts"]);
    const check = place.read("src/model.check.mts");
    expect(check).toContain('from "./model.mts"');
    await compile("-o", "src/model.mts");
    expect(place.read("src/model.check.mts"), "one check for every target").toBe(check);
    const current = await compile("-o", "src/model.mts", "--check");
    expect(current).toMatchObject({
      code: 0,
      stdout: "src/model.mts is up to date\nsrc/model.check.mts is up to date\n",
    });
    place.write("src/model.check.mts", check.replace("rows: ", "rows: 1"));
    const stale = await compile("-o", "src/model.mts", "--check");
    expect(stale.stderr).toMatch(/^src\/model\.check\.mts:\d+ error T1012: the file is not up to date/);
    expect(stale.stderr).toContain("hint: run: tapeless compile flowers.json -o src/model.mts --with-check");
    expect(stale.code).toBe(1);
  });

  it("does not overwrite a foreign file, and then writes nothing", async () => {
    place.write("generated/flowers.check.ts", "// mine\n");
    expectRefusal(
      await compile("--sourcemap"),
      "T1014",
      "generated/flowers.check.ts exists and was not written by tapeless",
    );
    expect(place.read("generated/flowers.check.ts")).toBe("// mine\n");
    expect(place.made()).toEqual([]);
  });

  it("compiles a folder of specs", async () => {
    place.write("specs/a.json", { ...flowers, name: "a" });
    place.write("specs/b.json", { ...flowers, name: "b" });
    expect((await place.run("compile", "specs", "--with-check")).code).toBe(0);
    expect(place.made()).toEqual([
      "generated/a.check.ts",
      "generated/a.ts",
      "generated/b.check.ts",
      "generated/b.ts",
    ]);
  });

  it("rejects invalid combinations, and writes nothing", async () => {
    expectRefusal(
      await compile("--predictor", "flowers.ckpt"),
      "T1010: --with-check cannot be combined with --predictor",
    );
    expectRefusal(
      await compile("-o", "model.js"),
      "T1010: --with-check imports the trainer from model.js, which must be a TypeScript file",
    );
    place.write("model.check.ts", "");
    place.write("flowers.json", { ...flowers, data: { ...flowers.data, file: "model.check.ts" } });
    expectRefusal(
      await compile("-o", "model.ts"),
      "T1014: --with-check model.check.ts would overwrite the data of the spec",
    );
    expect(place.made()).toEqual([]);
  });
});
