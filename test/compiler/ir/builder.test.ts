// The graph builder, which creates all nodes. If a test fails, an ill-typed graph can be built, or
// broadcasting differs from NumPy.
import { describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { makeGraph } from "../../../src/compiler/ir/nodes.ts";
import type { Node } from "../../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../../src/compiler/ir/types.ts";
import type { Shape } from "../../../src/compiler/ir/types.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { plainText } from "../../support/graph-text.ts";
import { tensor } from "../../support/tensors.ts";

const g = createBuilder("f64");
const leaf = (name: string, shape: Shape) => g.parameter({ name, type: tensorType("f64", shape) });
const text = (node: Node) => plainText(makeGraph("test", [{ storage: "z", node }]));

describe("broadcasting", () => {
  it("aligns shapes at the right, and adds missing axes", () => {
    expect(text(g.add(leaf("x", ["n", 4]), leaf("b", [4])))).toMatchInlineSnapshot(`
      "%0: f64[n,4] = broadcast %b {"shape":["n",4],"axes":[1]}
      %1: f64[n,4] = add %x, %0
      output "z" = %1"
    `);
  });
  it("repeats axes of size one, which are first removed by a reshape", () => {
    expect(text(g.multiply(leaf("x", [3, 1]), leaf("y", [1, 4])))).toMatchInlineSnapshot(`
      "%0: f64[3] = reshape %x {"shape":[3]}
      %1: f64[3,4] = broadcast %0 {"shape":[3,4],"axes":[0]}
      %2: f64[4] = reshape %y {"shape":[4]}
      %3: f64[3,4] = broadcast %2 {"shape":[3,4],"axes":[1]}
      %4: f64[3,4] = multiply %1, %3
      output "z" = %4"
    `);
  });
  it("makes a number a constant of the other operand's element type", () => {
    const index = g.iota({ shape: [3], axis: 0 });
    expect(text(g.less(index, 2))).toMatchInlineSnapshot(`
      "%0: i32[3] = iota {"shape":[3],"axis":0}
      %1: i32[] = constant {"value":2,"element":"i32"}
      %2: i32[3] = broadcast %1 {"shape":[3]}
      %3: bool[3] = less %0, %2
      output "z" = %3"
    `);
  });
  it("does not change equal shapes", () => {
    const x = leaf("x", [3]);
    expect(g.broadcastTo(x, [3])).toBe(x);
    expect(g.add(x, x).operands).toEqual({ x, y: x });
  });
  it("computes the same results as NumPy", () => {
    const z = g.subtract(leaf("x", [2, 1, 2]), leaf("y", [3, 1]));
    const values = new Map([
      ["x", tensor([2, 1, 2], [1, 2, 3, 4])],
      ["y", tensor([3, 1], [10, 20, 30])],
    ]);
    const found = interpret(makeGraph("test", [{ storage: "z", node: z }]), values, 1).get("z");
    expect(found?.shape).toEqual([2, 3, 2]);
    expect([...(found?.data ?? [])]).toEqual([-9, -8, -19, -18, -29, -28, -7, -6, -17, -16, -27, -26]);
  });
});

/** The messages of the builder when it rejects a node. */
function refusal(build: () => Node): string {
  try {
    return text(build());
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n");
  }
}

describe("errors name the op, the types and the reason", () => {
  const [x, m, s] = [leaf("x", ["n", 4]), leaf("m", [5, 2]), leaf("s", [])];
  const index = g.iota({ shape: [3], axis: 0 });
  const rows: readonly (readonly [name: string, build: () => Node, message: string])[] = [
    [
      "shapes that do not broadcast",
      () => g.add(x, m),
      "T1310 add(f64[n,4], f64[5,2]): shapes [n,4] and [5,2] cannot be broadcast together: n and 5 at axis 0",
    ],
    [
      "the batch dimension and a number",
      () => g.add(x, leaf("y", [3, 4])),
      "T1310 add(f64[n,4], f64[3,4]): shapes [n,4] and [3,4] cannot be broadcast together: n and 3 at axis 0",
    ],
    [
      "integers where reals belong",
      () => g.exp(index),
      "T1310 exp(i32[3]): the operand must be real, not i32[3]",
    ],
    [
      "element types mixed",
      () => g.add(leaf("v", [3]), index),
      "T1310 add(f64[3], i32[3]): operands must have the same type, not f64[3] and i32[3]",
    ],
    [
      "a product over unequal axes",
      () => g.contract(x, m, { batchX: [], batchY: [], sumX: [1], sumY: [0] }),
      "T1310 contract(f64[n,4], f64[5,2]): the summed axes differ: [4] and [5]",
    ],
    [
      "an axis that does not exist",
      () => g.reduceSum(x, { axes: [2] }),
      "T1310 reduceSum(f64[n,4]): axis 2 does not exist; the operand has 2 axes",
    ],
    [
      "an axis twice",
      () => g.reduceSum(x, { axes: [1, 1] }),
      "T1310 reduceSum(f64[n,4]): the axes [1,1] must be distinct",
    ],
    [
      "a reshape that loses elements",
      () => g.reshape(x, { shape: ["n", 5] }),
      "T1310 reshape(f64[n,4]): f64[n,4] cannot be reshaped to [n,5]: that shape has 5·n elements, not 4·n",
    ],
    [
      "an invalid permutation",
      () => g.transpose(x, { permutation: [0] }),
      "T1310 transpose(f64[n,4]): the permutation must have an entry for every axis",
    ],
    [
      "a slice that exceeds its tensor",
      () => g.slice(m, { start: [3, 0], shape: [3, 2] }),
      "T1310 slice(f64[5,2]): the slice exceeds axis 0 of size 5",
    ],
    [
      "padding of the batch",
      () => g.pad(x, { before: [1, 0], after: [0, 0], value: 0 }),
      "T1310 pad(f64[n,4]): the batch axis cannot be padded",
    ],
    [
      "a window that does not fit",
      () => g.window(m, { axes: [1], size: [3], stride: [1], dilation: [1] }),
      "T1310 window(f64[5,2]): a window over 3 elements does not fit into axis 1 of 2",
    ],
    [
      "windows with more strides than axes",
      () => g.window(m, { axes: [0], size: [3], stride: [1, 1], dilation: [1] }),
      "T1310 window(f64[5,2]): windows need one size, stride and dilation for each axis",
    ],
    [
      "a concatenation of tensors of different shapes",
      () => g.concat(x, m, { axis: 1 }),
      "T1310 concat(f64[n,4], f64[5,2]): f64[n,4] and f64[5,2] cannot be concatenated along axis 1",
    ],
    ["real indices", () => g.gather(m, s), "T1310 gather(f64[5,2], f64[]): indices must be integers (i32)"],
    [
      "a condition that is not a bool",
      () => g.select(s, s, s),
      "T1310 select(f64[], f64[], f64[]): the condition must be bool",
    ],
  ];
  it.each(rows)("%s", (_, build, message) => {
    expect(refusal(build)).toBe(message);
  });
  it("errors name the layer, with its path in the spec", () => {
    const path = ["network", 2];
    const build = () => g.within({ layer: "dense3", path }, () => g.add(x, m));
    expect(refusal(build)).toContain("in layer dense3: shapes");
    try {
      build();
    } catch (error) {
      expect(error instanceof DiagnosticError && error.diagnostics[0].path).toEqual(path);
    }
  });
  it("an origin ends with its block, even after an error", () => {
    refusal(() => g.within({ layer: "inner" }, () => g.add(x, m)));
    expect(g.exp(x).origin).toEqual({});
    const inner = g.within({ layer: "outer" }, () => g.within({ composite: "softmax" }, () => g.exp(x)));
    expect(inner.origin).toEqual({ layer: "outer", composite: "softmax" });
  });
});

describe("reshape and the batch", () => {
  // Otherwise row-major positions would depend on the number of rows, but memory offsets must not.
  it.each([
    [
      [2, "n"],
      ["n", 2],
    ],
    [
      ["n", 2, 3],
      [2, "n", 3],
    ],
    [
      [2, "n", 3],
      ["n", 6],
    ],
  ] as const)("[%s] does not become [%s]", (from, to) => {
    expect(refusal(() => g.reshape(leaf("w", from), { shape: to }))).toMatch(/^T1310 reshape/);
  });
  it.each([
    [
      ["n", 6],
      ["n", 2, 3],
    ],
    [
      [3, "n", 1],
      [3, "n"],
    ],
    [
      [2, 3, "n", 2, 2],
      [6, "n", 4],
    ],
  ] as const)("[%s] becomes [%s]", (from, to) => {
    expect(g.reshape(leaf("w", from), { shape: to }).type.shape).toEqual(to);
  });
});
