// Every op in the table of ops, checked for consistency on its samples. If a test fails, an op's file
// contradicts itself: its shape rule, evaluation, lowering, derivative and text form do not agree.
import { describe, expect, it } from "vitest";
import { isOpName } from "../../../src/compiler/ir/builder.ts";
import {
  collectNodes,
  makeGraph,
  operandNamesOf,
  operandsOf,
  syntax,
} from "../../../src/compiler/ir/nodes.ts";
import type { Node, OpName } from "../../../src/compiler/ir/nodes.ts";
import { parseGraph, printGraph } from "../../../src/compiler/ir/text.ts";
import { boundShape, isFloat, tensorType } from "../../../src/compiler/ir/types.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import type { SampleOperand } from "../../../src/compiler/ops/define.ts";
import {
  createBuilder,
  evaluateOp,
  hasTrait,
  ops,
  samplesOf,
  vjpOf,
} from "../../../src/compiler/ops/index.ts";
import type { AnySample } from "../../../src/compiler/ops/index.ts";
import { countOf } from "../../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../../src/compiler/ops/tensor.ts";
import { gradientsOf } from "../../../src/compiler/passes/derivatives/gradients-of.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { compareWithDifferences, withGradients } from "../../support/gradients.ts";
import { runAsLoops } from "../../support/run-loops.ts";
import {
  anyStorage,
  compareStorage,
  drawn,
  largestDifference,
  sampleTensor,
  streamOf,
  tensor,
} from "../../support/tensors.ts";

/** The number of rows that `n` means in samples. */
const rows = 3;
/** `argument` occurs only in the steps of recurrences, so it is tested by the samples of `scan`. */
const opNames = Object.keys(syntax)
  .filter(isOpName)
  .filter((op) => op !== "argument");

const typeOf = ({ shape, element = "f64" }: SampleOperand) => tensorType(element, shape);

const attributesOf = ({ attributes }: AnySample, g = createBuilder("f64")): object =>
  typeof attributes === "function" ? attributes(g) : attributes;

/** The sample as a node over leaves, and the values of the leaves. */
function built(op: OpName, sample: AnySample) {
  const g = createBuilder("f64");
  const random = streamOf(5);
  const storage = new Map<string, Tensor>();
  const attributes = attributesOf(sample, g);
  const leaves = operandNamesOf(op, attributes).map((name) => {
    const operand = sample.operands[name];
    storage.set(name, sampleTensor(operand, rows, random));
    return g.parameter({ name, type: typeOf(operand) });
  });
  const node = g.make(op, leaves, attributes);
  // An op that reads storage is itself a leaf.
  for (const [name, value] of anyStorage(makeGraph("sample", [{ storage: "z", node }]), rows, 5))
    if (!storage.has(name)) storage.set(name, value);
  return { g, node, leaves, storage };
}

/** Σ z · c for random c. Its gradient is the vjp of c. */
function weighed({ g, node, leaves, storage }: ReturnType<typeof built>) {
  const weights = g.parameter({ name: "weights", type: node.type });
  storage.set("weights", drawn(boundShape(node.type.shape, rows), streamOf(6), -1, 1));
  const axes = node.type.shape.map((_, axis) => axis);
  const loss = g.reduceSum(g.multiply(node, weights), { axes });
  return withGradients(loss, leaves, g);
}

/** A `Reverse` for ops that have no derivative. It differentiates nothing. */
const noReverse = { pullback: () => [], hasTrait };

const faults = (node: Node) => verifyGraph(ops, makeGraph("sample", [{ storage: "z", node }]));

