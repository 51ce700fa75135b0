// The candidates of a search. If a test fails, candidates are missing or duplicated, or do not have the
// values of the search.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { candidatesOf } from "../../../src/command/search/candidates.ts";
import { parseSpec } from "../../../src/compiler/spec/parse-model.ts";
import { flowers } from "../cli/workspace.ts";

const deep = {
  ...flowers,
  network: [
    { type: "dense", units: 4, activation: "tanh" },
    { type: "dropout", rate: 0.2 },
    { type: "dense", units: 4, activation: "relu" },
    { type: "add", from: ["dense1", "dense2"] },
    { type: "dense", units: 3 },
  ],
};

/** The candidates of the spec with this search. */
function candidates(search: object, spec: { readonly training: object } = flowers) {
  const value = { ...spec, training: { ...spec.training, search } };
  const parsed = parseSpec(value);
  if (parsed.search === undefined) throw new Error("there is a search");
  return candidatesOf(value, parsed.search);
}

/** The canonical specs of the candidates. */
const models = (search: object, spec?: { readonly training: object }) =>
  candidates(search, spec).map(({ spec }) => parseSpec(spec).model);

describe("a grid", () => {
  it("contains all combinations, the last path changing fastest", () => {
    const over = { "network[0].units": [2, 4], "optimizer.type": ["sgd", "adam"], "training.epochs": [1, 2] };
    expect(candidates({ over }).map(({ number, values }) => [number, ...Object.values(values)])).toEqual([
      [0, 2, "sgd", 1],
      [1, 2, "sgd", 2],
      [2, 2, "adam", 1],
      [3, 2, "adam", 2],
      [4, 4, "sgd", 1],
      [5, 4, "sgd", 2],
      [6, 4, "adam", 1],
      [7, 4, "adam", 2],
    ]);
  });

  it("sets each value at its path and changes nothing else", () => {
    const [, second] = candidates({ over: { "network[0].units": [2, 9] } });
    const [first, ...others] = flowers.network;
    expect(second.spec).toEqual({ ...flowers, network: [{ ...first, units: 9 }, ...others] });
  });

  it("samples a range at `steps` values, linearly or on a log scale, including both ends", () => {
    const rates = (axis: object) =>
      candidates({ over: { "optimizer.learningRate": axis } }).map(({ values }) => Object.values(values)[0]);
    expect(rates({ from: 0.1, to: 0.5, steps: 5 })).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(rates({ from: 0.001, to: 1, scale: "log", steps: 4 })).toEqual([0.001, 0.01, 0.1, 1]);
  });

  it("uses integers for paths that require integers", () => {
    const units = candidates({ over: { "network[0].units": { from: 2, to: 7, steps: 3 } } });
    expect(units.map(({ values }) => Object.values(values)[0])).toEqual([2, 5, 7]);
  });

  it("expands a short form on a path", () => {
    const short = { ...flowers, optimizer: "sgd" };
    const [first] = models({ over: { "optimizer.learningRate": [0.5] } }, short);
    expect(first.optimizer).toMatchObject({ type: "sgd", learningRate: { initial: 0.5 } });
  });

  it("applies shorter paths before longer ones", () => {
    const over = {
      "optimizer.learningRate": [0.25],
      optimizer: ["sgd", { type: "adam", learningRate: 0.1 }],
    };
    const rates = models({ over }).map(({ optimizer }) => [optimizer.type, optimizer.learningRate]);
    expect(rates).toEqual([
      ["sgd", { type: "constant", initial: 0.25 }],
      ["adam", { type: "constant", initial: 0.25 }],
    ]);
  });
});

