// The derivation of a recurrence's gradient, as people read it. If it fails, what happens along time is hidden from them.
import { expect, it } from "vitest";
import { gradientsView } from "../../src/inspect/gradients-view.ts";
import { compileModel } from "../../src/pipeline.ts";
import { parseModel } from "../../src/spec/parse-model.ts";

it("tells the steps of a recurrence once, forwards and backwards, each value with its place in time", () => {
  const model = parseModel({
    name: "steps",
    inputs: { x: { shape: [7, 2] } },
    targets: { y: { shape: [3] } },
    network: [{ type: "rnn", units: 3 }],
    loss: "mse",
    optimizer: "sgd",
    training: { epochs: 1, batchSize: 4 },
  });
  const compilation = compileModel(model, { dtype: "f64" });
  const text = gradientsView({ compilation, of: "rnn1.recurrent", reports: [] }).text();
  expect(text).toContain("rnn1 = for t = 0 … 6");
  expect(text).toContain("rnn1_product = rnn1[t − 1] · rnn1.recurrent");
  expect(text).toContain("rnn1_h_before = kept from the steps of rnn1");
  expect(text).toContain("for t = 6 … 0");
  expect(text).toContain("d_rnn1.recurrent = rnn1_h_beforeᵀ · d_rnn1_inputs");
  expect(text.match(/tanh\(/g)).toHaveLength(2); // the step itself, and what the derivative says it is the gradient of
});