describe.each(opNames)("%s", (op) => {
  const samples = samplesOf(op);

  it("has samples", () => {
    expect(samples.length, `${op} has no samples: nothing below is tested without`).toBeGreaterThan(0);
    for (const sample of samples) {
      const names = operandNamesOf(op, attributesOf(sample));
      expect(Object.keys(sample.operands).sort()).toEqual([...names].sort());
    }
  });

  it.each(samples.map((sample, i) => [i, sample] as const))(
    "agrees with itself in sample %i",
    (_, sample) => {
      const made = built(op, sample);
      const { node, storage } = made;
      expect(faults(node)).toEqual([]);

      // Shape rule and evaluation agree.
      const shape = boundShape(node.type.shape, rows);
      const operands = Object.fromEntries(storage);
      const value = evaluateOp(node, operands, shape, rows);
      expect(value.shape).toEqual(shape);
      expect(value.data.length).toBe(countOf(shape));
      const allowed = {
        f32: () => true,
        f64: () => true,
        i32: Number.isInteger,
        bool: (x: number) => x === 0 || x === 1,
      };
      expect([...value.data].every(allowed[node.type.element])).toBe(true);

      // Lowering agrees, before and after the schedule.
      const graph = makeGraph("sample", [{ storage: "z", node }]);
      for (const unscheduled of [true, false]) {
        const found = runAsLoops(graph, storage, rows, { batchSize: 5, unscheduled }).get("z");
        expect(largestDifference(found, interpret(graph, storage, rows).get("z"))).toBeLessThan(1e-14);
      }

      // The text form is parsed back to the same graph.
      const text = printGraph(graph);
      expect(printGraph(parseGraph(text, createBuilder("f64")))).toBe(text);
    },
  );

  const smooth = samples.filter(({ kink }) => kink === undefined);
  it.each(smooth.map((sample, i) => [i, sample] as const))(
    "has the derivative by finite differences in smooth sample %i",
    (_, sample) => {
      const made = built(op, sample);
      const { g, node, leaves, storage } = made;
      if (!isFloat(node.type.element) || hasTrait(node, "opaque")) {
        // The op has no derivative, and its rule says so.
        const cotangent = g.number(1);
        for (const share of Object.values(vjpOf(node, cotangent, g, noReverse))) expect(share).toBeNull();
        return;
      }
      const moving = leaves.filter(({ type }) => isFloat(type.element));
      const graph = weighed(made);
      expect(verifyGraph(ops, graph)).toEqual([]);
      const found = graph.outputs.map((output) => output.storage).filter((name) => name !== "result:loss");
      expect(found).toEqual(
        moving.map((leaf) => (leaf.op === "parameter" ? `gradient:${leaf.attributes.name}` : "")),
      );

      const names = moving.flatMap((leaf) => (leaf.op === "parameter" ? [leaf.attributes.name] : []));
      const { error, uncertain } = compareWithDifferences(graph, storage, names, rows);
      expect(uncertain, "the sample is on a kink without saying so").toBe(false);
      expect(error).toBeLessThan(1e-8);

      const expected = interpret(graph, storage, rows);
      expect(compareStorage(runAsLoops(graph, storage, rows), expected).worst).toBeLessThan(1e-12);
    },
  );

  const kinks = samples.filter(({ kink }) => kink !== undefined);
  it.each(kinks.map((sample, i) => [i, sample] as const))(
    "has the stated derivative at kink %i",
    (_, sample) => {
      const { g, node, leaves, storage } = built(op, sample);
      const axes = node.type.shape.map((_size, axis) => axis);
      const sum = g.reduceSum(node, { axes });
      const gradients = gradientsOf(sum, leaves, collectNodes([{ storage: "sum", node: sum }]), g);
      operandNamesOf(op, node.attributes).forEach((name, i) => {
        const stated = sample.kink?.[name];
        const dx = gradients[i];
        if (stated === undefined || dx === undefined) return expect(stated ?? dx).toBeUndefined();
        const graph = makeGraph("kink", [{ storage: "dx", node: dx }]);
        expect([...(interpret(graph, storage, rows).get("dx")?.data ?? [])]).toEqual([...stated]);
        expect([...(runAsLoops(graph, storage, rows).get("dx")?.data ?? [])]).toEqual([...stated]);
      });
    },
  );

  it("has the operands and attributes of its syntax row", () => {
    for (const sample of samples) {
      const { node } = built(op, sample);
      expect(operandsOf(node).length).toBe(operandNamesOf(op, node.attributes).length);
      expect(Object.keys(node.attributes).sort()).toEqual(Object.keys(attributesOf(sample)).sort());
    }
  });
});

/**
 * Op, operands, attributes and result; all operands are vectors. NaN must not be lost, and infinities must
 * not become NaN unless stated.
 */
