// The view of the graph after each pass, as counts and as lines. If a test fails, the view differs from the
// compilation.
import { describe, expect, it } from "vitest";
import { explainPasses, explainStages } from "../../../src/studio/explain/explain-passes.ts";
import { countOptionsOf, graphCounts } from "../../../src/studio/explain/graph-counts.ts";
import { nodeNames } from "../../../src/studio/explain/graph-formulas.ts";
import { passesView } from "../../../src/studio/views/passes-view.ts";
import type { StageReport } from "../../../src/compiler/stages/run.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";
import { specs } from "../../support/specs.ts";

function compiled(spec: unknown) {
  const reports: StageReport[] = [];
  const compilation = compileFor(parseModel(spec), {
    dtype: "f32",
    watch: (report) => reports.push(report),
  });
  return { compilation, reports, of: undefined };
}

describe.each(Object.entries(specs))("%s", (_, spec) => {
  const subject = compiled(spec);
  const { compilation } = subject;
  const stages = explainStages(subject);

  it.each(compilation.rematerialised.map((graph) => [graph.name, graph] as const))(
    "the counts of %s are those of its loops before fusion",
    (name, graph) => {
      const counts = graphCounts(graph, countOptionsOf(compilation));
      const [unfused] = stages.filter(({ program }) => program === name);
      const program = compilation.programs.find((each) => each.name === name);
      const flops = program?.kernels.flatMap(({ provenance }) => provenance.map((each) => each.flops)) ?? [];
      expect(counts.bytesMoved).toBe(unfused.before.bytesTouched);
      expect(counts.flops).toBe(flops.reduce((sum, each) => sum + each, 0));
    },
  );

  it("each graph is the result of the previous pass", () => {
    const passes = explainPasses(subject);
    for (const [i, { program, before }] of passes.entries())
      if (i > 0 && passes[i - 1].program === program) expect(before).toBe(passes[i - 1].after);
  });

  it("fusion and later stages move no more bytes than one loop per value", () => {
    for (const { before, after } of stages) {
      expect(after.bytesTouched).toBeLessThanOrEqual(before.bytesTouched);
      expect(after.kernels).toBeLessThanOrEqual(before.kernels);
    }
  });
});

describe("the passes of a classifier", () => {
  const subject = compiled(specs.classifier);
  const passes = explainPasses(subject);
  const gradient = passes.filter(({ program }) => program === "gradient");

  it("begin with differentiation, which removes no forward line", () => {
    expect(gradient[0].pass).toBe("differentiate");
    expect(gradient[0].diff.filter(({ sign }) => sign === "-")).toEqual([]);
    expect(gradient[0].diff.filter(({ sign }) => sign === "+").length).toBeGreaterThan(20);
  });

  it("list each application of a rule, in terms of the values that both sides read", () => {
    const applied = gradient.flatMap(({ pass, applications }) =>
      applications.map(({ rule, before, after }) => `${pass}: ${rule}: ${before.text} ⇒ ${after.text}`),
    );
    expect(applied).toContain(
      "simplify: add-negated: −product_in_d_cross-entropy + product_in_d_exponentials ⇒ " +
        "product_in_d_exponentials − product_in_d_cross-entropy",
    );
    expect(applied.filter((text) => text.startsWith("simplify: normalise-exponentials"))).toEqual([
      "simplify: normalise-exponentials: d_row_loss / sum_of_exponentials ⊙ exponentials ⇒ " +
        "d_row_loss ⊙ exponentials / sum_of_exponentials",
    ]);
  });

  it("name values as the emitted code does", () => {
    const lean = subject.compilation.rematerialised.find(({ name }) => name === "gradient");
    const names = new Set(lean && nodeNames(lean).values());
    const last = gradient.findLast(({ diff }) => diff.length > 0);
    const made = last?.diff.flatMap(({ sign, text }) =>
      sign === "+" ? (/^%([^:]+): /.exec(text)?.[1] ?? []) : [],
    );
    expect(made).not.toEqual([]);
    for (const name of made ?? []) expect(names).toContain(name);
  });

  it("keep the name of a value while others appear and disappear", () => {
    const [erased] = gradient.filter(({ pass }) => pass === "erase-stop-gradients");
    const lines = erased.diff.filter(({ sign }) => sign !== " ").map(({ sign, text }) => `${sign} ${text}`);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^- %maximum\S* f32\[n] = stopGradient %maximum$/);
    expect(lines[1]).toMatch(/^- (%\S+) f32\[n,3] = broadcast %maximum/);
    expect(lines[2].slice(2).split(":")[0]).toBe(lines[1].slice(2).split(":")[0]);
  });

  it("are cut in the view of all passes, with a note, and complete in the view of one", () => {
    const all = passesView(subject).text();
    const [, rest] = /… and (\d+) more lines; --pass differentiate shows all/.exec(all) ?? [];
    const one = passesView({ ...subject, pass: "differentiate" }).text();
    expect(Number(rest)).toBe(gradient[0].diff.length - 40);
    expect(one.split("\n").filter((line) => /^  [-+ ] /.test(line))).toHaveLength(gradient[0].diff.length);
    expect(one).not.toContain("simplify");
  });
});

it("a side of a rewrite stops at the values that it reads, also in a deep network", async () => {
  const { model } = await readSpec("graphs/names.json");
  const reports: StageReport[] = [];
  const compilation = compileFor(model, { dtype: "f32", watch: (report) => reports.push(report) });
  const sides = explainPasses({ compilation, reports }).flatMap(({ applications }) =>
    applications.flatMap(({ before, after }) => [before.text, after.text]),
  );
  expect(sides.length).toBeGreaterThan(100);
  expect(Math.max(...sides.map((side) => side.length))).toBeLessThan(1000);
});
