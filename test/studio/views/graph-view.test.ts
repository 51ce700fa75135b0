// The files of `inspect --format svg` and `--format dot`. If a test fails, a viewer or Graphviz rejects a
// file, or shows another graph.
import { parse } from "@ts-graphviz/ast";
import type { ASTBaseNode } from "@ts-graphviz/ast";
import { expect, it } from "vitest";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { graphPasses } from "../../../src/compiler/pipeline.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import type { StageReport } from "../../../src/compiler/stages/run.ts";
import { explainNodes } from "../../../src/studio/explain/explain-nodes.ts";
import { planPictures } from "../../../src/studio/explain/explain-picture.ts";
import { valuesOf } from "../../../src/studio/picture/choose-boxes.ts";
import { pictureDot } from "../../../src/studio/picture/picture-dot.ts";
import { gradientFormats, graphFormats, passFormats } from "../../../src/studio/views/graph-view.ts";

const model = parseModel({
  name: "drawn",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 5, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 4 },
});
const compilation = compileFor(model, { dtype: "f32" });
const subject = { compilation, reports: [], of: undefined };

interface Tree extends ASTBaseNode {
  readonly children?: readonly Tree[];
}

/** All nodes of this kind in a tree. */
const partsOf = (tree: Tree, type: string): Tree[] => [
  ...(tree.type === type ? [tree] : []),
  ...(tree.children ?? []).flatMap((child) => partsOf(child, type)),
];

it("Graphviz's grammar accepts every graph, with all boxes and all edges", () => {
  const plans = planPictures(explainNodes(subject));
  for (const plan of plans) {
    const tree = parse(pictureDot([plan]));
    const members = plan.lanes.flatMap(({ groups }) => groups.flatMap(valuesOf));
    expect(partsOf(tree, "Node")).toHaveLength(members.length);
    expect(partsOf(tree, "Edge")).toHaveLength(members.flatMap(({ reads }) => reads).length);
  }
});

it("quotes and backslashes in texts are escaped", () => {
  const [node] = explainNodes(subject).filter(({ isNamed, op }) => isNamed && op !== "input");
  const text = 'a "b" \\N \\';
  const odd = { ...node, id: text, name: text, operands: [], users: [] };
  const dot = pictureDot(planPictures([odd]));
  expect(partsOf(parse(dot), "Node")).toHaveLength(1);
  expect(dot).toContain('"a \\"b\\" \\\\N \\\\" [label="a \\"b\\" \\\\N \\\\');
});

it("an SVG is well-formed, has all lanes and escaped text", async () => {
  const svg = await graphFormats(subject).svg();
  expect(svg).toMatch(/^<svg xmlns=/);
  for (const part of ["Forward", "Backward", "Update", "Prediction", "dense1_sum", "d_dense1.weight"])
    expect(svg).toContain(part);
  expect(svg).toContain("[n,5]");
  expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;)|NaN|undefined/);
  const opened = svg.match(/<[a-z]+(?: [^>]*[^/])?>/g) ?? [];
  expect(svg.match(/<\/[a-z]+>/g)).toHaveLength(opened.length);
});

it("--of with a layer opens it, and draws only the step", async () => {
  const svg = await graphFormats({ ...subject, of: "dense2" }).svg();
  expect(svg).toContain(">dense2.weight<");
  expect(svg).not.toContain(">dense1.weight<");
  expect(svg).not.toContain("Prediction");
});

it("the picture of one gradient has its derivation, and nothing of other parameters", async () => {
  const svg = await gradientFormats({ ...subject, of: "dense2.bias" }).svg();
  for (const part of ["d_dense2.bias", "d_dense2", "softmax"]) expect(svg).toContain(part);
  expect(svg).not.toContain("d_dense1");
  expect(svg).not.toContain("d_dense2.weight");
});

it("the graphs after each pass can be drawn; a loop stage has no graph", async () => {
  const reports: StageReport[] = [];
  const watched = compileFor(model, { dtype: "f32", watch: (report) => reports.push(report) });
  const after = (pass: string) => passFormats({ compilation: watched, reports, of: undefined, pass });
  const pictures = await Promise.all(
    ["differentiate", ...graphPasses.map(({ name }) => name)].map(async (pass) => {
      const dot = after(pass).dot?.() ?? "";
      expect(partsOf(parse(dot.slice(0, dot.indexOf("\n}\n") + 3)), "Node").length).toBeGreaterThan(20);
      expect(await after(pass).svg?.()).toContain(`A training step, after ${pass}`);
      return dot;
    }),
  );
  expect(pictures[0]).not.toContain('label="Prediction');
  expect(after("simplify").dot?.()).not.toBe(after("erase-stop-gradients").dot?.());
  expect(after("fuse-loops")).toEqual({});
});
