// The event files of `train --tensorboard`. If a test fails, TensorBoard rejects the file, or shows values
// that are not those of the training run.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeRecords } from "../../../src/command/formats/parameters/event-records.ts";
import { distributionOf } from "../../../src/runtime/trainer/probe.ts";
import { readEvents, type ReadEvent } from "../../support/read-events.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

describe("a record", () => {
  it("is framed like the first record of every event file of TensorFlow", async () => {
    // The first record of TensorFlow's SummaryWriter at wall time 0. The checksums for its length of 24 bytes
    // are TensorFlow's.
    const bytes = encodeRecords([{ wallTime: 0, fileVersion: "brain.Event:2" }]);
    const head = Buffer.from(bytes.subarray(0, 12)).toString("hex");
    expect(head).toBe("1800000000000000a37f4b22");
    expect(Buffer.from(bytes.subarray(12, 36)).toString("latin1")).toBe(
      "\t\0\0\0\0\0\0\0\0\x1a\rbrain.Event:2",
    );
  });

  it("with one flipped bit is rejected by the reader of these tests", async () => {
    const bytes = encodeRecords([{ wallTime: 1, step: 2, summaries: [{ tag: "a", value: 3 }] }]);
    expect(readEvents(bytes)).toHaveLength(1);
    for (const place of [0, 9, 20, bytes.length - 1]) {
      const wrong = bytes.slice();
      wrong[place] ^= 1;
      expect(() => readEvents(wrong)).toThrow();
    }
  });

  it("contains a histogram with the buckets of the distribution", async () => {
    const distribution = distributionOf(new Float64Array([0, 1, 2, 4, 32]));
    const bytes = encodeRecords([{ wallTime: 1, step: 5, summaries: [{ tag: "h", distribution }] }]);
    const [{ step, summaries }] = readEvents(bytes);
    expect(step).toBe(5);
    const { histogram } = summaries[0];
    expect(histogram).toMatchObject({ min: 0, max: 32, num: 5, sum: 39, sumSquares: 1045 });
    expect(histogram?.limits).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    expect(histogram?.counts).toEqual(distribution.histogram);
    const same = distributionOf(new Float64Array([7, 7]));
    const [event] = readEvents(
      encodeRecords([{ wallTime: 1, summaries: [{ tag: "h", distribution: same }] }]),
    );
    expect(event.summaries[0].histogram).toMatchObject({ limits: [7], counts: [2] });
  });
});

describe("train --tensorboard", () => {
  let place: Workspace;
  beforeEach(() => {
    place = workspace();
    place.write("flowers.json", flowers);
    place.write("flowers.csv", flowersCsv);
  });
  afterEach(() => place.remove());
  const train = (...flags: readonly string[]) => place.run("train", "flowers.json", ...flags);
  const files = (folder: string) => place.made().filter((file) => file.startsWith(`${folder}/`));
  const scalars = (events: readonly ReadEvent[], tag: string) =>
    events.flatMap(({ step, summaries }) =>
      summaries.filter((summary) => summary.tag === tag).map(({ value }) => [step, value]),
    );

  it("writes the metrics of --log and histograms of every epoch, and prints the same as without it", async () => {
    const plain = await train();
    const { code, stdout } = await train("--tensorboard", "runs/a", "--log", "epochs.jsonl");
    expect([code, stdout]).toEqual([0, plain.stdout]);
    const [file, ...others] = files("runs/a");
    expect(others).toEqual([]);
    expect(file).toMatch(/^runs\/a\/events\.out\.tfevents\.\d{10}\.0000\.tapeless$/);
    const events = readEvents(place.bytes(file));
    expect(events[0].fileVersion).toBe("brain.Event:2");
    const logged = place
      .read("epochs.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const rounded = (of: (report: (typeof logged)[0]) => number) =>
      logged.map((report) => [report.epoch, Math.fround(of(report))]);
    expect(scalars(events, "train/loss")).toEqual(rounded(({ loss }) => loss));
    expect(scalars(events, "train/accuracy")).toEqual(rounded(({ metrics }) => metrics.accuracy));
    expect(scalars(events, "validation/loss")).toEqual(rounded(({ validation }) => validation.loss));
    expect(scalars(events, "learning_rate")).toEqual(rounded(() => 0.05));
    expect(scalars(events, "idle_units/dense1").map(([step]) => step)).toEqual([0, 1, 2, 3, 4]);
    expect(scalars(events, "update_ratio/dense1.weight")).toHaveLength(5);
    const histograms = events.flatMap(({ step, summaries }) =>
      summaries.flatMap(({ tag, histogram }) => (histogram ? [`${step} ${tag} ${histogram.num}`] : [])),
    );
    expect(histograms).toContain("0 weights/dense1.weight 8");
    expect(histograms).toContain("4 gradients/dense2.bias 3");
    expect(histograms).toContain("4 activations/dense1 32");
  });

  it("continues in the same folder with --resume, and replaces repeated epochs", async () => {
    await train("--tensorboard", "runs", "--out", "a.ckpt", "--epochs", "3");
    await train("--tensorboard", "runs", "--resume", "a.ckpt", "--epochs", "5");
    await train("--tensorboard", "once", "--epochs", "5");
    const [first, second] = files("runs").map((file) => readEvents(place.bytes(file)));
    expect(second[1]).toMatchObject({ restarts: true, step: 4 });
    const shown = [...first.filter(({ step }) => step < 4), ...second];
    const [once] = files("once").map((file) => readEvents(place.bytes(file)));
    for (const tag of ["train/loss", "validation/accuracy", "update_ratio/dense2.weight"])
      expect(scalars(shown, tag)).toEqual(scalars(once, tag));
    await train("--tensorboard", "runs", "--epochs", "1");
    expect(readEvents(place.bytes(files("runs")[2]))[1]).toMatchObject({ restarts: true, step: 0 });
  });

  it("shows the training of the final model of a run with folds", async () => {
    const validation = { folds: 2 };
    place.write("flowers.json", { ...flowers, training: { ...flowers.training, validation } });
    expect((await train("--tensorboard", "runs")).code).toBe(0);
    const events = readEvents(place.bytes(files("runs")[0]));
    expect(new Set(scalars(events, "train/loss").map(([step]) => step)).size).toBe(
      scalars(events, "train/loss").length,
    );
    expect(scalars(events, "validation/loss")).toEqual([]);
  });

  it("reports before training that the folder cannot be created", async () => {
    const refused = await train("--tensorboard", "flowers.csv/runs");
    expectRefusal(refused, "T1011", "cannot write to flowers.csv/runs");
    expect(refused.stderr).not.toContain("epoch 1");
    expectRefusal(await train("--tensorboard", "flowers.csv"), "cannot write to flowers.csv");
    expectRefusal(await train("--tensorboard", "runs", "--find-learning-rate"), "--tensorboard");
    expectRefusal(await train("--serve", "--find-learning-rate"), "--serve");
  });
});
