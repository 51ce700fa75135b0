// The command `compile`: its output files, its messages and `--check`. If a test fails, generated files
// become stale unnoticed, or the command destroys a file.
import { format } from "prettier";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("specs/flowers.json", flowers);
});
afterEach(() => place.remove());

const summary = (spec: string, output: string) =>
  new RegExp(`^${spec} → ${output} {2}\\d+\\.\\d kB \\(\\d+\\.\\d kB gzip\\) in \\d+ ms\n$`);

describe("tapeless compile", () => {
  it("writes generated/<name>.ts in the current folder and reports it in one line", async () => {
    const { code, stdout, stderr } = await place.run("compile", "specs/flowers.json");
    expect(stderr).toBe("");
    expect(stdout).toMatch(summary("specs/flowers.json", "generated/flowers.ts"));
    expect(place.made()).toEqual(["generated/flowers.ts"]);
    expect(place.read("generated/flowers.ts")).toContain("export function createTrainer(");
    expect(code).toBe(0);
  });

  it("writes to -o with the element type of --dtype, and creates folders", async () => {
    const { stdout } = await place.run("compile", "specs/flowers.json", "-o", "a/b/net.ts", "--dtype", "f64");
    expect(stdout).toMatch(summary("specs/flowers.json", "a/b/net.ts"));
    expect(place.read("a/b/net.ts")).toContain('dtype: "f64"');
    expect(place.made()).toEqual(["a/b/net.ts"]);
  });

  it("writes JavaScript and declarations with --emit js, and plain loops with --readable", async () => {
    const { stdout, code } = await place.run("compile", "specs/flowers.json", "--emit", "js", "--readable");
    expect(code).toBe(0);
    expect(stdout).toContain("specs/flowers.json → generated/flowers.js");
    expect(place.made()).toEqual(["generated/flowers.d.ts", "generated/flowers.js"]);
    expect(place.read("generated/flowers.js")).toContain("// Loops: each kernel computes");
    const check = ["compile", "specs/flowers.json", "--emit", "js", "--readable", "--check"];
    expect((await place.run(...check)).code).toBe(0);
    place.write("generated/flowers.d.ts", "export {};\n");
    expect((await place.run(...check)).stderr).toContain("--readable --emit js");
    expect((await place.run(...check)).code).toBe(1);
    expectRefusal(
      await place.run("compile", "specs/flowers.json", "--emit", "js"),
      "T1014: generated/flowers.d.ts exists and was not written by tapeless",
    );
  });

  it("writes ONNX files to the folder of -o, and checks them", async () => {
    const words = ["compile", "specs/flowers.json", "--target", "onnx", "-o", "models"];
    const { stdout, stderr, code } = await place.run(...words);
    expect([stderr, code]).toEqual(["", 0]);
    const files = ["models/flowers.gradient.onnx", "models/flowers.step.onnx"];
    expect(place.made()).toEqual(files);
    expect(stdout.split("\n").map((line) => line.split("  ")[0])).toEqual([
      ...files.map((file) => `specs/flowers.json → ${file}`),
      "",
    ]);
    const current = await place.run(...words, "--check");
    expect([current.stdout, current.code]).toEqual([
      files.map((file) => `${file} is up to date\n`).join(""),
      0,
    ]);
    expect((await place.run(...words)).code).toBe(0);
    place.write("models/flowers.step.onnx", "mine");
    const { stderr: stale, code: failed } = await place.run(...words, "--check");
    expect(stale).toContain("models/flowers.step.onnx");
    expect(stale).toContain("T1012: the file is not up to date");
    expect(stale).toContain("run: tapeless compile specs/flowers.json -o models --target onnx");
    expect(failed).toBe(1);
    expectRefusal(
      await place.run(...words),
      "T1014: models/flowers.step.onnx exists and was not written by tapeless",
    );
  });

  it.each([["--probe"], ["--module"], ["--emit", "js"], ["--sourcemap"]])(
    "refuses %s for a target that makes no trainer",
    async (flag, ...value) => {
      expectRefusal(
        await place.run("compile", "specs/flowers.json", "--target", "onnx", flag, ...value),
        `T1010: ${flag} cannot be combined with --target onnx`,
      );
    },
  );

  it("writes JavaScript that is the same program", async () => {
    await place.run("compile", "specs/flowers.json", "--emit", "js", "-o", "net.mjs");
    place.write("flowers.csv", flowersCsv);
    const trained = await place.run("train", "specs/flowers.json", "--data", "flowers.csv", "--json");
    const program = spawnSync(process.execPath, ["net.mjs", "--data", "flowers.csv", "--json"], {
      cwd: place.folder,
      encoding: "utf8",
    });
    expect(program.stdout).toBe(trained.stdout);
  });

  it.each([
    [["-o", "net.ts"], "--emit js: the file name net.ts must end in .js or .mjs"],
    [["--with-check"], "--emit js cannot be combined with --with-check"],
    [["--sourcemap"], "--emit js cannot be combined with --sourcemap"],
  ])("refuses --emit js with %j", async (flags, message) => {
    expectRefusal(await place.run("compile", "specs/flowers.json", "--emit", "js", ...flags), message);
  });

  it("omits the program with --module", async () => {
    await place.run("compile", "specs/flowers.json", "-o", "module.ts", "--module");
    const code = place.read("module.ts");
    expect(code).toContain("export function createTrainer(");
    for (const part of ["import.meta", "runIfMain", "node:fs", "--data"]) expect(code).not.toContain(part);
    const both = await place.run("compile", "specs/flowers.json", "--module", "--predictor", "x.ckpt");
    expectRefusal(both, "--module cannot be combined with --predictor");
  });

  it("gives the same bytes for the same tree in JSON, YAML and TypeScript", async () => {
    place.write("specs/flowers.yaml", JSON.stringify(flowers));
    place.write(
      "specs/flowers.ts",
      `import { defineModel } from "tapeless";\nexport default defineModel(${JSON.stringify(flowers)});\n`,
    );
    const texts: string[] = [];
    for (const ending of ["json", "yaml", "ts"]) {
      expect((await place.run("compile", `specs/flowers.${ending}`, "-o", `${ending}.ts`)).stderr).toBe("");
      texts.push(place.read(`${ending}.ts`));
    }
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).toBe(texts[0]);
  });

  it("compiles several specs, and all specs of a folder; an invalid one does not stop the others", async () => {
    place.write("specs/other.yaml", JSON.stringify({ ...flowers, name: "other" }));
    place.write("specs/wrong.json", { ...flowers, name: "wrong", optimizer: "adm" });
    const { code, stdout, stderr } = await place.run("compile", "specs");
    expect(stdout).toContain("specs/flowers.json → generated/flowers.ts");
    expect(stdout).toContain("specs/other.yaml → generated/other.ts");
    expect(stderr).toContain("specs/wrong.json:");
    expect(place.made()).toEqual(["generated/flowers.ts", "generated/other.ts"]);
    expect(code).toBe(2);
  });

  it("does not write two specs with one name to the same file", async () => {
    place.write("twin.json", flowers);
    const { code, stderr } = await place.run("compile", "specs/flowers.json", "twin.json");
    expect(stderr).toContain(
      "twin.json and specs/flowers.json would both be written to generated/flowers.ts",
    );
    expect(code).toBe(2);
  });

  it("does not overwrite a folder", async () => {
    mkdirSync(join(place.folder, "taken"));
    expectRefusal(
      await place.run("compile", "specs/flowers.json", "-o", "taken"),
      "error T1011: cannot write taken: it is a folder",
    );
    expect(place.made()).toEqual([]);
  });

  it.each(["specs/flowers.json/net.ts", "specs/flowers.json/a/net.ts"])(
    "does not write below a file: %s",
    async (output) => {
      expectRefusal(
        await place.run("compile", "specs/flowers.json", "-o", output),
        `error T1011: cannot write ${output}: part of its path is a file, not a folder`,
      );
    },
  );

  it("omits passes in --skip, and the result still compiles", async () => {
    await place.run(
      "compile",
      "specs/flowers.json",
      "-o",
      "plain.ts",
      "--skip",
      "simplify",
      "--skip",
      "fuse-loops",
    );
    await place.run("compile", "specs/flowers.json");
    expect(place.read("plain.ts")).not.toBe(place.read("generated/flowers.ts"));
  });

  it("ends with the stage in --stop-after, and the result still compiles", async () => {
    await place.run("compile", "specs/flowers.json", "-o", "early.ts", "--stop-after", "simplify");
    await place.run("compile", "specs/flowers.json");
    expect(place.read("early.ts")).not.toBe(place.read("generated/flowers.ts"));
    const { stderr } = await place.run(
      "compile",
      "specs/flowers.json",
      "--check",
      "--stop-after",
      "compute-addresses",
    );
    expect(stderr).toBe("");
  });

  it("locates what the target does not support in the spec", async () => {
    const training = { ...flowers.training, validation: { folds: 3 } };
    place.write("specs/folds.yaml", stringify({ ...flowers, training }));
    const line = place.read("specs/folds.yaml").split("\n").indexOf("    folds: 3") + 1;
    expectRefusal(
      await place.run("compile", "specs/folds.yaml", "--target", "pytorch"),
      `specs/folds.yaml:${line}:12 error T1901: the target pytorch does not support training.validation.folds yet`,
      'hint: use "fraction", "last", "column" or "group", without "time", "after" and folds',
    );
  });

  it("reports the savings of a frozen layer", async () => {
    const [first, second] = flowers.network;
    place.write("frozen.json", { ...flowers, network: [{ ...first, trainable: false }, second] });
    const { stdout } = await place.run("compile", "frozen.json");
    expect(stdout).toMatch(
      / {2}frozen: dense1\. The gradient needs \d+ nodes instead of \d+, .* MFLOP per batch \(\d+ % saved\)/,
    );
    const [, pruned, full] = /needs (\d+) nodes instead of (\d+)/.exec(stdout) ?? [];
    expect(Number(pruned)).toBeLessThan(Number(full));
  });
});

