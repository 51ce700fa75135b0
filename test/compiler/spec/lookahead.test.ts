// Networks that can read the token that they must predict. If a test fails, such a model seems to learn
// perfectly, and no warning appears.
import { expect, it } from "vitest";
import { buildGraphs } from "../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

function warningsOf(...layers: object[]): string[] {
  const model = parseModel({
    name: "ahead",
    inputs: { text: { shape: [6], dtype: "i32" } },
    targets: { next: { classes: 5, shape: [6] } },
    network: [{ type: "embedding", vocabulary: 5, units: 4 }, ...layers, { type: "dense", units: 5 }],
    loss: "cross-entropy",
    optimizer: "adam",
    training: { epochs: 1, batchSize: 4 },
    data: {
      file: "texts.csv",
      inputs: { text: { columns: ["text"], characters: { length: 6 } } },
      targets: { next: { nextOf: "text" } },
    },
  });
  return buildGraphs(model, "f32").warnings.map(({ code, message, hint }) => `${code} ${message}; ${hint}`);
}
const lstm = { type: "lstm", units: 3, returnSequences: true };

it.each([
  [
    "attention over all positions",
    { type: "attention", heads: 2 },
    "T1504 network[1] (attention1) reads later positions",
    '"causal": true',
  ],
  [
    "a layer that runs backwards",
    { ...lstm, reverse: true },
    "T1504 network[1] (lstm1)",
    "run it forwards only",
  ],
  [
    "both directions",
    { type: "bidirectional", layer: lstm },
    "T1504 network[1].layer (bidirectional1.backward)",
    "run it forwards only",
  ],
  [
    "windows around each position",
    { type: "conv1d", filters: 4, kernel: 3, padding: "same" },
    "T1504 network[1] (conv1d1)",
    '"padding": "causal"',
  ],
])("%s gets a warning if the next character is the target", (_, layer, start, hint) => {
  const [first, ...others] = warningsOf(layer);
  expect(first).toContain(start);
  expect(first).toContain(hint);
  expect(others).toEqual([]);
});

it("copies of a block are reported once, and layers that see only the past not at all", () => {
  const attention = { type: "attention", heads: 2 };
  expect(warningsOf({ type: "repeat", times: 3, layers: [attention] })).toHaveLength(1);
  expect(
    warningsOf({ ...attention, causal: true }, lstm, {
      type: "conv1d",
      filters: 4,
      kernel: 3,
      padding: "causal",
    }),
  ).toEqual([]);
});