const special: readonly (readonly [OpName, readonly (readonly number[])[], object, readonly number[]])[] = [
  ["relu", [[NaN, 0, -0, -Infinity, Infinity]], {}, [NaN, 0, 0, 0, Infinity]],
  ["negate", [[0, -Infinity, NaN]], {}, [-0, Infinity, NaN]],
  ["absolute", [[-0, -Infinity, NaN]], {}, [0, Infinity, NaN]],
  ["sign", [[0, -Infinity, Infinity]], {}, [0, -1, 1]],
  [
    "floor",
    [[-0, 0.5, -0.5, 3e9 + 0.5, -1e300, Infinity, -Infinity, NaN]],
    {},
    [-0, 0, -1, 3e9, -1e300, Infinity, -Infinity, NaN],
  ],
  ["exp", [[-Infinity, 0, Infinity, 710]], {}, [0, 1, Infinity, Infinity]],
  ["expm1", [[-Infinity, 0, 1e-20]], {}, [-1, 0, 1e-20]],
  ["log", [[0, 1, -1, Infinity]], {}, [-Infinity, 0, NaN, Infinity]],
  ["log1p", [[-1, 0, 1e-20, -2]], {}, [-Infinity, 0, 1e-20, NaN]],
  ["sqrt", [[0, -1, Infinity]], {}, [0, NaN, Infinity]],
  ["tanh", [[-Infinity, 0, Infinity]], {}, [-1, 0, 1]],
  ["sigmoid", [[-Infinity, 0, Infinity, -800]], {}, [0, 0.5, 1, 0]],
  ["erf", [[-Infinity, 0, Infinity, NaN]], {}, [-1, 0, 1, NaN]],
  [
    "add",
    [
      [Infinity, Infinity],
      [1, -Infinity],
    ],
    {},
    [Infinity, NaN],
  ],
  [
    "multiply",
    [
      [Infinity, Infinity],
      [0, -2],
    ],
    {},
    [NaN, -Infinity],
  ],
  [
    "divide",
    [
      [1, 0, -1],
      [0, 0, Infinity],
    ],
    {},
    [Infinity, NaN, -0],
  ],
  [
    "power",
    [
      [0, 2, 0],
      [0, -Infinity, -1],
    ],
    {},
    [1, 0, Infinity],
  ],
  [
    "maximum",
    [
      [NaN, -Infinity, 1],
      [1, 0, NaN],
    ],
    {},
    [NaN, 0, NaN],
  ],
  [
    "minimum",
    [
      [NaN, -Infinity, 1],
      [1, 0, NaN],
    ],
    {},
    [NaN, -Infinity, NaN],
  ],
  [
    "less",
    [
      [NaN, -Infinity, 0],
      [1, Infinity, -0],
    ],
    {},
    [0, 1, 0],
  ],
  [
    "lessEqual",
    [
      [NaN, -Infinity, 0],
      [1, Infinity, -0],
    ],
    {},
    [0, 1, 1],
  ],
  [
    "equal",
    [
      [NaN, Infinity, 0],
      [NaN, Infinity, -0],
    ],
    {},
    [0, 1, 1],
  ],
  ["reduceSum", [[NaN, 1]], { axes: [0] }, [NaN]],
  ["reduceMax", [[NaN, 1]], { axes: [0] }, [NaN]],
  ["reduceMax", [[-Infinity, -Infinity]], { axes: [0] }, [-Infinity]],
  ["pad", [[1]], { before: [1], after: [0], value: -Infinity }, [-Infinity, 1]],
];

describe("special values", () => {
  it.each(special)("%s of %j %j is %j", (op, lists, attributes, expected) => {
    const g = createBuilder("f64");
    const storage = new Map(lists.map((list, i) => [`x${i}`, tensor([list.length], list)]));
    const leaves = lists.map((list, i) =>
      g.parameter({ name: `x${i}`, type: tensorType("f64", [list.length]) }),
    );
    const graph = makeGraph("special", [{ storage: "z", node: g.make(op, leaves, attributes) }]);
    expect([...(interpret(graph, storage, rows).get("z")?.data ?? [])]).toEqual(expected);
    expect([...(runAsLoops(graph, storage, rows).get("z")?.data ?? [])]).toEqual(expected);
  });

  it("a branch of a select that is not taken affects neither the value nor the derivative", () => {
    const g = createBuilder("f64");
    const x = g.parameter({ name: "x", type: tensorType("f64", [2]) });
    const safe = g.select(g.less(0, x), x, 1);
    const z = g.select(g.less(0, x), g.log(safe), 0);
    const graph = withGradients(g.reduceSum(z, { axes: [0] }), [x], g);
    const storage = new Map([["x", tensor([2], [2, -1])]]);
    expect([...(interpret(graph, storage, rows).get("gradient:x")?.data ?? [])]).toEqual([0.5, 0]);
    expect([...(runAsLoops(graph, storage, rows).get("gradient:x")?.data ?? [])]).toEqual([0.5, 0]);
  });
});