describe("tapeless compile --check", () => {
  it("exits with 0 if the file is up to date", async () => {
    await place.run("compile", "specs/flowers.json");
    const { code, stdout } = await place.run("compile", "specs/flowers.json", "--check");
    expect(stdout).toBe("generated/flowers.ts is up to date\n");
    expect(code).toBe(0);
  });

  it("exits with 1, shows the first difference and the command that updates the file, and writes nothing", async () => {
    await place.run("compile", "specs/flowers.json");
    const stale = place.read("generated/flowers.ts").replace('name: "flowers"', 'name: "weeds"');
    place.write("generated/flowers.ts", stale);
    const { code, stdout, stderr } = await place.run("compile", "specs/flowers.json", "--check");
    const line = stale.split("\n").findIndex((text) => text.includes('name: "weeds"')) + 1;
    expect(stderr).toContain(`generated/flowers.ts:${line} error T1012: the file is not up to date`);
    expect(stderr).toContain("weeds");
    expect(stderr).toContain("hint: run: tapeless compile specs/flowers.json");
    expect(stdout).toBe("");
    expect(place.read("generated/flowers.ts")).toBe(stale);
    expect(code).toBe(1);
  });

  it("accepts a file that another formatter has formatted", async () => {
    await place.run("compile", "specs/flowers.json");
    const code = place.read("generated/flowers.ts");
    const formatted = await format(code, { parser: "typescript", semi: false, singleQuote: true });
    expect(formatted).not.toBe(code);
    place.write("generated/flowers.ts", formatted);
    expect((await place.run("compile", "specs/flowers.json", "--check")).code).toBe(0);
    place.write("generated/flowers.ts", formatted.replace("shuffle: true", "shuffle: false"));
    expect((await place.run("compile", "specs/flowers.json", "--check")).code).toBe(1);
  });

  it("repeats in that command every option that changes the file", async () => {
    const options = ["-o", "my net.ts", "--dtype", "f64", "--exact", "--skip", "simplify,fuse-loops"];
    const { code, stderr } = await place.run("compile", "specs/flowers.json", "--check", ...options);
    expect(stderr).toContain(
      "hint: run: tapeless compile specs/flowers.json -o 'my net.ts' --dtype f64 --exact --skip simplify,fuse-loops\n",
    );
    expect(code).toBe(1);
  });

  it("lists every file that is stale or missing", async () => {
    place.write("specs/other.json", { ...flowers, name: "other" });
    const { code, stderr } = await place.run("compile", "specs", "--check");
    expect(stderr).toContain("generated/flowers.ts error T1012: the file does not exist");
    expect(stderr).toContain("generated/other.ts error T1012: the file does not exist");
    expect(place.made()).toEqual([]);
    expect(code).toBe(1);
  });
});

