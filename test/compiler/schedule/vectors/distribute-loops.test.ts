// Loop distribution, which divides a kernel into kernels of one nest each. If a test fails, a part reads a
// value that no earlier part has passed to it, a value is passed before it is computed, or provenance names
// the wrong kernel.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binary,
  call,
  integer,
  less,
  number,
  select,
  variable,
} from "../../../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../../../src/compiler/loop/expressions.ts";
import { printKernel } from "../../../../src/compiler/loop/print.ts";
import { assign, define, loop, mapStatements, store } from "../../../../src/compiler/loop/statements.ts";
import type { LoopProgram, Provenance, Statement } from "../../../../src/compiler/loop/types.ts";
import { checkLoops } from "../../../../src/compiler/loop/verify.ts";
import { distributeLoops } from "../../../../src/compiler/schedule/vectors/distribute-loops.ts";
import { buffer, load, program } from "../../../support/loop-program.ts";
import { differences, fusedPrograms, shortened, specNames } from "../../../support/programs.ts";
import { graphOf, moves, often, valuesFor } from "../../../support/random-graph.ts";
import { lowered, runLoops } from "../../../support/run-loops.ts";
import { afterStage } from "../../../support/stages.ts";
import { compareStorage } from "../../../support/tensors.ts";

const split = (loops: LoopProgram, batchSize: number): LoopProgram =>
  afterStage(distributeLoops, loops, { batchSize, float: "f64" });

const i = variable("i", "i32");
const real = (value: number) => number(value, "f64");
const reads = (name: string): Expression => variable(name, "f64");
const plus = (x: Expression, y: Expression) => binary("+", x, y);
const sizes = { rows: 2, batchSize: 3 };

const s = buffer("s", []);
const x = buffer("x", [4]);
const y = buffer("y", [4]);
const z = buffer("z", [4]);
const each = (body: readonly Statement[]) => loop("i", 4, "parallel", body);

/** The provenance for a line of text: "y = x" is the line of y, and a line that ends with a colon is a heading. */
const lineOf = (text: string): Provenance => ({
  node: undefined,
  text,
  value: text.endsWith(":") ? undefined : text.split(" = ")[0],
  isCopy: false,
  layer: undefined,
  gradientOf: undefined,
  rule: undefined,
  path: undefined,
  flops: 1,
  flopsByLayer: new Map(),
});

/** The body, in which each definition and each store of `s` refers to the line of `s` or `next_s`. */
const withLines = (body: readonly Statement[], lines: readonly Provenance[]): readonly Statement[] =>
  mapStatements(
    body,
    (expression) => expression,
    (statement) => {
      if (statement.kind !== "let" && statement.kind !== "store") return statement;
      const name = statement.kind === "let" ? statement.name : statement.buffer;
      const line = lines.find(({ value }) => value === name || value === `next_${name}`);
      return { ...statement, line };
    },
  );

/** The text of the kernels that a body is divided into. They must store the same values as the body. */
function kernelsOf(body: readonly Statement[], ...lines: readonly string[]): string[] {
  const provenance = lines.map(lineOf);
  const whole = program(withLines(body, provenance), s, x, y, z);
  const before: LoopProgram = { ...whole, kernels: whole.kernels.map((k) => ({ ...k, provenance })) };
  const after = split(before, 3);
  checkLoops(after, "distribute-loops");
  expect(differences(before, after, sizes)).toEqual([]);
  expect(after.kernels.flatMap((k) => k.provenance.map(({ text }) => text)).sort()).toEqual(
    [...lines].sort(),
  );
  return after.kernels.map(printKernel);
}