describe("the values on and off", () => {
  it("keeps references to layers valid", () => {
    const [on, off] = models({ over: { "network[0]": ["on", "off"] } }, deep);
    expect(on.network.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "dense1 dense",
      "dropout1 dropout",
      "dense2 dense",
      "add1 add",
      "dense3 dense",
    ]);
    expect(off.network.map(({ name }) => name)).toEqual(on.network.map(({ name }) => name));
    expect(off.network[0]).toMatchObject({ type: "activation", fn: "linear", from: ["size"] });
    expect(off.network[3].from).toEqual(["dense1", "dense2"]);
  });

  it("replaces a layer and keeps its position and name", () => {
    const layers = ["off", { type: "dropout", rate: 0.5 }, "layer-norm"];
    const found = models({ over: { "network[1]": layers } }, deep).map(({ network }) => network[1]);
    expect(found.map(({ type, name, from }) => [type, name, ...from])).toEqual([
      ["activation", "dropout1", "dense1"],
      ["dropout", "dropout1", "dense1"],
      ["layer-norm", "dropout1", "dense1"],
    ]);
  });

  it("removes a key that is off", () => {
    const over = { "training.earlyStopping": [{ patience: 2 }, "off"] };
    const found = models({ over }, { ...flowers, training: { ...flowers.training } });
    expect(found.map(({ training }) => training.earlyStopping?.patience)).toEqual([2, undefined]);
  });

  it("work on layers inside blocks", () => {
    const network = [
      { type: "repeat", times: 2, layers: deep.network.slice(0, 2) },
      { type: "dense", units: 3 },
    ];
    const [, off] = models({ over: { "network[0].layers[1]": ["on", "off"] } }, {
      ...deep,
      network,
    } as never);
    expect(off.network.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "repeat1.1.dense1 dense",
      "repeat1.1.dropout1 activation",
      "repeat1.2.dense1 dense",
      "repeat1.2.dropout1 activation",
      "dense1 dense",
    ]);
  });

  it("merge candidates with equal specs into one", () => {
    const over = { "network[1]": ["on", "off"], "network[1].rate": [0.1, 0.2, 0.3] };
    expect(candidates({ over }, deep)).toHaveLength(4);
  });
});

describe("random samples", () => {
  const over = {
    "network[0].units": { from: 2, to: 64 },
    "optimizer.learningRate": { from: 1e-4, to: 1e-1, scale: "log" },
    "optimizer.type": ["sgd", "adam", "rmsprop"],
  };

  it("have the requested number, are the same for the same seed, and extend a smaller sample", () => {
    const some = candidates({ over, samples: 20, seed: 5 });
    expect(some).toHaveLength(20);
    expect(candidates({ over, samples: 20, seed: 5 })).toEqual(some);
    expect(candidates({ over, samples: 30, seed: 5 }).slice(0, 20)).toEqual(some);
    expect(candidates({ over, samples: 20, seed: 6 })).not.toEqual(some);
  });

  it("are within their ranges, integers where required, and without duplicates", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (seed) => {
        const found = candidates({ over, samples: 25, seed });
        for (const { values } of found) {
          const units = Number(values["network[0].units"]);
          const rate = Number(values["optimizer.learningRate"]);
          expect(Number.isInteger(units) && units >= 2 && units <= 64).toBe(true);
          expect(rate >= 1e-4 && rate <= 1e-1).toBe(true);
        }
        expect(new Set(found.map(({ spec }) => JSON.stringify(spec))).size).toBe(25);
      }),
      { numRuns: 10 },
    );
  });

  it("are uniform in the logarithm of a log range, and over integers including both ends", () => {
    const found = candidates({ over, samples: 2000 });
    const logs = found.map(({ values }) => Math.log10(Number(values["optimizer.learningRate"])));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    expect(Math.abs(mean + 2.5)).toBeLessThan(0.1);
    const units = found.map(({ values }) => Number(values["network[0].units"]));
    const share = (value: number) => units.filter((unit) => unit === value).length / units.length;
    // Each has probability 1/63; four standard deviations are 0.011.
    for (const end of [2, 64]) expect(Math.abs(share(end) - 1 / 63)).toBeLessThan(0.012);
  });

  it("are all combinations in grid order if there are fewer combinations than samples", () => {
    const few = { "network[0].units": [2, 4], "optimizer.type": ["sgd", "adam"] };
    expect(candidates({ over: few, samples: 9 })).toEqual(candidates({ over: few }));
  });
});
