// Errors in the section `search` of a spec. If a test fails, an invalid search is found only when its
// candidates are trained, or never.
import { describe, expect, it } from "vitest";
import { DiagnosticError, render } from "../../../../src/compiler/diagnostics/errors.ts";
import { parseSpec } from "../../../../src/compiler/spec/parse-model.ts";
import { flowers } from "../../../command/cli/workspace.ts";

function reported(search: unknown, training: object = flowers.training): string {
  try {
    parseSpec({ ...flowers, training: { ...training, search } });
    return "";
  } catch (error) {
    if (error instanceof DiagnosticError) return render(error.diagnostics);
    throw error;
  }
}

const over = (key: string, axis: unknown = [1, 2]) => reported({ over: { [key]: axis } });

it("a valid search has no diagnostics", () => {
  expect(over("network[0].units")).toBe("");
  expect(over('data.inputs["size"].scale', ["standard", "off"])).toBe("");
  expect(over("optimizer.clip", [{ norm: 1 }, "off"])).toBe("");
});

describe("paths of a search are checked", () => {
  it.each([
    ["network[0", 'error T1701: training.search.over: "network[0" is not a valid path'],
    ["network..units", '"network..units" is not a valid path'],
    ["", '"" is not a valid path'],
    ["network[7].units", "error T1701: training.search.over: network[7].units: network has only 2 members"],
    ["network.units", "network.units: network is a list"],
    ["name[0]", "name[0]: name is not a list"],
    ["training.epochs.most", 'training.epochs.most: training.epochs is 4, which cannot have the key "most"'],
    ["training.seed", "training.seed cannot be searched: it changes how the rows are split"],
    [
      "training.test.fraction",
      "error T1702: training.search.over: training.test.fraction cannot be searched",
    ],
    [
      "targets.kind.classes",
      "cannot be searched: all candidates must learn the same targets from the same data",
    ],
    ["training.search.samples", "a search cannot vary its own settings"],
  ])("%s", (key, message) => {
    if (key === "name[0]") expect(reported({ over: { [key]: [1] } })).toContain("cannot be searched");
    else expect(over(key)).toContain(message);
  });

  it("at least one path is required", () => {
    expect(reported({ over: {} })).toContain("training.search.over must contain at least one path");
    expect(reported({})).toContain("training.search.over is missing");
  });
});

describe("values of a search are checked", () => {
  it.each([
    [[], "must be a non-empty list"],
    [{ from: 2, to: 1, steps: 3 }, ".to, got 2 and 1"],
    [{ from: 0, to: 1, scale: "log", steps: 3 }, "must be greater than 0 on a log scale, got 0"],
    [{ from: 1, to: 2 }, "is a continuous range, so a search cannot try every combination"],
    [{ from: 1, to: 2, step: 3 }, 'did you mean "steps"?'],
  ])("%j", (axis, message) => {
    expect(over("optimizer.learningRate", axis)).toContain(message);
  });

  it("too many combinations are rejected", () => {
    const many = Array.from({ length: 400 }, (_, i) => i + 1);
    const search = { over: { "network[0].units": many, "training.epochs": many } };
    expect(reported(search)).toContain("training.search.over has 160000 combinations; the limit is 100000");
    expect(reported({ ...search, samples: 10 })).toBe("");
  });
});

describe("the selection of the best candidate", () => {
  it("requires rows that are set aside", () => {
    const { epochs, batchSize } = flowers.training;
    expect(reported({ over: { "network[0].units": [1] } }, { epochs, batchSize })).toContain(
      "error T1704: training.search needs a validation split to select the best candidate, but the spec has none",
    );
  });

  it("uses the loss or a metric of the spec", () => {
    const search = { over: { "network[0].units": [1] }, metric: "acuracy" };
    expect(reported(search)).toContain('training.search.metric: "acuracy" is not a metric of this spec');
    expect(reported(search)).toContain('did you mean "accuracy"?');
  });

  it("cannot use the loss if candidates have different losses", () => {
    const search = { over: { loss: ["cross-entropy", { type: "cross-entropy", smoothing: 0.1 }] } };
    expect(reported(search)).toContain(
      "training.search.over: loss changes the loss itself, so the loss cannot rank candidates",
    );
    expect(reported({ ...search, metric: "accuracy" })).toBe("");
  });
});
