// Source maps, read by a third-party library. If a test fails, a profiler or a debugger shows the wrong
// layer, or a line that does not exist.
import type { Target } from "../../../src/compiler/targets.ts";
import { TraceMap, eachMapping, originalPositionFor } from "@jridgewell/trace-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceMap } from "../../../src/studio/explain/source-map.ts";
import { compileFor, emitTarget } from "../../../src/compiler/compile-target.ts";
import { readJson } from "../../../src/compiler/spec/read/json.ts";
import { specOfTree } from "../../../src/compiler/spec/read/spec-source.ts";
import { readYaml } from "../../../src/compiler/spec/read/yaml.ts";

const json = `{
  "name": "small",
  "inputs": { "x": { "shape": [6] } }, "targets": { "y": { "classes": 3 } },
  "network": [
    { "type": "dense", "name": "alpha", "units": 7, "activation": "relu" },
    { "type": "layer-norm", "name": "beta" },
    { "type": "dense", "name": "gamma", "units": 5, "activation": "gelu" },
    {
      "type": "dense", "name": "delta", "units": 3
    }
  ],
  "loss": "cross-entropy",
  "metrics": ["accuracy"],
  "optimizer": { "type": "adam", "clip": { "norm": 1 } },
  "training": { "epochs": 2, "batchSize": 8 }
}
`;

const yaml = `# The same, as a person writes it.
name: small
inputs: { x: { shape: [6] } }
targets: { y: { classes: 3 } }
network:
  - name: alpha
    type: dense
    units: 7
    activation: relu
  - { type: layer-norm, name: beta }
  - { type: dense, name: gamma, units: 5, activation: gelu }
  - name: delta
    type: dense
    units: 3
loss: cross-entropy
metrics: [accuracy]
optimizer:
  type: adam
  clip: { norm: 1 }
training: { epochs: 2, batchSize: 8 }
`;

interface MappedLine {
  readonly text: string;
  readonly source: string | null;
  /** Counted from 1, as in editors. */
  readonly line: number | null;
  readonly name: string | null;
}

async function mapped(text: string, options: { target?: Target; isFormatted?: boolean } = {}) {
  const file = text.startsWith("{") ? "small.json" : "small.yaml";
  const tree = text.startsWith("{") ? readJson(text) : readYaml(text);
  const { model, source } = await specOfTree(file, text, tree);
  const compilation = compileFor(model, { dtype: "f32", target: options.target });
  const emitted = await emitTarget(compilation, "f32", { isFormatted: options.isFormatted ?? false });
  const map = new TraceMap(await sourceMap(emitted, source, { file: "small.ts", spec: `../${file}` }));
  const lines = emitted.text.split("\n").map((line, index): MappedLine => ({
    text: line,
    // Within the line, where a function has its name: debuggers ask for that column.
    ...originalPositionFor(map, { line: index + 1, column: Math.min(9, line.length) }),
  }));
  return { map, lines, spec: `../${file}`, specLines: text.split("\n"), emitted: emitted.text };
}

