// The explanation of nodes. If a test fails, a page shows a formula, a rule or a link that differs from the
// compiler's.
import { describe, expect, it } from "vitest";
import { explainGradients } from "../../../src/studio/explain/gradient-derivations.ts";
import { explainNodes } from "../../../src/studio/explain/explain-nodes.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

const classifier = {
  name: "classifier",
  inputs: { x: { shape: [4] } },
  targets: { y: { shape: [], classes: 3 } },
  network: [
    { type: "dense", units: 5, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 8 },
};
const lstm = {
  ...classifier,
  inputs: { x: { shape: [5, 3] } },
  network: [
    { type: "lstm", units: 4 },
    { type: "dense", units: 3 },
  ],
};
const recurrent = {
  ...classifier,
  inputs: { x: { shape: [7, 2] } },
  network: [
    { type: "rnn", units: 3 },
    { type: "dense", units: 3 },
  ],
};

function explained(spec: object) {
  const subject = {
    compilation: compileFor(parseModel(spec), { dtype: "f32" }),
    reports: [],
    of: undefined,
  };
  const nodes = explainNodes(subject);
  const find = (id: string) => nodes.find((node) => node.id === id);
  return { nodes, find, derivations: explainGradients(subject).derivations };
}

describe.each([
  ["a classifier", classifier],
  ["a recurrent model", recurrent],
  ["a model with gates", lstm],
])("the nodes of %s", (_, spec) => {
  const { nodes, derivations } = explained(spec);
  const ids = new Set(nodes.map(({ id }) => id));

  it("have unique ids, and refer only to existing nodes", () => {
    expect(ids.size).toBe(nodes.length);
    const named = nodes.flatMap(({ operands, users, derivations: rules }) => [
      ...operands,
      ...users,
      ...rules.flatMap(({ forwardNode }) => forwardNode ?? []),
    ]);
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
  });
  it("come after their operands", () => {
    const seen = new Set<string>();
    const early = nodes.filter(({ id, operands }) => {
      seen.add(id);
      return operands.some((each) => !seen.has(each));
    });
    expect(early.map(({ id }) => id)).toEqual([]);
  });
  it("have a rule for each backward node, and a forward value that exists or has a formula", () => {
    const backward = nodes.filter(({ region }) => region === "backward");
    expect(backward.length).toBeGreaterThan(5);
    for (const { derivations: rules } of backward) {
      expect(rules.length).toBeGreaterThan(0);
      for (const { forward } of rules) expect(forward.text).toBeTruthy();
    }
  });
  it("derive every parameter in steps that end with its gradient", () => {
    for (const { parameter, steps } of derivations) {
      const last = nodes.find(({ id }) => id === steps.at(-1)?.node);
      expect(last?.outputs).toContain(`gradient:${parameter}`);
      // The formula of a step's argument is only its name.
      const reported = nodes.filter(({ id }) => steps.some(({ node }) => node === id));
      expect(reported.filter(({ symbol, formula }) => symbol.text === formula.text)).toEqual([]);
    }
  });
});

describe("one node", () => {
  it("has formula, rule in general and here, and the forward node", () => {
    const { find } = explained(classifier);
    const node = find("gradient/d_dense1_sum");
    expect(node?.derivations).toMatchObject([
      {
        rule: "tanh.vjp",
        forward: { text: "dense1 = tanh(dense1_sum)" },
        forwardNode: "gradient/dense1",
        layer: "dense1",
      },
    ]);
    expect(node?.derivations[0].general.derivative.tex).toContain("\\frac{\\partial L}{\\partial x}");
    expect(node?.symbol.tex).toBe("\\frac{\\partial L}{\\partial z_{\\mathrm{dense1}}}");
  });
  it("lists the rewrites that produced it, and their passes", () => {
    const { nodes } = explained(classifier);
    const softmax = nodes.find(({ name }) => name === "softmax");
    expect(softmax?.rewrites.map(({ rule, pass }) => `${rule} by ${pass}`)).toEqual([
      "normalise-exponentials by simplify",
    ]);
  });
  it("has a time index in a recurrence's step, and counts once per step", () => {
    const { find } = explained(recurrent);
    expect(find("gradient/rnn1_product")?.formula.text).toBe("rnn1_h[t − 1] · rnn1.recurrent");
    expect(find("gradient/rnn1_product")?.flops).toBe(7 * 8 * 3 * 3 * 2);
  });
});
