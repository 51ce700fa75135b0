// Every diagnostic of the spec with its exact text. If a test fails, a user sees a different message, or
// none.
import { describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { parseModel, parseSpec } from "../../../src/compiler/spec/parse-model.ts";
import { baseSpec, faultsOf, specWith } from "./base-spec.ts";
import { data, dense, faultRows, training } from "./fault-rows.ts";

for (const [title, rows] of Object.entries(faultRows))
  describe(title, () => {
    for (const [intent, changes, ...expected] of rows)
      it(intent, () => expect(faultsOf(specWith(changes))).toBe(expected.join("\n")));
  });

describe("a whole spec", () => {
  it("accepts the base spec, so each row above shows only its own error", () => {
    expect(faultsOf(baseSpec())).toBe("no fault");
  });

  it("accepts `data` with all its keys", () => {
    expect(faultsOf(specWith({ data }))).toBe("no fault");
  });

  it.each([
    [null, "null"],
    [[1], "[1]"],
    ["digits", '"digits"'],
    [undefined, "nothing"],
    [() => 1, "a function"],
  ])("is an object: not %s", (value, shown) => {
    expect(faultsOf(value)).toBe(`error T1201: the spec must be an object, got ${shown}`);
  });

  it("reports each missing section", () => {
    const text = faultsOf({});
    for (const key of ["name", "inputs", "targets", "network", "loss", "optimizer", "training"])
      expect(text).toContain(`error T1102: ${key} is missing`);
    expect(text.match(/^error /gm)).toHaveLength(7);
  });

  it("reports errors of all kinds together: of the schema, names, references, fractions and data", () => {
    const spec = specWith({
      name: "a b",
      network: [{ type: "dense", units: -1, from: "q" }],
      training: { ...training, test: { fraction: 0.9 }, validation: { fraction: 0.9 } },
      data: { ...data, inputs: {} },
    });
    const codes = (() => {
      try {
        return parseModel(spec);
      } catch (error) {
        return error instanceof DiagnosticError ? error.diagnostics.map(({ code }) => code) : error;
      }
    })();
    expect(codes).toEqual(["T1203", "T1301", "T1303", "T1204", "T1307"]);
  });

  it("shortens a text of ten megabytes instead of printing it", () => {
    const text = faultsOf(specWith({ name: "n".repeat(10_000_000), loss: "l".repeat(10_000_000) }));
    expect(text.length).toBeLessThan(1000);
    expect(text).toContain("(10000000 characters)");
  });

  it("keeps control characters of a spec away from the terminal", () => {
    expect(faultsOf(specWith({ loss: "\u001b[31mred\u202e" }))).toContain('"\\u001b[31mred\\u202e"');
  });

  it("survives deep nesting and cycles", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level++) deep = { deep };
    expect(faultsOf(specWith({ loss: deep }))).toContain("error T1102: loss.type is missing");
    const circle: Record<string, unknown> = {};
    circle.type = circle;
    const circles: unknown[] = [];
    circles.push(...Array.from({ length: 100 }, () => circles), { activation: { formula: "tnh(x)" } });
    expect(faultsOf(specWith({ network: [{ layers: circles }] }))).toMatch(
      /^error T1006: network\[0\]\.layers\[0\].* the limit for a spec is 250000 values$/,
    );
    expect(faultsOf(specWith({ loss: circle }))).toBe(
      "error T1201: loss.type must be the name of a loss, got an object with type",
    );
  });

  it("does not change the prototype of all objects", () => {
    faultsOf(
      JSON.parse(
        '{"__proto__": {"polluted": 1}, "inputs": {"__proto__": {"polluted": 1}}, "constructor": ' +
          '{"prototype": {"polluted": 1}}}',
      ),
    );
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("warnings", () => {
  const warningsOf = (changes: Record<string, unknown>) =>
    parseSpec(specWith(changes)).warnings.map(({ code, message }) => `${code}: ${message}`);

  /** The warnings about an input with these columns, for a regression of columns `target`. */
  const leaksOf = (more: object, input: { columns: string[]; window?: string }, target: string[]) => {
    const rows = "windows" in more ? [input.window === "future" ? 1 : 2] : [];
    const ofTarget = "windows" in more ? [1, target.length] : [target.length];
    return warningsOf({
      inputs: { x: { shape: [...rows, input.columns.length] } },
      targets: { y: { shape: ofTarget } },
      network: [
        { type: "flatten" },
        { type: "dense", units: target.length },
        { type: "reshape", shape: ofTarget },
      ],
      loss: "mse",
      metrics: [],
      data: { file: "a.csv", ...more, inputs: { x: input }, targets: { y: { columns: target } } },
    });
  };

  it("warns about a layer and an input without influence on the loss", () => {
    expect(
      warningsOf({
        inputs: { x: { shape: [4] }, unused: { shape: [1] } },
        network: [{ ...dense, from: "x" }, dense],
        output: "dense1",
      }),
    ).toEqual([
      "T1306: no layer reads inputs.unused",
      "T1306: network[1] (dense2) has no effect on the output",
    ]);
  });

  it("warns about early stopping without a validation split", () => {
    expect(warningsOf({ training: { ...training, earlyStopping: { patience: 2 } } })).toEqual([
      "T1207: training.earlyStopping needs a validation split, but the spec has none",
    ]);
    const [{ hint }] = parseSpec(
      specWith({ training: { ...training, earlyStopping: { patience: 2 } } }),
    ).warnings;
    expect(hint).toBe(
      'add "validation": { "fraction": 0.2 } to training; code that calls fit() may pass validation data instead',
    );
  });

  it.each<[string, object, string[], string[]]>([
    ["columns of its own", {}, ["a", "b"], ["t"]],
    ["the columns of the target, as in an autoencoder", {}, ["a", "b"], ["b", "a"]],
    ["past values of the target", { windows: { length: 2, horizon: 1 } }, ["a", "t"], ["t"]],
  ])("does not warn about an input with %s", (_, more, columns, targets) => {
    expect(leaksOf(more, { columns }, targets)).toEqual([]);
  });

  it.each<[string, object, object]>([
    ["an input", {}, {}],
    ["an input of the future", { windows: { length: 2, horizon: 1 } }, { window: "future" }],
  ])("warns about %s that contains the target", (_, more, input) => {
    expect(leaksOf(more, { columns: ["a", "t"], ...input }, ["t"])).toEqual([
      'T1228: data.inputs.x.columns contains the column "t" of the target y',
    ]);
  });

  it("warns about a metric's formula that reads scaled values", () => {
    const data = {
      file: "a.csv",
      inputs: { x: { columns: ["a..d"] } },
      targets: { y: { columns: ["t"], scale: "standard" } },
    };
    const metrics = ["mae", { name: "near", formula: "mean(abs(prediction - target) < 1)" }];
    const network = [{ type: "dense", units: 1 }];
    expect(warningsOf({ targets: { y: { shape: [1] } }, network, loss: "mse", metrics, data })).toEqual([
      "T1209: metrics[1]: the formula reads the values of y as scaled by data.targets.y.scale, not in their original units",
    ]);
  });

  it("are absent for the base spec", () => {
    expect(warningsOf({})).toEqual([]);
  });
});
