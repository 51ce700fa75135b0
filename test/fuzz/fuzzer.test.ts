// The fuzzer. If a test fails, its specs are not reproducible, its bounds are not valid or not finite at
// kinks, or shrinking does not find a smallest failing spec.
import { describe, expect, it } from "vitest";
import { createBuilder } from "../../src/compiler/ops/index.ts";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { tensorType } from "../../src/compiler/ir/types.ts";
import { compileFor } from "../../src/compiler/compile-target.ts";
import type { Compilation } from "../../src/compiler/pipeline.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { loopsText } from "../support/loop-program.ts";
import { ballOf, exactBall } from "./ball.ts";
import type { Ball } from "./ball.ts";
import { interpretBalls } from "./ball-graph.ts";
import { demandOf, emptyReasons, layerTypes, meets, sizeClassOf, sizeClasses } from "./demands.ts";
import { randomNetwork } from "./random-network.ts";
import { randomSpec, refusalOf } from "./random-spec.ts";
import { skipsIn, stageNames, stageOf } from "./rotation.ts";
import { factsOf } from "./spec-facts.ts";
import { randomOf } from "./random.ts";
import { shrink } from "./shrink.ts";

const g = createBuilder("f32");
const input = (shape: readonly number[]): Node => g.input({ name: "x", type: tensorType("f32", shape) });
const ballsOf = (node: Node, x: Ball): Ball | undefined =>
  interpretBalls(makeGraph("test", [{ storage: "z", node }]), new Map([["x", x]]), 1).get("z");
const numbers = (values: readonly number[], rad = 0): Ball =>
  ballOf([values.length], Float64Array.from(values), new Float64Array(values.length).fill(rad));

describe("random specs", () => {
  it("are the same for the same seed and number, and valid", () => {
    for (const index of [0, 1, 17]) {
      const { spec } = randomSpec(3, index);
      expect(randomSpec(3, index).spec).toEqual(spec);
      expect(refusalOf(spec)).toBeUndefined();
    }
    expect(randomSpec(3, 0).spec).not.toEqual(randomSpec(4, 0).spec);
  });
});

describe("demands", () => {
  const first400 = Array.from({ length: 400 }, (_, index) => index);

  it("cover each type of layer in each size class with 400 specs", () => {
    const demands = first400.map(demandOf);
    const types = [...new Set(demands.map(({ type }) => type))];
    expect(types.toSorted()).toEqual(
      layerTypes.filter((type) => emptyReasons[type] === undefined).toSorted(),
    );
    for (const type of types)
      expect(new Set(demands.flatMap((each) => (each.type === type ? (each.size ?? []) : [])))).toEqual(
        new Set(sizeClasses),
      );
  });

  it("are met by the networks that are drawn", () => {
    for (const index of first400) {
      const demand = demandOf(index);
      const { shaped } = randomNetwork(randomOf(5, index), demand);
      expect(shaped.some((layer) => meets(layer, demand))).toBe(true);
    }
  });

  it("are met by the specs that the compiler accepts", () => {
    for (const index of [3, 40, 77, 114]) {
      const { type, size } = demandOf(index);
      const layers = factsOf(randomSpec(6, index).spec)?.layers ?? [];
      expect(layers.some((layer) => layer.type === type && sizeClassOf(layer.shape) === size)).toBe(true);
    }
  });

  it("skip each stage in both element types, including in the specs that are made for that stage", () => {
    for (const stage of stageNames) {
      const indices = first400.filter((index) => stageOf(index) === stage);
      expect(new Set(indices.map(skipsIn)).size, stage).toBe(2);
      const own = indices.filter((index) => demandOf(index).size === undefined);
      if (own.length > 0) expect(new Set(own.map(skipsIn)).size, stage).toBe(2);
    }
  });

  it.each([
    ["drop-unit-loops", "f64"],
    ["rematerialise", "f64"],
  ] as const)("sometimes make specs that change without %s", (stage, dtype) => {
    const indices = first400.filter(
      (index) => stageOf(index) === stage && demandOf(index).size === undefined,
    );
    expect(indices.length).toBeGreaterThanOrEqual(4);
    const changes = (index: number): boolean => {
      const model = parseModel(randomSpec(1, index).spec);
      const [plain, without] = [[], [stage]].map((skip) =>
        compileFor(model, { dtype, target: "wasm", skip }),
      );
      return loopsText(bodiesOf(plain)) !== loopsText(bodiesOf(without));
    };
    expect(indices.some(changes)).toBe(true);
  });
});

