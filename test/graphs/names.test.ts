// The trainers of texts and of images read their data and agree with it before any training: every character has a class, every image a
// label, and a network that has learnt nothing is as good as guessing. How good they become takes minutes: the README tells.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function untrained(name: string, data: string, ...more: string[]) {
  const args = [
    "--import",
    "tsx",
    `generated/${name}.ts`,
    "--data",
    data,
    "--epochs",
    "0",
    "--json",
    ...more,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout);
}

test("names: 26 letters and the mark", async () => {
  const {
    train,
    validation,
    test: tested,
    samples,
  } = await untrained("names", "graphs/data/names.csv", "--sample", "4");
  for (const { loss } of [train, validation, tested]) expect(Math.abs(loss - Math.log(27))).toBeLessThan(0.5);
  expect(samples).toHaveLength(4);
  for (const text of samples) expect(text).toMatch(/^[a-z]{1,15}$/);
}, 120_000);

test.skipIf(!existsSync(`${root}/graphs/data/mnist`))(
  "mnist: ten digits, once `npm run data` has brought them",
  async () => {
    const { train, validation, test: tested } = await untrained("mnist", "graphs/data/mnist");
    // Pixels are not centred, so the first logits are further apart than those of the other graph.
    for (const { loss } of [train, validation, tested]) expect(loss).toBeLessThan(2 * Math.log(10));
    // A share of 10,000 rows, of which about each tenth is right by chance.
    const right = tested.accuracy * 10_000;
    expect(Math.abs(right - Math.round(right))).toBeLessThan(1e-6);
    expect(tested.accuracy).toBeLessThan(0.3);
  },
  240_000,
);
