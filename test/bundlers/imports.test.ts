// The imports of specs, without a bundler. If a test fails, an import is not recognised, a query is ignored, a spec in
// TypeScript runs, a bundler does not watch a file, or a debugger shows the wrong line.
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import { afterAll, expect, it } from "vitest";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compileImport } from "../../packages/unplugin/src/compile-import.ts";
import type { ImportedModule } from "../../packages/unplugin/src/compile-import.ts";
import { keepWeights } from "../../packages/unplugin/src/hot.js";
import { specImport } from "../../packages/unplugin/src/options.ts";
import type { Options } from "../../packages/unplugin/src/options.ts";
import { newWorkspace, specText } from "./workspace.ts";

const workspace = newWorkspace();
afterAll(() => workspace.remove());

const watched: string[] = [];

async function imported(id: string, options: Options = {}): Promise<ImportedModule> {
  const spec = specImport(join(workspace.folder, id));
  if (spec === undefined) throw new Error(`${id} is not the import of a spec`);
  const onFile = (file: string) => void watched.push(file);
  return compileImport(
    spec,
    { declarations: false, ...options },
    { isDevelopment: true, buildsWorkers: true, onFile },
  );
}

it.each([
  ["/a/model.tapeless.yaml", "/a/model.tapeless.yaml", {}],
  ["/a/model.tapeless.yml?target=wasm&dtype=f64", "/a/model.tapeless.yml", { target: "wasm", dtype: "f64" }],
  ["/a/model.tapeless.json?import&t=17", "/a/model.tapeless.json", {}],
  ["/a/spec.yaml?tapeless", "/a/spec.yaml", {}],
  ["/a/spec.json?tapeless&target=ts", "/a/spec.json", { target: "ts" }],
])("%s is the import of a spec", (id, file, query) => {
  const found = specImport(id);
  expect(found?.file).toBe(file);
  expect(Object.fromEntries(found?.query ?? [])).toEqual(query);
});

it.each([
  "/a/spec.yaml",
  "/a/package.json",
  "/a/model.ts",
  "/a/model.tapeless.yaml?raw",
  "/a/model.tapeless.yaml?url",
  "/a/model.tapeless.yaml.d.ts",
])("%s is not", (id) => {
  expect(specImport(id)).toBeUndefined();
});

it("a query changes the options of the plugin", async () => {
  const { code } = await imported("model.tapeless.yaml?dtype=f64", { dtype: "f32" });
  expect(code).toContain("Float64Array");
});

it.each([
  ["model.tapeless.yaml?traget=wasm", 'unknown option "traget" of compile'],
  ["model.tapeless.yaml?target=onnx", 'target must be "ts" or "wasm", got "onnx"'],
  ["model.tapeless.yaml?threads=many", 'threads must be a whole number of at least 1, got "many"'],
  ["model.tapeless.yaml?threads=0", 'threads must be a whole number of at least 1, got "0"'],
  ["model.tapeless.yaml?dtype=f16", 'dtype must be "f32" or "f64", got "f16"'],
])("%s is an error that says what would be right", async (id, message) => {
  await expect(imported(id)).rejects.toThrow(message);
});

it("a spec in TypeScript does not run", async () => {
  workspace.write("spec.ts", 'throw new Error("it ran");\n');
  const message =
    /T1008: a spec in TypeScript is a program, which a bundler does not run\n.*tapeless compile --module/;
  await expect(imported("spec.ts?tapeless")).rejects.toThrow(message);
});

it("a model file is watched even if it does not exist yet", async () => {
  const layer = "  - { type: onnx, file: body.onnx }\nloss:";
  workspace.write("onnx.tapeless.yaml", specText.replace("loss:", layer));
  await expect(imported("onnx.tapeless.yaml")).rejects.toThrow("body.onnx");
  expect(watched).toContain(join(workspace.folder, "body.onnx"));
});

it("the source map leads to the spec, and to the TypeScript module", async () => {
  const { code, map } = await imported("model.tapeless.yaml");
  const trace = new TraceMap(map);
  const lineOf = (text: string) => code.slice(0, code.indexOf(text)).split("\n").length;
  const kernel = originalPositionFor(trace, { line: lineOf("function hidden_forward("), column: 0 });
  expect(kernel).toMatchObject({ source: "model.tapeless.yaml", line: 5, name: "hidden" });
  const shared = originalPositionFor(trace, { line: lineOf("function createTrainer("), column: 0 });
  expect(shared).toMatchObject({ source: "model.tapeless.yaml.ts", line: lineOf("function createTrainer(") });
  const [, module] = trace.sourcesContent ?? [];
  expect(module?.split("\n")[(shared.line ?? 0) - 1]).toContain("createTrainer(");
});

const modelOf = (units: number) => ({
  name: "flower",
  parameters: [
    { name: "hidden.weight", shape: [4, units] },
    { name: "scores.bias", shape: [3] },
  ],
});

const create = (units: number) => (value: number) => ({
  parameters: {
    "hidden.weight": new Float32Array(4 * units).fill(value),
    "scores.bias": new Float32Array(3).fill(value),
  },
});

/** What a bundler gives each version of a module, and the end of the version. */
function hotModule() {
  const data = {};
  let dispose = (_data: object): void => {};
  const hot = { data, dispose: (callback: typeof dispose) => void (dispose = callback) };
  return { hot, end: () => dispose(data) };
}

it("an update keeps the weights of each trainer that match by name and shape", () => {
  const { hot, end } = hotModule();
  const before = keepWeights(create(2), modelOf(2), hot);
  const old = [before(1), before(2)];
  end();
  const after = keepWeights(create(3), modelOf(3), hot);
  const changed = [after(7), after(8), after(9)];
  const firsts = changed.map(({ parameters }) => Object.values(parameters).map(([first]) => first));
  expect(firsts).toEqual([
    [7, 1],
    [8, 2],
    [9, 9],
  ]);
  expect(old.map(({ parameters }) => parameters["hidden.weight"][0])).toEqual([1, 2]);

  // A second update before any trainer is created loses nothing.
  end();
  keepWeights(create(3), modelOf(3), hot);
  end();
  const last = keepWeights(create(3), modelOf(3), hot)(0);
  expect(last.parameters["hidden.weight"][0]).toBe(7);
});

it("an update keeps the weights of a trainer that the page has dropped", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const { hot, end } = hotModule();
  const before = keepWeights(create(3), modelOf(3), hot);
  before(1);
  // A weak reference holds its object until the end of the task.
  await new Promise(setImmediate);
  collectGarbage();
  end();
  const { parameters } = keepWeights(create(3), modelOf(3), hot)(7);
  expect(Object.values(parameters).map(([first]) => first)).toEqual([1, 1]);
});
