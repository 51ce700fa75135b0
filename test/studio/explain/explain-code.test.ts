// The explanation of lines of code. If a test fails, a selected line shows a wrong node, kernel or location.
import { beforeAll, expect, it } from "vitest";
import { explainCode } from "../../../src/studio/explain/explain-code.ts";
import type { ExplainedCode } from "../../../src/studio/explain/explain-code.ts";
import { nodeNames } from "../../../src/studio/explain/graph-formulas.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import type { TargetCompilation } from "../../../src/compiler/compile-target.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";

let compilation: TargetCompilation;
let code: ExplainedCode;
beforeAll(async () => {
  const { model, source } = await readSpec("graphs/digits.json");
  compilation = compileFor(model, { dtype: "f32" });
  code = await explainCode(compilation, { dtype: "f32", source });
});

const lineWith = (text: string) => {
  const at = code.text.split("\n").findIndex((line) => line.includes(text));
  return code.lines[at];
};

it("has every line of the file, in order", () => {
  expect(code.lines.map(({ line }) => line)).toEqual(code.text.split("\n").map((_, index) => index + 1));
});

it("a line has its nodes, kernels and location", () => {
  const { nodes, kernels, location } = lineWith("f[at_d_dense1_sum_row + j] =");
  expect(nodes).toEqual(["gradient/d_dense1_sum"]);
  expect(kernels).toEqual([6]);
  expect(location).toEqual({ path: ["network", 0], line: 6, column: 5 });
});

it("a function that several programs share has the nodes and kernels of each", () => {
  const { nodes, kernels } = lineWith("function dense1_forward(");
  expect(nodes).toEqual(
    ["gradient", "predict", "evaluate"].flatMap((p) => [`${p}/dense1_product`, `${p}/dense1`]),
  );
  expect(kernels).toHaveLength(3);
});

it("ids of nodes are those of the graphs", () => {
  const known = new Set(
    compilation.rematerialised.flatMap((graph) =>
      [...nodeNames(graph).values()].map((name) => `${graph.name}/${name}`),
    ),
  );
  expect(code.lines.flatMap(({ nodes }) => nodes).filter((id) => !known.has(id))).toEqual([]);
});

it("every kernel has its function and the function's lines, with the comments above", () => {
  const texts = code.text.split("\n");
  const kernels = compilation.programs.flatMap((program) => program.kernels);
  expect(code.functions).toHaveLength(kernels.length);
  for (const { function: name, lines = [0, 0] } of code.functions) {
    const [first, last] = lines;
    expect(texts[first - 1]).toMatch(/^\/\/ /);
    expect(texts[first - 2]).toBe("");
    expect(texts.slice(first - 1, last).join("\n")).toContain(`function ${name}(`);
    expect(texts[last - 1]).toBe("}");
  }
});
