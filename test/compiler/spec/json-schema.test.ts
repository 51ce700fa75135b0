// The JSON Schema that editors use. It must accept and reject the same specs as the compiler. If a test
// fails, an editor marks a valid spec as wrong, or hides an error.
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { specSchema } from "../../../src/compiler/spec/json-schema.ts";
import { baseSpec, specWith } from "./base-spec.ts";

const schema = specSchema();
const valid = new Ajv2020({ allErrors: true, strict: false }).compile(schema);
const graphs = new URL("../../../graphs/", import.meta.url);
const files = readdirSync(graphs, { withFileTypes: true }).filter(
  (entry) => entry.isFile() && entry.name.endsWith(".json"),
);

describe("the schema accepts", () => {
  it("short and long forms", () => {
    expect(valid(baseSpec())).toBe(true);
    expect(valid(specWith({ loss: { type: "huber", delta: 2 }, metrics: ["mae"] }))).toBe(true);
  });

  it("blocks in blocks", () => {
    const inner = {
      type: "residual",
      layers: ["layer-norm", { type: "dense", units: 3 }],
      shortcut: ["rms-norm"],
    };
    const network = [{ type: "repeat", times: 2, name: "tower", layers: [inner] }];
    valid(specWith({ network }));
    expect(valid.errors).toBeNull();
  });

  it("formulas, wherever they are allowed", () => {
    const network = [
      { type: "dense", units: 3, activation: { formula: "x * beta", constants: { beta: 2 } } },
      { type: "activation", fn: { formula: "tanh(x)" } },
    ];
    const learningRate = { formula: "initial / (1 + step)", initial: 0.1 };
    const metrics = [{ name: "m", formula: "mean(prediction)", better: "higher" }];
    const optimizer = { formula: ["state.m = gradient", "parameter = parameter - state.m"], learningRate };
    valid(specWith({ network, metrics, optimizer, loss: { formula: "mean(prediction)" } }));
    expect(valid.errors).toBeNull();
    valid(specWith({ optimizer: { formula: "parameter = parameter - gradient", clip: { norm: 1 } } }));
    expect(valid.errors).toBeNull();
  });

  it.each(files.map(({ name }) => name))("graphs/%s", (name) => {
    valid(JSON.parse(readFileSync(new URL(name, graphs), "utf8")));
    expect(valid.errors).toBeNull();
  });
});

const block = (layers: readonly unknown[]) => ({ type: "residual", layers });

it.each([
  ["an unknown section", { trainning: {} }],
  ["an unknown key of a layer", { network: [{ type: "dense", units: 3, unit: 3 }] }],
  ["a key of another layer", { network: [{ type: "dense", units: 3, rate: 0.5 }] }],
  [
    "an unknown key deep inside blocks",
    { network: [block([block([{ type: "dense", units: 3, unit: 3 }])])] },
  ],
  ["a key of another block", { network: [{ ...block([{ type: "dense", units: 3 }]), times: 2 }] }],
  ["a block with an empty list of layers", { network: [block([])] }],
  ["a negative width", { network: [{ type: "dense", units: -3 }] }],
  ["an unknown loss", { loss: "cross" }],
  ["one class", { targets: { y: { classes: 1 } } }],
  ["a target without shape and classes", { targets: { y: {} } }],
  ["a rate of zero", { optimizer: { type: "sgd", learningRate: 0 } }],
  ["a name with a space", { name: "a b" }],
  ["a bad name of an input", { inputs: { "a b": { shape: [4] } } }],
  ["a missing loss", { loss: undefined }],
  ["a formula that is a number", { loss: { formula: 3 } }],
  ["a formula with an unknown key", { loss: { formula: "mean(prediction)", delta: 1 } }],
  ["a metric without a name", { metrics: [{ formula: "mean(prediction)" }] }],
  ["a schedule without an initial rate", { optimizer: { type: "sgd", learningRate: { formula: "step" } } }],
  ["a layer that only TypeScript can build", { network: [{ type: "custom" }] }],
])("the schema rejects %s", (_, changes) => {
  expect(valid(JSON.parse(JSON.stringify(specWith(changes))))).toBe(false);
});

it("describes every key of the first two levels, for editors", () => {
  const undescribed = Object.entries(schema.properties ?? {}).filter(
    ([, member]) => typeof member !== "object" || !member.description,
  );
  expect(undescribed).toEqual([]);
});

it("is plain JSON and names its draft", () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
});
