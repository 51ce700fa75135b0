// The origin of each line of emitted code. If a test fails, a debugger shows the wrong layer, or a line of a
// kernel has no origin.
import type { LineOrigin } from "../../../../src/compiler/emit/emitted-file.ts";
import type { Target } from "../../../../src/compiler/targets.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { MarkingWriter, lineOrigins } from "../../../../src/compiler/emit/typescript/line-origins.ts";
import { compileFor, emitTarget } from "../../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";

interface Line {
  readonly text: string;
  readonly origin: LineOrigin | undefined;
}

async function linesOf(
  spec: unknown,
  options: { target?: Target; isFormatted?: boolean } = {},
): Promise<Line[]> {
  const { target = "ts", isFormatted = true } = options;
  const compilation = compileFor(parseModel(spec), { target, dtype: "f32" });
  const emitted = await emitTarget(compilation, "f32", { isFormatted });
  const origins = emitted.lines();
  const texts = emitted.text.split("\n");
  expect(origins.length).toBe(texts.length);
  return texts.map((text, index) => ({ text, origin: origins[index] }));
}

const specOf = (network: readonly unknown[], more: object = {}) => ({
  name: "layers",
  inputs: { x: { shape: [6] } },
  targets: { y: { classes: 3 } },
  network,
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: "adam",
  training: { epochs: 2, batchSize: 8, validation: { fraction: 0.2 } },
  data: { file: "x.csv", inputs: { x: { columns: ["a0..a5"] } }, targets: { y: { columns: ["c"] } } },
  ...more,
});

const pathOf = ({ origin }: Line): string => (origin?.path ?? ["nothing"]).join(".");

/** The lines of the function with this name, and the comments above it. */
function functionOf(lines: readonly Line[], name: string): Line[] {
  const header = lines.findIndex(({ text }) => text.startsWith(`function ${name}(`));
  expect(header, name).toBeGreaterThan(0);
  let first = header;
  while (lines[first - 1].text.startsWith("//")) first--;
  return lines.slice(first, lines.findIndex(({ text }, at) => at > header && text === "}") + 1);
}

const placesIn = (lines: readonly Line[]) => [...new Set(lines.map(pathOf))].sort();
const lineWith = (lines: readonly Line[], text: string): Line => {
  const found = lines.find((line) => line.text.includes(text));
  if (found === undefined) throw new Error(`no line has ${text}`);
  return found;
};

describe("a network of layers", () => {
  let lines: Line[] = [];
  beforeAll(async () => {
    lines = await linesOf(
      specOf([
        { type: "dense", units: 7, activation: "relu" },
        "layer-norm",
        { type: "dense", units: 5, activation: "tanh" },
        { type: "dense", units: 3 },
      ]),
    );
  });

  it.each([
    ["dense1_forward", ["network.0"]],
    ["dense2_forward", ["network.2"]],
    ["dense3_forward", ["network.3"]],
    ["dense3_backward_weight", ["network.3"]],
    ["dense1_backward_weight", ["network.0"]],
    ["loss_forward", ["loss"]],
  ])("every line of %s has the path of its layer", (name, places) => {
    expect(placesIn(functionOf(lines, name))).toEqual(places);
  });

  it("in a kernel of two layers, each statement has the path of its own layer", () => {
    const kernel = functionOf(lines, "dense2_backward");
    expect(placesIn(kernel)).toEqual(["network.2", "network.3"]);
    expect(pathOf(lineWith(kernel, "sum00 +="))).toBe("network.3");
    expect(pathOf(lineWith(kernel, "let sum00 = 0"))).toBe("network.3");
    expect(pathOf(lineWith(kernel, "f[at_d_dense2_sum_row"))).toBe("network.2");
    expect(lineWith(kernel, "f[at_d_dense2_sum_row").origin?.name).toBe("d_dense2_sum");
  });

  it("calls have the path of their kernel, offsets that of the value stored there", () => {
    expect(pathOf(lineWith(lines, "  dense3_backward_weight("))).toBe("network.3");
    expect(pathOf(lineWith(lines, "const at_dense2_weight ="))).toBe("network.2");
    expect(pathOf(lineWith(lines, "const at_d_dense2_weight ="))).toBe("network.2");
    expect(pathOf(lineWith(lines, "const at_optimizer_mean ="))).toBe("optimizer");
    expect(pathOf(lineWith(lines, "const at_x ="))).toBe("inputs.x");
    expect(pathOf(lineWith(lines, "const at_y ="))).toBe("targets.y");
  });

  it("facts have the path of the key that determines them", () => {
    expect(pathOf(lineWith(lines, "  batchSize: 8"))).toBe("training.batchSize");
    expect(pathOf(lineWith(lines, 'name: "dense3.bias"'))).toBe("network.3");
    expect(pathOf(lineWith(lines, "  validation: 0.2"))).toBe("training.validation");
    expect(pathOf(lineWith(lines, 'columns: ["a0..a5"]'))).toBe("data.inputs");
  });

  it("the initialisation of a parameter has the path of its layer", () => {
    expect(pathOf(lineWith(lines, "// dense2.weight: "))).toBe("network.2");
    expect(pathOf(lineWith(lines, 'machine.parameters["dense2.weight"]'))).toBe("network.2");
  });

  it("code that all trainers have is without an origin", () => {
    const from = lines.findIndex(({ text }) => /^\/\/ ── .*Training loop/.test(text));
    const to = lines.findIndex(({ text }) => /^\/\/ ── .*Evaluation/.test(text));
    expect(placesIn(lines.slice(from, to))).toEqual(["nothing"]);
  });
});

