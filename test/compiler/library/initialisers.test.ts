// The initial values of parameters, which depend on fan-in and fan-out. If a test fails, a network starts
// from weights that are too large or too small.
import { describe, expect, it } from "vitest";
import { fansOf, initialiserOf, initialiserText } from "../../../src/compiler/library/initialisers/index.ts";
import type { InitialiserChoice } from "../../../src/compiler/library/initialisers/index.ts";

const shape = [6, 4];
const filled = (chosen: InitialiserChoice) => initialiserOf(chosen).fill(shape, fansOf(shape), chosen);

describe("initialisers", () => {
  it.each([
    ["he-uniform", 1],
    ["lecun-uniform", Math.sqrt(3 / 6)],
    ["xavier-uniform", Math.sqrt(6 / 10)],
  ] as const)("%s is within ±%d for weights [6, 4]", (type, limit) => {
    const fill = filled({ type });
    if (fill.kind !== "uniform") throw new Error("not uniform");
    expect(fill.high).toBeCloseTo(limit, 14);
    expect(fill.low).toBe(-fill.high);
  });

  it.each([
    ["he-normal", Math.sqrt(2 / 6)],
    ["lecun-normal", Math.sqrt(1 / 6)],
    ["xavier-normal", Math.sqrt(2 / 10)],
  ] as const)("%s has the standard deviation %d for weights [6, 4]", (type, std) => {
    expect(filled({ type })).toMatchObject({ kind: "normal", mean: 0, std });
  });

  it("orthogonal uses the last axis as columns", () => {
    expect(initialiserOf({ type: "orthogonal" }).fill([3, 3, 2, 5], { in: 18, out: 5 }, {})).toEqual({
      kind: "orthogonal",
      rows: 18,
      columns: 5,
    });
  });

  it("uniform rejects a lower bound above the upper bound", () => {
    expect(initialiserOf({ type: "uniform", min: 1, max: 0 }).refuse?.({ min: 1, max: 0 })).toEqual({
      key: "min",
      message: "must not be greater than max, got 1 and 0",
    });
  });

  it("the description of an initialiser is short", () => {
    expect(initialiserText({ type: "he-uniform" }, fansOf(shape))).toBe("he-uniform, fan-in 6");
    expect(initialiserText({ type: "xavier-normal" }, fansOf(shape))).toBe(
      "xavier-normal, fan-in 6, fan-out 4",
    );
    expect(initialiserText({ type: "normal", mean: 0, std: 0.1 }, fansOf(shape))).toBe(
      "normal, mean 0, std 0.1",
    );
    expect(initialiserText({ type: "zeros" }, fansOf(shape))).toBe("zeros");
  });
});
