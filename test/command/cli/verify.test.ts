// The commands `verify` and `bench`. If a test fails, an incorrect gradient passes, or a correct one fails.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { expectRefusal, flowers, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const verification = z.object({
  worst: z.number(),
  parameters: z.array(
    z.object({
      name: z.string(),
      relativeError: z.number(),
      shape: z.array(z.number()),
      worst: z.object({ index: z.array(z.number()) }),
      sweep: z.array(z.object({ h: z.number(), error: z.number() })),
    }),
  ),
});

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

describe("tapeless verify --bisect", () => {
  it("reports that all stages agree, as text or JSON", async () => {
    place.write("flowers.json", flowers);
    const { code, stdout } = await place.run("verify", "flowers.json", "--bisect");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^flowers: after all \d+ stages, every program/),
    ]);
    const json = await place.run("verify", "flowers.json", "--bisect", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ name: "flowers", rows: expect.any(Number) });
  });
  it("cannot be combined with --of or --report", async () => {
    const { code, stderr } = await place.run("verify", "flowers.json", "--bisect", "--of", "dense1.weight");
    expect(code).toBe(2);
    expect(stderr).toContain("--bisect cannot be combined with --of");
  });
});

describe("tapeless verify", () => {
  it("prints the worst error of each parameter and each target", async () => {
    place.write("flowers.json", flowers);
    const { code, stdout } = await place.run("verify", "flowers.json");
    for (const name of ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"])
      expect(stdout).toMatch(
        new RegExp(`^│ ${name} +│ \\d+ +│ \\d\\.\\de[-+]\\d+ +│ \\[[\\d, ]+\\] +│`, "m"),
      );
    expect(stdout).toMatch(/worst relative error .*, below the tolerance 1\.0e-6/);
    expect(stdout).toMatch(/^│ ts +│ f64 .* ok │\n│ ts +│ f32 .* ok │/m);
    expect(stdout, "the sweep of 15 step sizes").toMatch(/^│ dense1\.weight +│ [▁▂▃▄▅▆▇█]{15} │/m);
    expect(code).toBe(0);
  });

  it("--json prints the documented object, the same bytes in every run", async () => {
    place.write("flowers.json", flowers);
    const first = await place.run("verify", "flowers.json", "--json");
    expect((await place.run("verify", "flowers.json", "--json")).stdout).toBe(first.stdout);
    const result = verification.parse(JSON.parse(first.stdout));
    expect(result.parameters.map(({ name }) => name)).toEqual([
      "dense1.weight",
      "dense1.bias",
      "dense2.weight",
      "dense2.bias",
    ]);
    expect(result.worst).toBe(Math.max(...result.parameters.map(({ relativeError }) => relativeError)));
    expect(result.worst).toBeLessThan(1e-6);
    for (const { shape, worst, sweep } of result.parameters) {
      expect(worst.index.length).toBe(shape.length);
      expect(sweep.map(({ h }) => Math.round(2 * Math.log10(h)))).toEqual(
        Array.from({ length: 15 }, (_, k) => -4 - k),
      );
      const errors = sweep.map(({ error }) => error);
      const least = errors.indexOf(Math.min(...errors));
      expect(least, "truncation error falls, rounding error rises").toBeGreaterThan(2);
      expect(least).toBeLessThan(12);
    }
  });

  it("--of checks one parameter, with every step of its sweep, and rejects an unknown one", async () => {
    place.write("flowers.json", flowers);
    const { code, stdout } = await place.run("verify", "flowers.json", "--of", "dense2.bias");
    expect(stdout).toMatch(/^│ 1\.0e-9 +│ -?\d/m);
    expect(stdout).not.toContain("dense1.weight");
    expect(code).toBe(0);
    expectRefusal(
      await place.run("verify", "flowers.json", "--of", "dense2.bais"),
      "did you mean dense2.bias?",
    );
  });

  it("--report writes a page in addition to the text", async () => {
    place.write("flowers.json", flowers);
    const { code, stdout } = await place.run("verify", "flowers.json", "--report", "report.html");
    expect(place.read("report.html")).toMatch(/^<!doctype html>[\s\S]*<svg[\s\S]*dense2\.bias/);
    expect(stdout).toContain("worst relative error");
    expect(code).toBe(0);
  });

  it("rejects an unknown format, and overwriting the spec", async () => {
    place.write("flowers.json", flowers);
    expectRefusal(
      await place.run("verify", "flowers.json", "--report", "report.pdf"),
      ".txt, .json, .svg or .html",
    );
    expectRefusal(
      await place.run("verify", "flowers.json", "--report", "flowers.json"),
      "would overwrite the spec",
    );
  });

  const real = { targets: { value: { shape: [3] } }, metrics: [], data: undefined };
  const [hidden, scores] = flowers.network;
  it.each([
    [
      "dropout and a frozen layer",
      {
        network: [
          { ...hidden, trainable: false },
          { type: "dense", units: 5, activation: "relu" },
          { type: "dropout", rate: 0.4 },
          scores,
        ],
      },
    ],
    ["a loss that is not defined for every prediction", { ...real, loss: "rmsle" }],
    [
      "a loss of log-probabilities",
      { ...real, network: [hidden, { ...scores, activation: "log-softmax" }], loss: "kl-divergence" },
    ],
    ["a loss with kinks", { ...real, loss: "mae", regularization: { l1: 0.01, l2: 0.01 } }],
    ["a margin", { ...real, loss: "hinge" }],
    [
      "a perceptron",
      {
        targets: { value: { shape: [1] } },
        network: [{ type: "dense", units: 1, activation: "step" }],
        loss: "perceptron",
        metrics: [],
        data: undefined,
      },
    ],
    [
      "a step with a surrogate gradient",
      { network: [{ ...hidden, activation: { type: "step", surrogate: "sigmoid" } }, scores] },
    ],
    [
      "formulas, one of which stops a gradient that does not cancel",
      {
        ...real,
        network: [{ ...hidden, activation: { formula: "x * stop(sigmoid(2 * x)) + sin(x)" } }, scores],
        loss: { formula: "log(1 + mean((prediction - value)^2))" },
      },
    ],
  ])("holds for %s", async (_, changes) => {
    place.write("net.json", { ...flowers, ...changes });
    const { code, stdout, stderr } = await place.run("verify", "net.json");
    expect(stderr).not.toContain("error");
    expect(stdout).toMatch(/, below the tolerance 1\.0e-6/);
    expect(code).toBe(0);
  });
});

describe("tapeless bench", () => {
  it("prints steps, samples, operations and bytes", async () => {
    place.write("flowers.json", flowers);
    const { code, stdout } = await place.run("bench", "flowers.json");
    expect(stdout).toMatch(
      /^flowers: ts f32, batch size 8\n {2}[\d,]+ steps\/s\n {2}[\d,]+ samples\/s\n {2}[\d.e-]+ GFLOP\/s \([\d,]+ FLOP per step\)\n {2}[\d.]+ kB arena, [\d.]+ kB of code \([\d.]+ kB gzip\)\n$/,
    );
    expect(code).toBe(0);
  });
});
