// The checks of text columns against the rest of the spec. If a test fails, the compiler accepts two
// different lengths or vocabularies, and a model would train on shifted targets.
import { expect, test } from "vitest";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { faultsOf, specWith } from "../base-spec.ts";

const changes = {
  inputs: { text: { shape: [6], dtype: "i32" } },
  targets: { next: { classes: 4, shape: [6] } },
  network: [
    { type: "embedding", vocabulary: 4, units: 8 },
    { type: "dense", units: 4 },
  ],
  data: {
    file: "names.csv",
    inputs: { text: { columns: ["name"], characters: { length: 6 } } },
    targets: { next: { nextOf: "text" } },
  },
};
const { data } = changes;
const faultsWith = (changed: Record<string, unknown>) => faultsOf(specWith({ ...changes, ...changed }));
const withTarget = (next: unknown) => ({ data: { ...data, targets: { next } } });
const withInput = (text: unknown) => ({ data: { ...data, inputs: { text } } });

test("a text can have its next token as the target; a row then has no class to stratify by", () => {
  const { training, data } = parseModel(specWith(changes));
  expect(training.stratify).toBe(false);
  expect(data?.inputs).toEqual({ text: { columns: ["name"], characters: { length: 6 } } });
  expect(data?.targets).toEqual({ next: { columns: [], nextOf: "text" } });
});

test("texts may have classes, one per row", () => {
  const kinds = {
    targets: { kind: { classes: 3 } },
    network: [
      { type: "embedding", vocabulary: 4, units: 8 },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
    data: { ...data, targets: { kind: { columns: ["kind"] } } },
  };
  expect(faultsWith(kinds)).toBe("no fault");
  expect(parseModel(specWith({ ...changes, ...kinds })).training.stratify).toBe(true);
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "another length than the input's",
    withInput({ columns: ["name"], characters: { length: 7 } }),
    'error T1208: inputs.text must be { "shape": [7], "dtype": "i32" }, because data.inputs.text.characters encodes each text as 7 integers',
  ],
  [
    "real numbers for indices",
    { inputs: { text: { shape: [6] } } },
    'error T1208: inputs.text must be { "shape": [6], "dtype": "i32" }',
  ],
  [
    "two columns",
    withInput({ columns: ["name", "other"], characters: { length: 6 } }),
    "error T1208: data.inputs.text.columns must name exactly one text column, got 2",
  ],
  [
    "no length",
    withInput({ columns: ["name"], characters: {} }),
    "error T1102: data.inputs.text.characters.length is missing: it must be a positive integer",
  ],
  [
    "scaled characters",
    withInput({ columns: ["name"], characters: { length: 6 }, scale: "standard" }),
    "error T1208: data.inputs.text.scale: indices cannot be scaled",
  ],
  [
    "the next token of an unknown input",
    withTarget({ nextOf: "test" }),
    'error T1303: data.targets.next.nextOf: "test" is not an input in data.inputs\n  hint: did you mean "text"?',
  ],
  [
    "the next token of numbers",
    withInput({ columns: ["a..f"] }),
    'error T1303: data.targets.next.nextOf: "text" is not a text input\n  hint: write the name of an ' +
      'input that has the key "characters" or "words" in data.inputs',
  ],
  [
    "columns besides nextOf",
    withTarget({ nextOf: "text", columns: ["name"] }),
    'error T1208: data.targets.next: "columns" cannot be combined with "nextOf"\n  hint: remove it; a target with ' +
      '"nextOf" is derived from its input',
  ],
  [
    "another vocabulary",
    { targets: { next: { classes: 27, shape: [6] } } },
    "error T1208: network[0].vocabulary is 4, but the target next, which is the next token of text, has 27 classes\n  " +
      "hint: use the same number for both: the size of the vocabulary, including the special tokens",
  ],
  [
    "one class per row",
    { targets: { next: { classes: 4 } } },
    'error T1208: targets.next must have "classes" and the shape [6], because each position of text has its own class',
  ],
  [
    "stratify",
    { training: { epochs: 2, batchSize: 6, stratify: true } },
    "error T1206: training.stratify needs one class per row, but next has one class per position",
  ],
])("%s", (_, changed, message) => {
  expect(faultsWith(changed)).toContain(message);
});

const readAs = (entry: object, input: object) =>
  faultsOf(
    specWith({
      inputs: { x: input },
      targets: { y: { classes: 2 } },
      data: {
        file: "a.csv",
        inputs: { x: { columns: ["a"], ...entry } },
        targets: { y: { columns: ["b"] } },
      },
    }),
  );

test("an input is read in exactly one way, and must have the type of that way", () => {
  expect(readAs({ categories: "one-hot" }, { shape: [4] })).toBe("no fault");
  expect(readAs({ categories: "one-hot", scale: "standard" }, { shape: [4] })).toContain(
    'error T1208: data.inputs.x: "scale" cannot be combined with "categories"',
  );
  expect(readAs({ categories: "index" }, { shape: [4] })).toContain(
    "error T1208: inputs.x must have dtype i32, because its categories use index encoding",
  );
  expect(readAs({ categories: "one-hot" }, { shape: [4], dtype: "i32" })).toContain(
    "error T1208: inputs.x must have dtype f32, because its categories use one-hot encoding",
  );
  expect(readAs({ words: { length: 4 }, characters: { length: 4 } }, { shape: [4], dtype: "i32" })).toContain(
    'error T1208: data.inputs.x: "words" cannot be combined with "characters"',
  );
  expect(readAs({ words: { length: 5 } }, { shape: [4], dtype: "i32" })).toContain(
    'error T1208: inputs.x must be { "shape": [5], "dtype": "i32" }, because data.inputs.x.words encodes each text as 5 integers',
  );
  expect(readAs({ categories: "hot" }, { shape: [4] })).toContain("data.inputs.x.categories must be");
});
