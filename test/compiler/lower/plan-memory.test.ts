// The memory plan. If a test fails, two values that are live at the same time share memory, or memory is
// wasted.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { number } from "../../../src/compiler/loop/expressions.ts";
import { store } from "../../../src/compiler/loop/statements.ts";
import { bytesOfElement } from "../../../src/compiler/loop/types.ts";
import type { Placement } from "../../../src/compiler/loop/types.ts";
import type { Statement } from "../../../src/compiler/loop/types.ts";
import { lifetimesOf } from "../../../src/compiler/lower/plan-memory.ts";
import { compileModel } from "../../../src/compiler/pipeline.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { buffer, load, programOf, temporary } from "../../support/loop-program.ts";
import { graphOf, moves, often } from "../../support/random-graph.ts";
import { lowered } from "../../support/run-loops.ts";
import { specs } from "../../support/specs.ts";
import { planOf } from "../../support/stages.ts";

const meet = (a: Placement, b: Placement): boolean =>
  a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
const liveTogether = (a: Placement, b: Placement): boolean =>
  a.lifetime === undefined ||
  b.lifetime === undefined ||
  (a.lifetime[0] <= b.lifetime[1] && b.lifetime[0] <= a.lifetime[1]);

/** The pairs of buffers in which one buffer would overwrite the other. */
function clashes(places: readonly Placement[]): string[] {
  const own = places.filter(({ buffer: { covers } }) => covers === undefined);
  return own.flatMap((a, i) =>
    own
      .slice(i + 1)
      .flatMap((b) => (meet(a, b) && liveTogether(a, b) ? [`${a.buffer.name} and ${b.buffer.name}`] : [])),
  );
}

describe("planMemory", () => {
  const touch = (...names: readonly string[]): Statement[] =>
    names.map((name) => store(name, [], number(1, "f64")));
  const size = (name: string, count: number) => ({ ...temporary(name, [count]) });
  const fill = (name: string): Statement => store(name, [number(0, "i32")], number(1, "f64"));
  const use = (name: string): Statement => store("out", [], load(name, [number(0, "i32")]));

  it("finds the lifetime of a temporary", () => {
    const loops = programOf(
      [touch("a"), touch("b"), [store("b", [], load("a", []))]],
      temporary("a", []),
      temporary("b", []),
    );
    expect([...lifetimesOf(loops)]).toEqual([
      ["a", [0, 2]],
      ["b", [1, 2]],
    ]);
  });
  it("reuses the memory of dead temporaries", () => {
    const out = buffer("out", []);
    const loops = programOf(
      [[fill("a")], [use("a"), fill("b")], [use("b"), fill("c")], [use("c")]],
      out,
      ...["a", "b", "c"].map((name) => size(name, 100)),
    );
    const plan = planOf([loops], new Map([["out", out]]), 1);
    const places = [...(plan.temporaries.get("test")?.values() ?? [])];
    expect(clashes(places)).toEqual([]);
    // At most two of them, of 100 doubles each, are live at the same time.
    expect([plan.lowerBound, plan.temporaryBytes]).toEqual([
      1600 + 2 * ((16 - (800 % 16)) % 16),
      plan.lowerBound,
    ]);
  });
  it("shares memory between programs, which never run at the same time", () => {
    const [first, second] = [programOf([[fill("a")]], size("a", 10)), programOf([[fill("b")]], size("b", 8))];
    const plan = planOf([first, { ...second, name: "other" }], new Map(), 1);
    expect(plan.temporaries.get("test")?.get("a")?.offset).toBe(
      plan.temporaries.get("other")?.get("b")?.offset,
    );
    expect(plan.temporaryBytes).toBe(80);
  });
  it("makes the buffers that one loop traverses adjacent, and a buffer that covers them", () => {
    const [a, b] = [
      { ...buffer("a", [3]), region: "parameter" as const },
      { ...buffer("b", [2]), region: "parameter" as const },
    ];
    const all = { ...buffer("all", [5], "f64", ["a", "b"]), region: "parameter" as const };
    const plan = planOf([], new Map([a, b, all].map((each) => [each.name, each])), 1);
    const placed = (name: string) => plan.storage.get(name);
    expect([placed("a")?.offset, placed("b")?.offset, placed("all")?.offset, placed("all")?.bytes]).toEqual([
      0, 24, 0, 40,
    ]);
  });
  it("allocates a full batch, whatever the number of rows", () => {
    const plan = planOf([programOf([[fill("a")]], temporary("a", ["n", 4]))], new Map(), 32);
    expect(plan.temporaryBytes).toBe(32 * 4 * 8);
  });
});

describe("plans of random graphs", () => {
  it.each(["f32", "f64"] as const)(
    "%s: live buffers do not overlap, all are aligned, little memory is wasted",
    (float) => {
      fc.assert(
        fc.property(moves(25), fc.integer({ min: 1, max: 9 }), (list, batchSize) => {
          const { plan, program } = lowered(graphOf(list, float).graph, { float, batchSize });
          const places = [...plan.storage.values(), ...(plan.temporaries.get(program.name)?.values() ?? [])];
          expect(clashes(places)).toEqual([]);
          for (const { offset, bytes, buffer: each } of places) {
            expect(offset % bytesOfElement[each.element], each.name).toBe(0);
            expect(offset + bytes, each.name).toBeLessThanOrEqual(plan.bytes);
          }
          expect(plan.temporaryBytes).toBeGreaterThanOrEqual(plan.lowerBound - 16 * places.length);
          expect(plan.temporaryBytes).toBeLessThanOrEqual(1.5 * plan.lowerBound + 64);
        }),
        often(100, 1),
      );
    },
  );
});

describe("plans of models", () => {
  it.each(Object.keys(specs))("%s", (name) => {
    const model = parseModel(specs[name]);
    for (const dtype of ["f32", "f64"] as const) {
      const { plan, programs } = compileModel(model, { dtype });
      const stored = [...plan.storage.values()];
      for (const program of programs)
        expect(clashes([...stored, ...(plan.temporaries.get(program.name)?.values() ?? [])])).toEqual([]);
      expect(plan.temporaryBytes).toBeLessThanOrEqual(1.25 * plan.lowerBound + 64);
      expect(compileModel(model, { dtype }).plan).toEqual(plan);
    }
  });
});
