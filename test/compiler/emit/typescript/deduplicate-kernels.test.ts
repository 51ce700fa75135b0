// The deduplication of kernels as TypeScript functions. If a test fails, a layer runs the code of another
// layer, or equal layers have separate functions.
import { describe, expect, it } from "vitest";
import { deduplicateKernels } from "../../../../src/compiler/emit/typescript/kernels.ts";
import type { PlacedKernel } from "../../../../src/compiler/emit/typescript/kernels.ts";
import type { FunctionName } from "../../../../src/compiler/loop/expressions.ts";
import { binary, call, integer, number, rows, variable } from "../../../../src/compiler/loop/expressions.ts";
import { define, loop, store } from "../../../../src/compiler/loop/statements.ts";
import type { Statement } from "../../../../src/compiler/loop/types.ts";
import { buffer, load } from "../../../support/loop-program.ts";

/** y = f(x) · c over the rows. `names` is a suffix of the variable names. */
function kernel(x: string, y: string, f: FunctionName, c: number, names = "a"): PlacedKernel {
  const i = variable(`i${names}`, "i32");
  const t = variable(`t${names}`, "f64");
  const value = binary("*", call(f, [t], "f64"), number(c, "f64"));
  const body: Statement[] = [
    loop(`i${names}`, "n", "parallel", [define(`t${names}`, load(x, [i])), store(y, [i], value)]),
  ];
  return {
    index: 0,
    program: "test",
    kernel: { name: y, body, provenance: [] },
    slots: [buffer(x, ["n"]), buffer(y, ["n"])],
    places: [`place of ${x}`, `place of ${y}`],
    lowered: undefined,
  };
}

const groups = (...kernels: readonly PlacedKernel[]) =>
  deduplicateKernels(kernels).map(({ instances, parameters }) => [
    instances.map(({ kernel: { name } }) => name),
    parameters,
  ]);

describe("deduplicateKernels", () => {
  it("ignores the names of variables and buffers; buffers that differ become parameters", () => {
    expect(groups(kernel("x", "y", "exp", 2), kernel("x", "z", "exp", 2, "b"))).toEqual([[["y", "z"], [1]]]);
    expect(groups(kernel("x", "y", "exp", 2), kernel("y", "z", "exp", 2))).toEqual([
      [
        ["y", "z"],
        [0, 1],
      ],
    ]);
  });
  it("distinguishes functions (regression: a layer of sigmoids ran the code of a layer of tanhs)", () => {
    expect(groups(kernel("x", "y", "tanh", 2), kernel("x", "z", "sigmoid", 2))).toHaveLength(2);
  });
  it("distinguishes numbers, including 0, −0 and infinities", () => {
    const numbers = [1, 2, 0, -0, Infinity, -Infinity, NaN];
    expect(groups(...numbers.map((c) => kernel("x", "y", "exp", c)))).toHaveLength(numbers.length);
  });
  it("distinguishes element types", () => {
    const other = kernel("x", "y", "exp", 2);
    const single = { ...other, slots: other.slots.map((slot) => ({ ...slot, element: "f32" as const })) };
    expect(groups(other, single)).toHaveLength(2);
  });
  it("treats a buffer with the name of a function, or of the number of rows, as a buffer", () => {
    expect(groups(kernel("x", "y", "exp", 2), kernel("exp", "n", "exp", 2))).toEqual([
      [
        ["y", "n"],
        [0, 1],
      ],
    ]);
    const { kernel: withRows, ...rest } = kernel("x", "y", "exp", 2);
    const stores = {
      ...rest,
      kernel: { ...withRows, body: [...withRows.body, store("y", [integer(0)], binary("*", rows, rows))] },
    };
    expect(groups(stores, kernel("x", "y", "exp", 2))).toHaveLength(2);
  });
});
