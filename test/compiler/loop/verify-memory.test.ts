// The verifier of memory plans, with one error per plan. If a test fails, buffers that are live at the same
// time may share bytes.
import { describe, expect, it } from "vitest";
import type { MemoryPlan, Placement } from "../../../src/compiler/loop/types.ts";
import type { Buffer } from "../../../src/compiler/loop/types.ts";
import { checkPlan, verifyPlan } from "../../../src/compiler/loop/verify-memory.ts";

const at = (
  name: string,
  offset: number,
  bytes: number,
  lifetime?: readonly [number, number],
  covers?: readonly string[],
): Placement => {
  const buffer: Buffer = { name, storage: undefined, element: "f32", shape: [], region: "temporary", covers };
  return { buffer, offset, bytes, lifetime };
};

const planOf = (storage: readonly Placement[], temporaries: readonly Placement[], bytes = 64): MemoryPlan => {
  const named = (list: readonly Placement[]) => new Map(list.map((each) => [each.buffer.name, each]));
  return {
    storage: named(storage),
    temporaries: new Map([["p", named(temporaries)]]),
    bytes,
    temporaryBytes: 0,
    lowerBound: 0,
  };
};

describe("a memory plan", () => {
  it("may let temporaries share bytes at different times", () => {
    const plan = planOf([at("w", 0, 16)], [at("a", 16, 16, [0, 1]), at("b", 16, 32, [2, 3])]);
    expect(verifyPlan(plan)).toEqual([]);
    expect(() => checkPlan(plan, "plan-memory")).not.toThrow();
  });
  it.each<readonly [fault: string, plan: MemoryPlan]>([
    ["a and b overlap", planOf([], [at("a", 0, 16, [0, 1]), at("b", 8, 16, [1, 3])])],
    ["w and v overlap", planOf([at("w", 0, 16), at("v", 12, 16)], [])],
    ["a at 8 is outside of its part of the arena", planOf([at("w", 0, 16)], [at("a", 8, 16, [0, 1])])],
    ["a at 56 is outside of its part of the arena", planOf([], [at("a", 56, 16, [0, 1])])],
    ["w at 2 is not aligned", planOf([at("w", 2, 16)], [])],
    [
      "all does not cover v",
      planOf([at("w", 0, 16), at("v", 32, 16), at("all", 0, 32, undefined, ["w", "v"])], []),
    ],
    [
      "all does not end where its last part ends",
      planOf([at("w", 0, 16), at("v", 16, 16), at("all", 0, 48, undefined, ["w", "v"])], []),
    ],
  ])("is rejected if %s", (fault, plan) => {
    expect(verifyPlan(plan)).toEqual([fault]);
    expect(() => checkPlan(plan, "plan-memory")).toThrow(
      `internal: after plan-memory, the memory plan is malformed:\n  ${fault}`,
    );
  });
});
