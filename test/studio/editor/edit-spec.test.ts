// Edits of single values in the text of a spec. If a test fails, a control of the playground changes more of the
// text than its value, or writes a text that has another meaning.
import { parser as jsonParser } from "@lezer/json";
import { parser as yamlParser } from "@lezer/yaml";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as parseYaml, stringify } from "yaml";
import { editSpec, specIn, valueAt, type SpecEdit } from "../../../src/studio/editor/edit-spec.ts";
import { isJsonText } from "../../../src/studio/editor/outline.ts";

const parse = (text: string) => (isJsonText(text) ? jsonParser : yamlParser).parse(text).topNode;

function after(text: string, ...edits: readonly SpecEdit[]): string | undefined {
  const changes = editSpec(text, edits, parse);
  return changes?.reduce((now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to), text);
}

const json = `{
  "name": "moons",
  "network": [
    { "type": "dense", "units": 16 },
    { "type": "dense", "units": 2 }
  ],
  "optimizer": { "type": "adam" }
}
`;

const yaml = `# A comment.
name: moons # the name
network:
  - { type: dense, units: 16 } # hidden
  # The output.
  - type: dense
    units: 2
optimizer:
  type: adam
  learningRate: 0.01
`;

describe("editSpec", () => {
  it("replaces one value, and keeps comments and layout", () => {
    const edit: SpecEdit = { kind: "set", path: ["network", 0, "units"], value: 4 };
    expect(after(json, edit)).toBe(json.replace("16", "4"));
    expect(after(yaml, edit)).toBe(yaml.replace("16", "4"));
    const name: SpecEdit = { kind: "set", path: ["name"], value: "xor" };
    expect(after(yaml, name)).toBe(yaml.replace("name: moons", "name: xor"));
  });

  it("adds a key after the last one, and the objects around it", () => {
    const rate: SpecEdit = { kind: "set", path: ["optimizer", "momentum"], value: 0.9 };
    expect(after(json, rate)).toBe(json.replace('"adam" }', '"adam", "momentum": 0.9 }'));
    expect(after(yaml, rate)).toBe(`${yaml.trimEnd()}\n  momentum: 0.9\n`);
    const l2: SpecEdit = { kind: "set", path: ["regularization", "l2"], value: 0.1 };
    expect(after(json, l2)).toBe(json.replace('"adam" }', '"adam" },\n  "regularization": { "l2": 0.1 }'));
    expect(after(yaml, l2)).toBe(`${yaml}regularization: { l2: 0.1 }\n`);
    const fn: SpecEdit = { kind: "set", path: ["network", 1, "activation"], value: "tanh" };
    expect(after(yaml, fn)).toBe(yaml.replace("    units: 2", "    units: 2\n    activation: tanh"));
  });

  it("inserts and removes items of lists, each on its own line", () => {
    const layer = { type: "dense", units: 8 };
    const insert = (index: number): SpecEdit => ({ kind: "insert", path: ["network"], index, value: layer });
    expect(after(json, insert(1))).toBe(
      json.replace("16 },\n", '16 },\n    { "type": "dense", "units": 8 },\n'),
    );
    expect(after(yaml, insert(0))).toBe(
      yaml.replace("network:\n", "network:\n  - { type: dense, units: 8 }\n"),
    );
    expect(after(yaml, insert(2))).toBe(
      yaml.replace("    units: 2\n", "    units: 2\n  - { type: dense, units: 8 }\n"),
    );
    const remove: SpecEdit = { kind: "remove", path: ["network", 0] };
    expect(after(json, remove)).toBe(json.replace('{ "type": "dense", "units": 16 },\n    ', ""));
    expect(specIn(after(yaml, remove) ?? "", parse)).toMatchObject({ network: [{ units: 2 }] });
    const rate: SpecEdit = { kind: "remove", path: ["optimizer", "learningRate"] };
    expect(after(yaml, rate)).toBe(yaml.replace("  learningRate: 0.01\n", ""));
    expect(after(json, rate)).toBe(json);
  });

  it("has no edit where the text has an alias, a first key of a list item, or no object", () => {
    const rate: SpecEdit = { kind: "set", path: ["optimizer", "learningRate"], value: 1 };
    expect(after("a: &o { type: adam }\noptimizer: *o\n", rate)).toBe(undefined);
    expect(after("- x\n", rate)).toBe(undefined);
    expect(after("", rate)).toBe(undefined);
    expect(after(yaml, { kind: "remove", path: ["network", 1, "type"] })).toBe(undefined);
    expect(after(yaml, { kind: "insert", path: ["name"], index: 0, value: 1 })).toBe(undefined);
  });

  it("makes the intended change in any layout of JSON and YAML, or none", () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/);
    const scalar = fc.oneof(word, fc.integer(), fc.boolean());
    const layer = fc.dictionary(word, scalar, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
    const spec = fc.record({
      name: word,
      network: fc.array(layer, { minLength: 1, maxLength: 4 }),
      training: layer,
    });
    const layout = fc.constantFrom<(value: unknown) => string>(
      (value) => JSON.stringify(value),
      (value) => JSON.stringify(value, undefined, 2),
      (value) => stringify(value),
      (value) => stringify(value, { indent: 4, indentSeq: false }),
      (value) => stringify(value, { collectionStyle: "flow" }),
    );
    const counts = { made: 0 };
    const property = fc.property(spec, layout, fc.nat(5), scalar, layer, (value, write, i, to, added) => {
      const at = i % value.network.length;
      const [key] = Object.keys(value.network[at]);
      const edits: SpecEdit[] = [
        { kind: "set", path: ["network", at, key], value: to },
        { kind: "set", path: ["training", "newest"], value: to },
        { kind: "insert", path: ["network"], index: i, value: added },
      ];
      const made = after(write(value), ...edits);
      if (made === undefined) return;
      counts.made++;
      const layers = value.network.map((each, index) => (index === at ? { ...each, [key]: to } : each));
      expect(parseYaml(made)).toEqual({
        ...value,
        network: layers.toSpliced(i, 0, added),
        training: { ...value.training, newest: to },
      });
    });
    fc.assert(property, { numRuns: 200, seed: 1 });
    // Most texts can be edited.
    expect(counts.made).toBeGreaterThan(150);
  });
});

it("valueAt reads own members only", () => {
  expect(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1);
  expect(valueAt({}, ["constructor"])).toBe(undefined);
  expect(valueAt([1], ["length"])).toBe(undefined);
});