const bodiesOf = ({ vectors }: Compilation) =>
  vectors?.programs.map(({ kernels }) => kernels.map(({ body }) => body));

describe("bounds", () => {
  it("of a sum hold for f32 in any order", () => {
    const random = randomOf(1, 1);
    const values = Array.from({ length: 50 }, () => Math.fround(random.normal()));
    const ball = ballsOf(g.reduceSum(input([50]), { axes: [0] }), numbers(values));
    for (let turn = 0; turn < 20; turn++) {
      const order = values.toSorted(() => random.unit() - 0.5);
      const sum = order.reduce((total, x) => Math.fround(total + x), 0);
      expect(Math.abs(sum - (ball?.mid[0] ?? NaN))).toBeLessThanOrEqual(ball?.rad[0] ?? NaN);
    }
  });

  it("of functions hold for inexact operands", () => {
    const x = input([3]);
    for (const [node, f] of [
      [g.exp(x), Math.exp],
      [g.tanh(x), Math.tanh],
      [g.multiply(x, x), (v: number) => v * v],
      [g.divide(1, x), (v: number) => 1 / v],
    ] as const) {
      const ball = ballsOf(node, numbers([0.5, -1, 3], 0.01));
      [0.5, -1, 3].forEach((value, i) => {
        for (const off of [-0.01, 0.01])
          expect(Math.abs(f(value + off) - (ball?.mid[i] ?? NaN))).toBeLessThanOrEqual(ball?.rad[i] ?? NaN);
      });
    }
  });

  it("at a kink are as large as the jump", () => {
    const x = input([3]);
    const ball = ballsOf(g.select(g.less(0, x), 5, 2), numbers([1, 1e-9, 0], 1e-6));
    expect(ball?.rad[0]).toBe(0);
    expect(ball?.rad[1]).toBe(3);
    expect(ball?.rad[2]).toBe(3);
  });

  it("treat a maximum as a copy of an element, whatever the rounding", () => {
    const x = input([3]);
    const largest = g.broadcastTo(g.reduceMax(x, { axes: [0] }), [3]);
    const ball = ballsOf(g.equal(x, largest), numbers([1, 3, 2], 1e-6));
    expect([...(ball?.mid ?? [])]).toEqual([0, 1, 0]);
    expect([...(ball?.rad ?? [])]).toEqual([0, 0, 0]);
  });

  it("of the position of a maximum include every element that may be larger", () => {
    const x = input([4]);
    const place = g.argMax(x, { axes: [0] });
    expect(ballsOf(place, numbers([1, 3, 2, 3 - 1e-9], 1e-6))?.rad[0]).toBe(2);
    expect(ballsOf(place, numbers([1, 3, 2, 2.5], 1e-6))?.rad[0]).toBe(0);
  });

  it("of exact results are zero", () => {
    const ball = ballsOf(g.negate(input([2])), exactBall({ shape: [2], data: Float64Array.of(0.5, -2) }));
    expect([...(ball?.rad ?? [])]).toEqual([0, 0]);
  });
});

describe("shrinking", () => {
  it("ends at the smallest spec that fails", async () => {
    const drawn = Array.from({ length: 60 }, (_, index) => randomSpec(9, index).spec);
    const spec =
      drawn.find(({ network }) => JSON.stringify(network).includes("depthwise-conv2d")) ?? drawn[0];
    const fails = (each: typeof spec) =>
      Promise.resolve(JSON.stringify(each.network).includes("depthwise-conv2d"));
    const smallest = await shrink(spec, fails, { attempts: 300, seconds: 60 });
    expect(smallest.network).toHaveLength(1);
    expect(smallest.loss).toBe("mse");
    expect(smallest.training).toMatchObject({ batchSize: 1 });
  });
});