it("a function that several layers share has their common path; each call has that of its layer", async () => {
  const same = { type: "dense", units: 6, activation: "relu" };
  const lines = await linesOf(specOf([same, same, same, { type: "dense", units: 3 }]));
  const calls = lines.filter(({ text }) => /^ {2}dense_forward\(/.test(text));
  expect(calls.slice(0, 3).map(pathOf)).toEqual(["network.0", "network.1", "network.2"]);
  const shared = functionOf(lines, "dense_forward");
  expect(placesIn(shared)).toEqual(["network"]);
  expect(shared[0].origin?.kernels.length).toBeGreaterThanOrEqual(3);
});

it("the copies of a repeated block have the path of the layer in the spec", async () => {
  const block = { type: "repeat", times: 3, layers: [{ type: "dense", units: 6, activation: "relu" }] };
  const lines = await linesOf(specOf([block, { type: "dense", units: 3 }]));
  const calls = lines.filter(({ text }) => /^ {2}repeat\w*_forward/.test(text));
  expect(placesIn(calls)).toEqual(["network.0.layers.0"]);
  expect(placesIn(functionOf(lines, String(calls[0].text.match(/\w+/))))).toEqual(["network.0.layers.0"]);
});

describe("formatting does not change origins", () => {
  const spec = specOf([
    { type: "dense", units: 9, activation: "gelu" },
    { type: "dense", units: 3 },
  ]);

  it.each([["ts"], ["wasm"]] as const)(
    "target %s: each word has the same origin before and after formatting",
    async (target) => {
      const wordPlaces = (lines: readonly Line[]) =>
        lines.flatMap((line) =>
          (line.text.match(/[A-Za-z_]\w*/g) ?? []).map((word) => `${word} ${pathOf(line)}`),
        );
      const raw = wordPlaces(await linesOf(spec, { target, isFormatted: false }));
      const formatted = wordPlaces(await linesOf(spec, { target }));
      expect(raw.filter((word) => /_(forward|backward)/.test(word))).toEqual(
        formatted.filter((word) => /_(forward|backward)/.test(word)),
      );
      expect(formatted.filter((word) => word.endsWith("network.0")).length).toBeGreaterThan(100);
    },
  );
});

it("numbers that formatting rewrites do not shift origins", () => {
  const writer = new MarkingWriter();
  const origin = (name: string): LineOrigin => ({ kernels: [], nodes: [], path: [name], name });
  writer.marked(origin("a"), () => writer.writeLine("const a = 1e+21;"));
  writer.marked(origin("b"), () => writer.writeLine("const b = { c: 2 };"));
  const found = lineOrigins(writer.markedText(), "const a = 1e21;\nconst b = {\n  c: 2,\n};\n");
  expect(found.map((each) => each?.name)).toEqual(["a", "b", "b", "b", undefined]);
  expect(() => lineOrigins(writer.markedText(), "const a = 1e21;")).toThrow("formatting turned");
});
