// Source maps of `compile --sourcemap`, as other tools read them. If a test fails, the map is not found or
// becomes stale unnoticed, or a stack trace does not show the spec.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, it } from "vitest";
import { flowers, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("specs/flowers.json", flowers);
});
afterEach(() => place.remove());

const mapOf = (file: string) => JSON.parse(place.read(file)) as { sources: string[]; file: string };

it("writes the map next to the file, which is unchanged except for a last line that links to the map", async () => {
  await place.run("compile", "specs/flowers.json", "-o", "out/plain.ts");
  const { code, stdout } = await place.run(
    "compile",
    "specs/flowers.json",
    "-o",
    "out/net.ts",
    "--sourcemap",
  );
  expect(code).toBe(0);
  expect(stdout).toContain("specs/flowers.json → out/net.ts.map  ");
  expect(place.made()).toEqual(["out/net.ts", "out/net.ts.map", "out/plain.ts"]);
  expect(place.read("out/net.ts")).toBe(`${place.read("out/plain.ts")}//# sourceMappingURL=net.ts.map\n`);
  expect(mapOf("out/net.ts.map")).toMatchObject({
    version: 3,
    file: "net.ts",
    sources: ["../specs/flowers.json", "net.ts"],
  });
});

it("addresses are URLs for any file names", async () => {
  place.write("my specs/50% #1.json", flowers);
  await place.run("compile", "my specs/50% #1.json", "-o", "a b.ts", "--sourcemap");
  expect(place.read("a b.ts")).toMatch(/\/\/# sourceMappingURL=a%20b\.ts\.map\n$/);
  expect(mapOf("a b.ts.map").sources).toEqual(["my%20specs/50%25%20%231.json", "a%20b.ts"]);
});

it.each([
  ["--target", "wasm"],
  ["--module", "--probe"],
])("can be combined with %s %s", async (...options) => {
  await place.run("compile", "specs/flowers.json", "--sourcemap", ...options);
  const lines = place.read("generated/flowers.ts").split("\n");
  const map = new TraceMap(place.read("generated/flowers.ts.map"));
  const header = lines.findIndex((line) => line.startsWith("function dense2_forward("));
  const { source, line, name } = originalPositionFor(map, { line: header + 1, column: 0 });
  // The object of a layer begins one line before its type.
  const type = place
    .read("specs/flowers.json")
    .split("\n")
    .findLastIndex((text) => text.includes('"type": "dense"'));
  expect([source, line, name]).toEqual(["../specs/flowers.json", type, "dense2"]);
});

it("can be combined with --predictor and with folders of specs", async () => {
  place.write(
    "flowers.csv",
    "length,width,kind\n1,2,0\n2,1,1\n3,3,2\n1,1,0\n2,2,1\n3,1,2\n1,3,0\n2,3,1\n3,2,2\n",
  );
  const data = ["--data", "flowers.csv", "--epochs", "1", "--out", "f.ckpt"];
  expect((await place.run("train", "specs/flowers.json", ...data)).code).toBe(0);
  await place.run("compile", "specs/flowers.json", "--predictor", "f.ckpt", "--sourcemap");
  await place.run("compile", "specs", "--sourcemap");
  const made = place.made().filter((file) => file.startsWith("generated/"));
  expect(made).toEqual(
    ["ts", "ts.map", "predictor.ts", "predictor.ts.map"].map((end) => `generated/flowers.${end}`).sort(),
  );
  expect(mapOf("generated/flowers.predictor.ts.map").file).toBe("flowers.predictor.ts");
});

it("--check checks both files, and prints the command that updates them", async () => {
  const compile = ["compile", "specs/flowers.json", "--sourcemap"];
  await place.run(...compile);
  expect((await place.run(...compile, "--check")).code).toBe(0);
  // The same model gives the same code, with other locations.
  place.write("specs/flowers.json", JSON.stringify(flowers));
  const { code, stdout, stderr } = await place.run(...compile, "--check");
  expect(stdout).toBe("generated/flowers.ts is up to date\n");
  expect(stderr).toMatch(/generated\/flowers\.ts\.map:\d+ error T1012: the file is not up to date/);
  expect(stderr).toContain("hint: run: tapeless compile specs/flowers.json --sourcemap");
  expect(code).toBe(1);
});

it("a TypeScript spec is mapped to its literals, and computed values to the expression that computes them", async () => {
  const { network, ...rest } = flowers;
  const layers = "const hidden = (units: number) => ({ type: 'dense', units, activation: 'tanh' } as const);";
  const spec = [
    layers,
    `const rest = ${JSON.stringify(rest)} as const;`,
    "export default {",
    "  ...rest,",
    "  network: [",
    "    hidden(4),",
    `    ${JSON.stringify(network[1])},`,
    "  ],",
    "};",
  ];
  place.write("specs/flowers.ts", spec.join("\n"));
  const { stderr } = await place.run("compile", "specs/flowers.ts", "--sourcemap");
  expect(stderr).toBe("");
  const map = new TraceMap(place.read("generated/flowers.ts.map"));
  const lineOf = (name: string) => {
    const lines = place.read("generated/flowers.ts").split("\n");
    const header = lines.findIndex((line) => line.startsWith(`function ${name}(`));
    return originalPositionFor(map, { line: header + 1, column: 0 }).line;
  };
  // The compiler does not look into spread syntax, so the loss is mapped to the object.
  expect([lineOf("dense1_forward"), lineOf("dense2_forward"), lineOf("loss_forward")]).toEqual([6, 7, 3]);
});

it("after bundling by esbuild, an error in a kernel is reported at the line of the layer, with its name", async () => {
  await place.run("compile", "specs/flowers.json", "--sourcemap");
  place.write(
    "main.ts",
    `import { createTrainer } from "./generated/flowers.ts";
const trainer = createTrainer();
Math.tanh = Math.exp = Math.abs = Math.max = () => { throw new Error("from a kernel"); };
trainer.step({ size: [1, 2], kind: [0] });
`,
  );
  await build({
    entryPoints: [join(place.folder, "main.ts")],
    outfile: join(place.folder, "main.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    sourcemap: true,
    logLevel: "silent",
  });
  const said = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      ["--enable-source-maps", "main.mjs"],
      { cwd: place.folder },
      (_error, _stdout, stderr) => resolve(stderr),
    );
  });
  expect(said).toMatch(/at dense1 \(.*specs\/flowers\.json:16:5\)/);
  expect(said).toMatch(/at .*step \(.*generated\/flowers\.ts:\d+:\d+\)/);
});