/** The first line of a function that is named by the role of a kernel. */
const kernelHeader =
  /^function (\w+_(forward|backward|recomputed|predict|evaluate|probe|update|totals|rate|clipping)\w*|summary)\(/;

/** The lines of each kernel's function, with the comments above it. */
function kernelsIn(lines: readonly MappedLine[]): readonly (readonly MappedLine[])[] {
  return lines.flatMap(({ text }, header) => {
    if (!kernelHeader.test(text)) return [];
    let first = header;
    while (lines[first - 1].text.startsWith("//")) first--;
    return [lines.slice(first, lines.findIndex((line, at) => at > header && line.text === "}") + 1)];
  });
}

describe.each([
  ["JSON", json, 12, 14],
  ["YAML", yaml, 15, 18],
] as const)("of a spec in %s", (_, text, lossLine, optimizerLine) => {
  it("the kernels of a layer are mapped to the line that names it", async () => {
    const { lines, spec, specLines } = await mapped(text);
    for (const layer of ["alpha", "beta", "gamma", "delta"]) {
      const headers = lines.filter((line) =>
        new RegExp(`^function ${layer}_(forward|backward_(weight|scale))\\(`).test(line.text),
      );
      expect(headers.length, layer).toBe(2);
      for (const { source, line, name } of headers) {
        expect(source).toBe(spec);
        const at = specLines.slice((line ?? 0) - 1, line === null ? 0 : line + 1).join("\n");
        expect(at).toContain(layer);
        expect(name).toContain(layer);
      }
    }
  });

  it("the loss and the optimizer are mapped to their keys", async () => {
    const { lines } = await mapped(text);
    const header = (name: string) => lines.find((line) => line.text.startsWith(`function ${name}(`));
    expect(header("loss_forward")).toMatchObject({ line: lossLine, name: "loss" });
    expect(header("adam_update")).toMatchObject({ line: optimizerLine, name: "optimizer" });
  });

  it("no mapping leads outside the embedded text", async () => {
    const { map, spec, emitted } = await mapped(text);
    expect(map.sources).toEqual([spec, "small.ts"]);
    expect(map.sourcesContent).toEqual([text, emitted]);
    const texts = new Map([
      [spec, text.split("\n")],
      ["small.ts", emitted.split("\n")],
    ]);
    eachMapping(map, ({ source, originalLine, originalColumn }) => {
      const line = texts.get(source ?? "")?.[(originalLine ?? 0) - 1];
      expect(line?.length, `${source}:${originalLine}`).toBeGreaterThanOrEqual(originalColumn ?? -1);
    });
  });
});

it("the parameters of a kernel do not get the name of the layer", async () => {
  const { map, lines } = await mapped(json);
  const header = lines.findIndex(({ text }) => text.startsWith("function alpha_forward("));
  const nameAt = (column: number) => originalPositionFor(map, { line: header + 1, column }).name;
  const bracket = lines[header].text.indexOf("(");
  expect([nameAt(0), nameAt(bracket), nameAt(bracket + 1)]).toEqual(["alpha", "alpha", null]);
});

it("names distinguish forward and backward kernels; only the start of a function has a name", async () => {
  const { lines } = await mapped(json);
  const named = lines.filter(({ name }) => name !== null);
  expect(named.every(({ text }) => kernelHeader.test(text))).toBe(true);
  expect(named.find(({ text }) => text.startsWith("function gamma_forward("))?.name).toBe("gamma");
  expect(named.find(({ text }) => text.startsWith("function gamma_backward_weight("))?.name).toBe(
    "gradient of gamma",
  );
});

it("runtime code is mapped to itself, so that no reader takes it for a part of the spec", async () => {
  const { lines } = await mapped(json);
  const heading = (title: string) =>
    lines.findIndex(({ text }) => /^\/\/ ── /.test(text) && text.includes(title));
  const from = heading("Training loop");
  const runtime = lines.slice(from, heading("Evaluation and prediction"));
  expect(runtime.length).toBeGreaterThan(100);
  expect(runtime.every(({ source, line }, at) => source === "small.ts" && line === from + at + 1)).toBe(true);
});

it("a function that many layers share names them, and each call is mapped to its layer", async () => {
  const layers = Array.from(
    { length: 5 },
    (_, i) => `    { "type": "dense", "name": "l${i}", "units": 6, "activation": "tanh" },`,
  );
  const { lines } = await mapped(
    json.replace(/ {4}\{ "type": "dense", "name": "alpha".*\n/, `${layers.join("\n")}\n`),
  );
  const shared = lines.find(({ text }) => text.startsWith("function l_forward("));
  expect(shared).toMatchObject({ name: "l0, l1, l2 and 1 more", line: 4 });
  const calls = lines.filter(({ text }) => text.startsWith("  l_forward("));
  expect(calls.slice(0, 4).map(({ line }) => line)).toEqual([5, 6, 7, 8]);
});

it("for any network, every line of every kernel is mapped to the spec", async () => {
  const layer = fc.oneof(
    fc.record({
      type: fc.constant("dense"),
      units: fc.integer({ min: 1, max: 9 }),
      activation: fc.constantFrom("relu", "tanh", "softmax"),
    }),
    fc.constantFrom({ type: "layer-norm" }, { type: "dropout", rate: 0.5 }, { type: "batch-norm" }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(layer, { maxLength: 4 }),
      fc.constantFrom("ts" as const, "wasm" as const),
      async (some, target) => {
        const network = [...some, { type: "dense", units: 3 }];
        const text = JSON.stringify({ ...JSON.parse(json), network }, undefined, 1);
        const { lines, spec } = await mapped(text, { target });
        const kernels = kernelsIn(lines);
        expect(kernels.length).toBeGreaterThan(3);
        for (const { source, text } of kernels.flat()) expect(source, text).toBe(spec);
      },
    ),
    { numRuns: 5 },
  );
});