describe("distribute-loops", () => {
  it("stores a sum that several nests use, and loads it in each", () => {
    const grows = (from: string) =>
      loop("i", 4, "reduction", [assign("a", plus(reads("a"), load(from, [i])))]);
    const body = [
      define("a", real(0), true),
      grows("x"),
      grows("y"),
      each([store("z", [i], plus(reads("a"), load("x", [i])))]),
    ];
    expect(kernelsOf(body)).toHaveLength(3);
  });
  it("divides between nests; the part with the most work keeps the name", () => {
    const body = [
      each([store("y", [i], load("x", [i]))]),
      each([store("z", [i], call("exp", [load("y", [i])], "f64"))]),
    ];
    expect(kernelsOf(body, "z = exp(y)", "y = x").join("\n")).toMatchInlineSnapshot(`
      "kernel y
        // y = x
        for i in 0 .. 4: parallel
          y[i] = x[i]
      kernel kernel0
        // z = exp(y)
        for i in 0 .. 4: parallel
          z[i] = exp(y[i])"
    `);
  });
  it("stores what a later nest reads, and loads it there before any other store", () => {
    const body = [
      define("a", call("sqrt", [load("s", [])], "f64")),
      store("s", [], plus(load("s", []), real(1))),
      each([store("y", [i], plus(reads("a"), load("s", [])))]),
      each([store("z", [i], reads("a"))]),
    ];
    expect(kernelsOf(body, "next_s = s + 1", "y = a + s").join("\n")).toMatchInlineSnapshot(`
      "kernel next_s
        // next_s = s + 1
        let a: f64 = sqrt(s[])
        s[] = s[] + 1
        passed[] = a
      kernel kernel0
        // y = a + s
        let a: f64 = passed[]
        for i in 0 .. 4: parallel
          y[i] = a + s[]
      kernel z
        let a: f64 = passed[]
        for i in 0 .. 4: parallel
          z[i] = a"
    `);
  });
  it("keeps accumulators and the values computed from them with the loop that updates them", () => {
    const body = [
      define("sum", real(0), true),
      define("other", real(0), true),
      loop("i", 4, "reduction", [assign("sum", plus(reads("sum"), load("x", [i])))]),
      store("s", [], reads("sum")),
      loop("i", 4, "reduction", [assign("other", plus(reads("other"), load("y", [i])))]),
      store("x", [integer(0)], binary("*", reads("other"), reads("sum"))),
    ];
    expect(kernelsOf(body).join("\n")).toMatchInlineSnapshot(`
      "kernel kernel0
        var sum: f64 = 0
        for i in 0 .. 4: reduction
          sum = sum + x[i]
        s[] = sum
        passed[] = sum
      kernel x
        let sum: f64 = passed[]
        var other: f64 = 0
        for i in 0 .. 4: reduction
          other = other + y[i]
        x[0] = other * sum"
    `);
  });
  it("stores an accumulator that two loops update, and loads it in the second", () => {
    const add = (name: string) =>
      loop("i", 4, "reduction", [assign("sum", plus(reads("sum"), load(name, [i])))]);
    const body = [define("sum", real(0), true), add("x"), add("y"), store("s", [], reads("sum"))];
    expect(kernelsOf(body)).toHaveLength(2);
  });
  it("stores a bool as a number", () => {
    const isSmall: Expression = { kind: "variable", name: "small", type: "bool" };
    const body = [
      define("small", less(load("s", []), real(1))),
      store("s", [], real(7)),
      each([store("y", [i], select(isSmall, real(1), real(2)))]),
    ];
    expect(kernelsOf(body)).toHaveLength(2);
  });
  it("keeps definitions with the only nest that needs them, so that its kernel stores nothing else", () => {
    const body = [define("a", load("s", [])), each([store("y", [i], reads("a"))])];
    expect(kernelsOf(body)).toHaveLength(1);
  });
  it("keeps the lines of a step under the heading of its loop along time", () => {
    const steps: Statement = { ...loop("t", 4, "sequential", [each([store("y", [i], load("x", [i]))])]) };
    const body = [each([store("x", [i], real(0))]), steps];
    const lines = ["For t = 0 … 3:", "h[t] = tanh(x)"];
    const [first, second] = kernelsOf(body, ...lines);
    expect(first).not.toMatch(/\/\//);
    expect(second).toMatch(/\/\/ For t = 0 … 3:\n {2}\/\/ h\[t\] = tanh\(x\)/);
  });
});

describe("split programs leave the same bits in memory", () => {
  // The interpreter rounds to f32 at stores, and a divided program has additional stores.
  it.each([
    ["f64", 0],
    ["f32", 1e-4],
  ] as const)("random graphs and their gradients, %s", (float, tolerance) => {
    fc.assert(
      fc.property(moves(), fc.integer({ min: 1, max: 3 }), (list, rows) => {
        const { graph } = graphOf(list, float);
        const values = valuesFor(graph, rows, 3);
        const [before, after] = [undefined, (loops: LoopProgram) => split(loops, 3)].map((prepare) =>
          runLoops(lowered(graph, { float, unscheduled: true, ...(prepare && { prepare }) }), values, rows),
        );
        expect(compareStorage(after, before).worst).toBeLessThanOrEqual(tolerance);
      }),
      often(80, 11),
    );
  });
  it.each(specNames)("%s", async (name) => {
    const seen = new Set<string>();
    for (const full of await fusedPrograms(name, "f64", 2)) {
      const fused = shortened(full, 5);
      const whole = split(fused, 2);
      checkLoops(whole, "distribute-loops");
      const lines = (p: LoopProgram) => p.kernels.flatMap((k) => k.provenance.map(({ text }) => text)).sort();
      expect(lines(whole)).toEqual(lines(fused));
      for (const kernel of fused.kernels) {
        const before = { ...fused, kernels: [kernel] };
        const after = split(before, 2);
        if (after.kernels.length === 1 || seen.has(printKernel(kernel))) continue;
        seen.add(printKernel(kernel));
        expect(differences(before, after, { rows: 1, batchSize: 2 })).toEqual([]);
      }
    }
  });
});
