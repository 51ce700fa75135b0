// `tapeless inspect MODEL.onnx`. If a test fails, the table does not show the model, or a model that cannot be
// read does not end in a message.
import { afterAll, describe, expect, it } from "vitest";
import { dense, modelBytes } from "../../onnx/make-model.ts";
import { workspace } from "./workspace.ts";

const place = workspace();
afterAll(place.remove);
place.write("model.onnx", modelBytes(dense));
place.write(
  "odd.onnx",
  modelBytes({ ...dense, node: [{ name: "odd", opType: "NonZero", input: ["x"], output: ["y"] }] }),
);
place.write("text.onnx", "name: spec\n");

describe("tapeless inspect with an ONNX model", () => {
  it("prints the nodes with their shapes and parameters, and the same as JSON", async () => {
    const { code, stdout, stderr } = await place.run("inspect", "model.onnx");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      "model.onnx: 2 nodes, 9 parameters, opset 17",
      "",
      "input   x [n, 2]",
      "output  y [n, 3]",
      "",
      "node  operator  output  parameters",
      "gemm  Gemm      [n, 3]  w [2, 3], b [3]",
      "relu  Relu      [n, 3]",
      "",
    ]);
    const found: unknown = JSON.parse((await place.run("inspect", "model.onnx", "--json")).stdout);
    expect(found).toMatchObject({ opset: 17, parameters: 9, outputs: [{ name: "y", shape: ["n", 3] }] });
  });

  it.each([
    ["odd.onnx", [], /error T1901: the node "odd" \(NonZero\) uses an operator that is not supported/],
    ["text.onnx", [], /error T3005: the file (is not an ONNX model|has no graph)/],
    ["missing.onnx", [], /error T1001: cannot read the file/],
    ["model.onnx", ["--show", "gradients"], /error T1010: an ONNX model has only a table of its nodes/],
    ["model.onnx", ["-o", "model.onnx"], /error T1014: -o model.onnx would overwrite the model/],
  ])("%s %s is an error", async (file, flags, message) => {
    const { code, stderr } = await place.run("inspect", file, ...flags);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("internal");
    expect(code).toBe(2);
  });
});