describe("tapeless compile --watch", () => {
  /** Runs the command until `work` ends. `until` waits for output, and forgets what came before it. */
  const watching = async (
    spec: string,
    work: (until: (pattern: RegExp) => Promise<void>) => Promise<void>,
  ) => {
    const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));
    const child = spawn(process.execPath, [launcher, "compile", spec, "--watch"], { cwd: place.folder });
    let said = "";
    const listen = (text: Buffer) => {
      said += text.toString();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const until = async (pattern: RegExp) => {
      for (let waits = 0; !pattern.test(said); waits++) {
        if (waits > 500) throw new Error(`no ${pattern} in: ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      said = "";
    };
    try {
      await work(until);
    } finally {
      child.kill();
    }
  };

  it("recompiles when the spec changes, and continues after errors", () =>
    watching("specs/flowers.json", async (until) => {
      await until(/watching specs\/flowers\.json/);
      place.write("specs/flowers.json", { ...flowers, loss: "cross-entorpy" });
      await until(/did you mean "cross-entropy"/);
      place.write("specs/flowers.json", { ...flowers, metrics: [] });
      await until(/→ generated\/flowers\.ts/);
    }));

  it("recompiles when a model file changes, also if it did not exist or the spec names it only now", async () => {
    const layer = { type: "onnx", file: "body.onnx", until: "/flatten/Flatten" };
    const spec = {
      ...flowers,
      name: "tuned",
      inputs: { flower: { shape: [784] } },
      network: [{ type: "reshape", shape: [1, 28, 28] }, layer, { type: "dense", units: 3 }],
      data: undefined,
    };
    const body = readFileSync(new URL("../../../graphs/fine-tune/body.onnx", import.meta.url));
    place.write("specs/tuned.json", spec);
    await watching("specs/tuned.json", async (until) => {
      await until(/watching specs\/tuned\.json/);
      place.write("specs/body.onnx", body);
      await until(/→ generated\/tuned\.ts/);
      place.write("specs/body.onnx", body.subarray(0, 1000));
      await until(/T3005/);
      place.write("specs/tuned.json", {
        ...spec,
        network: spec.network.with(1, { ...layer, file: "new.onnx" }),
      });
      await until(/T1001/);
      place.write("specs/new.onnx", body);
      await until(/→ generated\/tuned\.ts/);
    });
  });
});

describe("tapeless schema", () => {
  it("prints the JSON Schema, writes it, and checks it", async () => {
    const { stdout } = await place.run("schema");
    expect(JSON.parse(stdout)).toMatchObject({ type: "object", properties: { network: {} } });
    expect((await place.run("schema", "-o", "spec.schema.json")).code).toBe(0);
    expect(place.read("spec.schema.json")).toBe(stdout);
    expect((await place.run("schema", "-o", "spec.schema.json", "--check")).code).toBe(0);
    place.write("spec.schema.json", "{}");
    expect((await place.run("schema", "-o", "spec.schema.json", "--check")).code).toBe(1);
  });
});
