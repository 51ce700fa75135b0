// A spec with IDX files, on the command line and as an emitted program. If a test fails, the two read
// different images or labels.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { expectRefusal, workspace } from "../command/cli/workspace.ts";
import { faultsOf } from "../support/code-faults.ts";
import { idxBytes } from "../support/idx-bytes.ts";

const spec: ModelSpec = {
  name: "bars",
  inputs: { image: { shape: [4, 4, 1] } },
  targets: { kind: { classes: 2 } },
  network: [
    { type: "conv2d", filters: 4, kernel: 3, activation: "relu" },
    { type: "flatten" },
    { type: "dense", units: 2 },
  ],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: { epochs: 12, batchSize: 8, seed: 5, validation: { fraction: 0.2 } },
  data: {
    train: { idx: { image: "bars/train/image", kind: "bars/train/kind" } },
    test: { idx: { kind: "bars/test/kind", image: "bars/test/image" } },
    inputs: { image: { scale: { divide: 255 } } },
  },
};

/** Vertical bars are of kind 1, horizontal ones of kind 0. */
const kinds = (count: number) => Array.from({ length: count }, (_, i) => (i * 7) % 2);
const images = (count: number) =>
  kinds(count).flatMap((kind, i) =>
    Array.from({ length: 16 }, (_, at) => ((kind === 1 ? at % 4 : at >> 2) === i % 4 ? 255 : (i * at) % 60)),
  );

const place = workspace();
afterAll(() => place.remove());
const program = (...args: string[]) => place.program("bars.ts", ...args);

let code = "";
beforeAll(async () => {
  place.write("bars.json", spec);
  place.write("bars/train/image", idxBytes(0x08, [60, 4, 4], images(60)));
  place.write("bars/train/kind", idxBytes(0x08, [60], kinds(60)));
  // The content of a file, not its name, shows whether it is compressed.
  place.write("bars/test/image", gzipSync(idxBytes(0x08, [20, 4, 4], images(20))));
  place.write("bars/test/kind", gzipSync(idxBytes(0x08, [20], kinds(20))));
  code = (await compile(spec)).code;
  place.write("bars.ts", code);
});

test("program and command line print the same, and reach an accuracy of 1", async () => {
  const own = await place.run("train", "bars.json", "--json");
  expect((await program("--data", "bars", "--json")).stdout).toBe(own.stdout);
  const { train, validation, test } = JSON.parse(own.stdout);
  expect([train.accuracy, validation.accuracy, test.accuracy]).toEqual([1, 1, 1]);
});

test("--data sets the folder that contains all files", async () => {
  for (const part of ["train", "test"])
    for (const name of ["image", "kind"])
      place.write(`moved/${part}/${name}`, Uint8Array.from(place.bytes(`bars/${part}/${name}`)));
  const moved = await place.run("train", "bars.json", "--json", "--data", "moved");
  expect(moved.stdout).toBe((await place.run("train", "bars.json", "--json")).stdout);
  expectRefusal(
    await place.run("train", "bars.json", "--data", "nowhere"),
    /nowhere.train.image error T2001: cannot read the data: no such file or folder/,
  );
  expectRefusal(await program("--data", "nowhere"), /^error: cannot read nowhere\/train\/image: ENOENT/);
  expectRefusal(
    await program(),
    "error: --data FOLDER is required: the folder with train/image, train/kind, test/kind, test/image",
  );
  expect((await program("--help")).stdout).toMatch(/^ {2}--data FOLDER {8}the folder of the IDX files/m);
});

test("images of a file are predicted, compressed or not, without labels", async () => {
  await place.run("train", "bars.json", "--out", "bars.ckpt");
  const { stdout } = await place.run("predict", "bars.json", "bars.ckpt", "bars/test/image");
  const [head, ...rows] = stdout.trimEnd().split("\n");
  expect(head).toBe("kind,kind_0,kind_1");
  expect(rows.map((row) => Number(row[0]))).toEqual(kinds(20));
  const printed = await program("--resume", "bars.ckpt", "--predict", "bars/test/image");
  expect(printed.stdout).toBe(stdout);
  expectRefusal(
    await place.run("predict", "bars.json", "bars.ckpt", "bars/test/kind"),
    /bars.test.kind error T2004/,
  );
});

test("a spec with one set of files can be split", async () => {
  const { train } = spec.data ?? {};
  const idx = typeof train === "object" ? train.idx : {};
  place.write("one.json", {
    ...spec,
    training: { ...spec.training, test: { fraction: 0.2 } },
    data: { idx, inputs: { image: { scale: { divide: 255 } } } },
  });
  const { stdout } = await place.run("train", "one.json", "--json");
  expect(JSON.parse(stdout).test.accuracy).toBe(1);
});

test("errors in a file are reported with its name by both", async () => {
  const good = Uint8Array.from(place.bytes("bars/train/kind"));
  const refused = async (bytes: Uint8Array, said: string) => {
    place.write("bars/train/kind", bytes);
    const file = join("bars", "train", "kind");
    expectRefusal(await place.run("train", "bars.json"), `${file} error T200`, said);
    expectRefusal(await program("--data", "bars"), "bars/train/kind: ", said);
    place.write("bars/train/kind", good);
  };
  await refused(good.subarray(0, 40), "the file is truncated: 60 numbers need 68 bytes, but it has 40");
  await refused(idxBytes(0x08, [59], kinds(59)), "the file has 59 items, but that of image has 60");
  await refused(idxBytes(0x08, [60], kinds(60).fill(7, 8, 9)), "item 8: 7 is not a class from 0 to 1");
  await refused(gzipSync(good).subarray(0, 20), "the gzip data is damaged or truncated");
  place.write("lost.json", {
    ...spec,
    data: { ...spec.data, test: { idx: { image: "x/image", kind: "x/kind" } } },
  });
  expectRefusal(
    await place.run("train", "lost.json"),
    /^lost\.json:\d+:\d+ error T2001: data\.test\.idx\.image: cannot read ".*": no such file or folder/m,
  );
});

test("the emitted file compiles under --strict, and has no CSV reader", () => {
  expect(faultsOf(code)).toEqual([]);
  for (const part of ["function parseIdx(", "const columnEncoder", "function unpacked("])
    expect(code).toContain(part);
  for (const part of ["csv(", "recordsOf("]) expect(code).not.toContain(part);
});
