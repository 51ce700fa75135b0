// Two kinds of specs on all targets: specs that once failed (the files of cases/, as the fuzzer writes them),
// and families of ordinary networks with small batches. If a test fails, a trainer computes a number outside
// the bounds of ball.ts.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { JsonObject } from "./random-parts.ts";
import { runSpec } from "./run-spec.ts";
import type { FuzzCase } from "./spec-run.ts";

const folder = new URL("cases/", import.meta.url);
const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const caseFile = z.object({
  about: z.string(),
  seed: z.int(),
  scale: z.number().optional(),
  spec: json,
});

const findingsOf = async (fuzzCase: FuzzCase) =>
  (await runSpec(fuzzCase)).findings.map(({ where, text }) => `${where}: ${text}`);

describe("specs that once failed", () => {
  for (const file of readdirSync(folder).sort()) {
    const { about, seed, spec, scale } = caseFile.parse(
      JSON.parse(readFileSync(new URL(file, folder), "utf8")),
    );
    it(`${file}: ${about}`, async () => {
      expect(await findingsOf({ spec, seed, ...(scale !== undefined && { scale }) })).toEqual([]);
    });
  }
});

/** A family with one batch size: its layers, and the shape of a row before and after them. */
interface Family {
  readonly name: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly layers: readonly JsonObject[];
  readonly dtype?: "i32";
}

const conv = (filters: number): JsonObject => ({
  type: "conv2d",
  filters,
  kernel: 3,
  padding: "same",
  activation: "relu",
});
const denses = (...units: readonly number[]): readonly JsonObject[] =>
  units.map((size, i) => ({
    type: "dense",
    units: size,
    ...(i < units.length - 1 && { activation: "relu" }),
  }));

const images = [
  [6, 4],
  [6, 8],
  [12, 4],
];
const families: readonly Family[] = [
  ...[4, 8, 16].map((size) => ({ name: `dense ${size} to 2`, from: [size], to: [2], layers: denses(2) })),
  ...[1, 2, 3, 4, 8, 16].flatMap((size) => [
    { name: `dense ${size}, 16, 2`, from: [size], to: [2], layers: denses(16, 2) },
    { name: `dense ${size}, 32, 16, 2`, from: [size], to: [2], layers: denses(32, 16, 2) },
  ]),
  ...images.flatMap(([pixels, channels]) => [
    {
      name: `convolution to one filter, ${pixels} pixels, ${channels} channels`,
      from: [pixels, pixels, 1],
      to: [pixels, pixels, 1],
      layers: [conv(channels), { ...conv(1), activation: "linear" }],
    },
    {
      name: `depthwise convolution after a convolution, ${pixels} pixels, ${channels} channels`,
      from: [pixels, pixels, 1],
      to: [2],
      layers: [
        conv(channels),
        { type: "depthwise-conv2d", kernel: 3, multiplier: 2 },
        { type: "global-avg-pool2d" },
        ...denses(2),
      ],
    },
    {
      name: `transposed convolution to one filter, ${pixels} pixels, ${channels} channels`,
      from: [pixels, pixels, channels],
      to: [2 * pixels, 2 * pixels, 1],
      layers: [{ type: "conv2d-transpose", filters: 1, kernel: 3, stride: 2, padding: "same" }],
    },
  ]),
  ...[
    [8, 4],
    [16, 1],
  ].map(([length, channels]) => ({
    name: `two convolutions along ${length} places of ${channels}`,
    from: [length, channels],
    to: [length, 1],
    layers: [4, 1].map((filters) => ({ type: "conv1d", filters, kernel: 3, padding: "same" })),
  })),
  {
    name: "pooling after a convolution along a sequence",
    from: [8, 4],
    to: [2, 1],
    layers: [
      { type: "conv1d", filters: 4, kernel: 3, padding: "same" },
      { type: "max-pool1d", size: 2 },
      { type: "conv1d", filters: 1, kernel: 3, padding: "same" },
      { type: "avg-pool1d", size: 2 },
    ],
  },
  {
    name: "embedding of one",
    from: [5],
    to: [5],
    dtype: "i32",
    layers: [{ type: "embedding", vocabulary: 3, units: 1 }],
  },
];

const specOf = ({ from, to, layers, dtype }: Family, batchSize: number): JsonObject => ({
  name: "family",
  inputs: { x: { shape: from, ...(dtype && { dtype }) } },
  targets: { y: { shape: to } },
  network: layers,
  loss: "mse",
  optimizer: { type: "sgd", learningRate: 0.05 },
  training: { epochs: 1, batchSize },
});

describe("families of ordinary networks at small batches", () => {
  for (const [i, family] of families.entries())
    it(family.name, async () => {
      // The batch sizes 1, 2 and 4 alternate.
      expect(await findingsOf({ spec: specOf(family, [1, 2, 4][i % 3]), seed: i })).toEqual([]);
    });
});
