// The warning about losses that are too high at the start, for several targets. If a test fails, a target in
// the hundreds of thousands, such as a price, is not learned and no warning appears, or a warning names the
// wrong target.
import { afterEach, expect, test, vi } from "vitest";
import type { Dataset, DatasetContext } from "../../../src/runtime/data/dataset.ts";
import { columnEncoder } from "../../../src/runtime/data/column-encoder.ts";
import type { ModelFacts } from "../../../src/runtime/model/facts.ts";
import { highFirstLosses, unwrapped, warnOfFirstLosses } from "../../../src/runtime/program/first-losses.ts";
import type { Batch } from "../../../src/runtime/step/batch.ts";
import type { Trainer } from "../../../src/runtime/trainer/trainer.ts";
import { linearTrainer, training } from "../linear-machine.ts";

afterEach(() => vi.restoreAllMocks());

const model: ModelFacts = {
  name: "homes",
  specHash: "",
  dtype: "f64",
  target: "ts",
  batchSize: 2,
  inputs: { x: { shape: [2], dtype: "f32" } },
  targets: { price: { shape: [] }, kind: { shape: [], classes: 3 }, size: { shape: [] } },
  parameters: [],
};
const contextOf = (scaled: readonly string[] = []): DatasetContext => {
  const columns = (name: string) => ({
    columns: [name],
    ...(scaled.includes(name) && { scale: "standard" as const }),
  });
  return {
    model,
    data: {
      inputs: { x: { columns: ["u", "v"] } },
      targets: { price: columns("price"), kind: columns("kind"), size: columns("size") },
    },
    training,
    encoders: { columns: columnEncoder },
  };
};
const dataset: Dataset = {
  train: { x: [1, 2, 3, 4, 5, 6], price: [240_000, -260_000, 9e9], kind: [0, 1, 2], size: [1, 3, 9e9] },
  fields: [],
};

/** A trainer that reports these losses, and records the batches that it evaluates. */
function trainerWith(losses: Record<string, number>, batches: Batch[] = [], epoch = 0): Trainer {
  return {
    ...linearTrainer(),
    epoch,
    evaluate(batch) {
      batches.push(batch);
      return { loss: 1, ...losses };
    },
  };
}

test("names each target that is too large, and the key to add, from the loss of the first batch", () => {
  const batches: Batch[] = [];
  const trainer = trainerWith({ "price.loss": 6.25e10, "kind.loss": 1.1, "size.loss": 5 }, batches);
  expect(highFirstLosses(contextOf(), trainer, dataset)).toEqual([
    {
      target: "price",
      text:
        "the loss of price starts at 6.250e+10, because price is about 250000: " +
        'add "scale": "standard" to data.targets.price',
    },
  ]);
  const numbers = { x: [1, 2, 3, 4], price: [240_000, -260_000], kind: [0, 1], size: [1, 3] };
  const fields = Object.entries(numbers).map(([name, values]) => [name, Float64Array.from(values)]);
  expect(batches).toEqual([Object.fromEntries(fields)]);
});

test("if the target is small, the inputs are too large", () => {
  const [{ target, text }] = highFirstLosses(contextOf(), trainerWith({ "size.loss": 2e4 }), dataset);
  expect(target).toBe("size");
  expect(text).toContain('because the inputs are large: add "scale": "standard" to them in data.inputs');
});

test("scaled targets, classes, losses up to the limit and resumed trainings are not reported", () => {
  const high = { "price.loss": 1e6, "kind.loss": 1e6, "size.loss": 1e6 };
  expect(highFirstLosses(contextOf(["price", "size"]), trainerWith(high), dataset)).toEqual([]);
  expect(highFirstLosses(contextOf(["size"]), trainerWith(high), dataset)).toMatchObject([
    { target: "price" },
  ]);
  expect(highFirstLosses(contextOf(), trainerWith({ "price.loss": 1e4 }), dataset)).toEqual([]);
  expect(highFirstLosses(contextOf(), trainerWith({ "price.loss": NaN }), dataset)).toEqual([]);
  const batches: Batch[] = [];
  expect(highFirstLosses(contextOf(), trainerWith(high, batches, 2), dataset)).toEqual([]);
  expect(batches).toEqual([]);
});

test("a program prints a line for each of them, and continues with the wrapped trainer", () => {
  let said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const trainer = trainerWith({ "price.loss": 1e6, "size.loss": 1e6 });
  const other = linearTrainer();
  expect(warnOfFirstLosses(() => other)(trainer, contextOf(), dataset)).toBe(other);
  expect(said).toMatch(/^warning: the loss of price .*\nwarning: the loss of size .*\n$/);
  expect(unwrapped(trainer)).toBe(trainer);
});
