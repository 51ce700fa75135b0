// The explanation of kernels. If a test fails, the work or the memory traffic is wrong, a node has no kernel,
// or a kernel shows the code of another kernel.
import { sum } from "d3-array";
import { describe, expect, it } from "vitest";
import { explainCode } from "../../../src/studio/explain/explain-code.ts";
import type { ExplainedCode } from "../../../src/studio/explain/explain-code.ts";
import { explainKernels } from "../../../src/studio/explain/explain-kernels.ts";
import { explainNodes } from "../../../src/studio/explain/explain-nodes.ts";
import { explainStages } from "../../../src/studio/explain/explain-passes.ts";
import type { ExplainedKernel, ExplainedNode } from "../../../src/studio/explanation.ts";
import { targetKernels } from "../../../src/studio/explain/target-kernels.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import type { Target } from "../../../src/compiler/targets.ts";
import type { StageReport } from "../../../src/compiler/stages/run.ts";
import type { Subject } from "../../../src/studio/explain/subject.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";

async function compiled(spec: string, target: Target) {
  const { model } = await readSpec(`graphs/${spec}`);
  const reports: StageReport[] = [];
  const watch = (report: StageReport) => void reports.push(report);
  const compilation = compileFor(model, { dtype: "f32", target, watch });
  const none = targetKernels(compilation).map(() => ({ function: "", lines: undefined }));
  const nodes = explainNodes({ compilation, reports, of: undefined });
  return { compilation, reports, kernels: explainKernels(compilation, none), nodes };
}

const specs: readonly (readonly [string, Target])[] = [
  ["digits.json", "ts"],
  ["digits.json", "wasm"],
  ["names-gru.json", "ts"],
  ["names-gru.json", "wasm"],
];

describe.each(specs)("%s, target %s", (spec, target) => {
  const made = compiled(spec, target);

  it("a kernel's work is that of its nodes, including values computed inline", async () => {
    const { kernels, nodes } = await made;
    const byId = new Map(nodes.map((node) => [node.id, node]));
    for (const { name, nodes: own, inlined, flops } of kernels)
      expect([name, sum(own, (id) => workOf(id, new Set(inlined), byId))]).toEqual([name, flops]);
  });

  it("every stored value is in one kernel; every value with work is in a kernel, and refers to the first", async () => {
    const { kernels, nodes } = await made;
    const stored = kernels.flatMap((kernel) => kernel.nodes);
    expect(stored).toEqual([...new Set(stored)]);
    for (const { id, flops, kernel } of nodes) {
      if (kernel === undefined) expect([id, flops]).toEqual([id, 0]);
      else {
        const having = kernels.filter((each) => each.nodes.includes(id) || each.inlined.includes(id));
        const first = having.find((each) => each.nodes.includes(id)) ?? having[0];
        expect([id, kernel]).toEqual([id, first.index]);
      }
    }
  });

  it("the savings of fusion agree with the stages of each program", async () => {
    const { compilation, reports, kernels } = await made;
    expect(savings(kernels)).toEqual(stageSavings({ compilation, reports }));
  });
});

/** The operations of a stored value and of the values that are computed inline for it, each once. */
function workOf(id: string, inlined: ReadonlySet<string>, byId: ReadonlyMap<string, ExplainedNode>): number {
  const counted = new Set([id]);
  for (const each of counted)
    for (const operand of byId.get(each)?.operands ?? []) if (inlined.has(operand)) counted.add(operand);
  return sum(counted, (each) => byId.get(each)?.flops ?? 0);
}

/** For each program: the nests that became kernels, and the additional bytes that they access. */
function savings(kernels: readonly ExplainedKernel[]) {
  const found: Record<string, { nests: number; bytes: number }> = {};
  for (const { program, fused } of kernels) {
    const known = (found[program] ??= { nests: 0, bytes: 0 });
    known.nests += fused.nests;
    known.bytes += fused.bytesSaved;
  }
  return found;
}

function stageSavings(subject: Pick<Subject, "compilation" | "reports">) {
  const found: Record<string, { nests: number; bytes: number }> = {};
  for (const { program, before, after } of explainStages(subject)) {
    const known = (found[program] ??= { nests: before.kernels, bytes: 0 });
    known.bytes += before.bytesTouched - after.bytesTouched;
  }
  return found;
}

describe("digits", () => {
  it("an activation is fused into the product before it, which stays out of memory", async () => {
    const { kernels } = await compiled("digits.json", "ts");
    const { nodes, inlined, fused, flops } = kernels[0];
    expect(nodes).toEqual(["gradient/dense1_product", "gradient/dense1"]);
    expect(inlined).toEqual(["gradient/dense1_sum", "gradient/dense1.bias_2"]);
    // 32 rows of 64 products: written by one nest and read by the next one.
    expect(fused).toEqual({ nests: 2, values: ["gradient/dense1_product"], bytesSaved: 2 * 32 * 64 * 4 });
    expect(flops).toBe(32 * 64 * (2 * 64 + 2));
  });

  it("outputs of a program count as memory, even if they are copied there without fusion", async () => {
    const { kernels } = await compiled("digits.json", "ts");
    const [update] = kernels.filter(({ program }) => program === "update");
    expect(update.fused.nests).toBe(10);
    expect(update.fused.values).toEqual(["update/stepSize", "update/reciprocal_of_correction"]);
  });

  it.each<Target>(["ts", "wasm"])("target %s: each kernel has its code", async (target) => {
    const { model } = await readSpec("graphs/digits.json");
    const compilation = compileFor(model, { dtype: "f32", target });
    const code: ExplainedCode = await explainCode(compilation, { dtype: "f32" });
    const texts = code.text.split("\n");
    const kernels = explainKernels(compilation, code.functions);
    for (const { function: name, lines = [1, 0], wat, sharedBy } of kernels) {
      const text = texts.slice(lines[0] - 1, lines[1]);
      expect(text.filter((line) => line.startsWith(`function ${name}(`))).toHaveLength(1);
      expect(text.at(-1)).toBe("}");
      if (target === "wasm")
        expect(wat).toMatch(
          /^\(func \$(\w+_(forward|backward|predict|evaluate|update|totals|rate|clipping)|summary)/,
        );
      expect(sharedBy).toBe(
        kernels.filter((each) => (target === "ts" ? each.function === name : each.wat === wat)).length,
      );
    }
    // A kernel for the remainder of a loop has no nodes, so no line needs to refer to it.
    const known = new Set(code.lines.flatMap((line) => line.kernels));
    expect(kernels.filter(({ nodes, index }) => nodes.length > 0 && !known.has(index))).toEqual([]);
  });
});
