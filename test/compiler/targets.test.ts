// The table of targets. A new target needs only one entry and one folder, because all code that lists targets
// reads the table. If a test fails, a target is also defined elsewhere.
import { describe, expect, it } from "vitest";
import {
  compileFor,
  compileFrom,
  emitFiles,
  emitTarget,
  emitText,
} from "../../src/compiler/compile-target.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { hasAbility, targetNames, targets, targetsWith, trainerTargets } from "../../src/compiler/targets.ts";
import { targetOption } from "../../src/command/terminal/command-parts.ts";
import { graphText } from "../support/graph-target/print-graphs.ts";
import { specs } from "../support/specs.ts";

const model = parseModel(specs.tiny);
const table = { ...targets, graphText };

describe("another target", () => {
  it("is compiled by the function that the command line calls", async () => {
    const compilation = compileFrom(table, model, { target: "graphText", dtype: "f32" });
    expect(compilation.target).toBe("graphText");
    const text = await emitText(compilation, "f32");
    expect(text).toContain(`# ${model.name}, f32\n\n# gradient\n`);
    expect(text).toContain('output "result:loss"');
  });
  it("starts from graphs, so that no loops are built for it", () => {
    const compilation = compileFrom(table, model, { target: "graphText", dtype: "f32" });
    expect([compilation.lowered, compilation.programs, compilation.vectors]).toEqual([[], [], undefined]);
  });
  it("has text or files of bytes", async () => {
    const text = compileFrom(table, model, { target: "graphText", dtype: "f32" });
    const files = compileFrom(table, model, { target: "onnx", dtype: "f32" });
    expect(await emitFiles(text, "f32")).toBeUndefined();
    expect((await emitFiles(files, "f32"))?.map(({ name }) => name)).toEqual([
      `${model.name}.gradient.onnx`,
      `${model.name}.step.onnx`,
    ]);
    expect(() => emitTarget(files, "f32")).toThrow("the target onnx emits files of bytes");
  });
  it("does not change the others", async () => {
    const [own, other] = [
      compileFor(model, { target: "ts", dtype: "f32" }),
      compileFrom(table, model, { target: "ts", dtype: "f32" }),
    ];
    const options = { isFormatted: false };
    expect(await emitText(other, "f32", options)).toBe(await emitText(own, "f32", options));
  });
});

describe("the table", () => {
  it("has the names in order", () => {
    expect(targetNames).toEqual(["ts", "wasm", "onnx", "pytorch"]);
    expect(trainerTargets).toEqual(["ts", "wasm"]);
  });
  it("lists the abilities of a target", () => {
    expect(targetNames.map((name) => hasAbility(name, "predictor"))).toEqual([true, false, false, false]);
    expect(targetsWith("kernels")).toBe("wasm");
  });
  it("has the targets that the command line offers", () => {
    expect(targetOption(targetNames).argChoices).toEqual(["ts", "wasm", "onnx", "pytorch"]);
    expect(targetOption().argChoices).toEqual(["ts", "wasm"]);
    expect(targetOption().defaultValue).toBe("ts");
  });
  it("has a schedule on vectors only for WebAssembly", () => {
    const hasVectors = targetNames.map(
      (target) => compileFor(model, { target, dtype: "f32" }).vectors !== undefined,
    );
    expect(hasVectors).toEqual([false, true, false, false]);
  });
});
