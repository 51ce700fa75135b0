// The report of `train --report`. If a test fails, the report disagrees with the metrics, or covers rows of
// the training split.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { faultOfXml } from "../../support/well-formed.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "../cli/workspace.ts";
import type { Workspace } from "../cli/workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("flowers.json", flowers);
  place.write(
    "flowers.csv",
    flowersCsv.replace(/,(\d)$/gm, (_, kind) => `,${["rose", "lily", "iris"][kind]}`),
  );
});
afterEach(() => place.remove());
const train = (...flags: readonly string[]) => place.run("train", "flowers.json", ...flags);

describe("train --report", () => {
  it("reports validation and test split by class name on standard error, with unchanged standard output", async () => {
    const plain = await train();
    const { stdout, stderr } = await train("--report");
    expect(stdout).toBe(plain.stdout);
    expect(stderr).toMatch(
      /\nvalidation: 6 predictions, \d+\.\d % correct\n[^]*│ iris +│[^]*\ntest: 6 predictions/,
    );
    expect(stderr).not.toContain("training: ");
  });

  it("agrees with the metrics, in JSON", async () => {
    const { stdout } = await train("--report", "answers.json", "--json");
    const { splits } = JSON.parse(place.read("answers.json"));
    const result = JSON.parse(stdout);
    for (const { split, accuracy } of splits) expect(accuracy).toBeCloseTo(result[split].accuracy, 12);
    expect(splits[0].classes.map(({ name }: { name: string }) => name)).toEqual(["iris", "lily", "rose"]);
  });

  it("reports numbers in original units, scaled or not, in agreement with the metrics", async () => {
    place.write("flowers.json", {
      ...flowers,
      inputs: { size: { shape: [1] } },
      targets: { width: { shape: [1] } },
      network: [{ type: "dense", units: 1 }],
      loss: "mse",
      metrics: ["mae", "rmse", "r2"],
      data: {
        file: "flowers.csv",
        inputs: { size: { columns: ["length"] } },
        targets: { width: { columns: ["width"], scale: "standard" } },
      },
    });
    const { stdout } = await train("--report", "answers.json", "--json");
    const { splits } = JSON.parse(place.read("answers.json"));
    const result = JSON.parse(stdout);
    for (const { split, mae, rmse, r2 } of splits) {
      expect(mae).toBeCloseTo(result[split].mae, 5);
      expect(rmse).toBeCloseTo(result[split].rmse, 5);
      expect(r2).toBeCloseTo(result[split].r2, 5);
    }
  });

  it("is a picture or a page by file extension, and covers the training split if there is no other", async () => {
    const { epochs, batchSize, seed } = flowers.training;
    place.write("flowers.json", { ...flowers, training: { epochs, batchSize, seed } });
    await train("--report", "answers.svg");
    expect(faultOfXml(place.read("answers.svg"))).toBeUndefined();
    await train("--report", "answers.html");
    expect(place.read("answers.html")).toContain("training: 30 predictions");
  });

  it("has two classes for a single score", async () => {
    place.write("flowers.csv", flowersCsv.replace(/,2$/gm, ",1"));
    const network = [
      { type: "dense", units: 1 },
      { type: "reshape", shape: [] },
    ];
    place.write("flowers.json", {
      ...flowers,
      targets: { kind: { classes: 2 } },
      network,
      loss: "binary-cross-entropy",
    });
    const { stdout } = await train("--report", "answers.json", "--json");
    const { splits } = JSON.parse(place.read("answers.json"));
    for (const { split, accuracy, confusion } of splits) {
      expect(confusion).toHaveLength(2);
      expect(accuracy).toBeCloseTo(JSON.parse(stdout)[split].accuracy, 12);
    }
  });

  it.each([
    [["--report", "answers.pdf"], "--report answers.pdf: the file extension is not that of a report format"],
    [["--report", "flowers.json/answers.txt"], "T1011: cannot write"],
  ])("rejects %j before training", async (flags, said) => {
    expectRefusal(await train(...flags), said);
    expect(place.made()).toEqual([]);
  });
});
