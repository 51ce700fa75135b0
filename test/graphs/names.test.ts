// The trainers of texts and of images read their data and agree with it before any training: every character
// has a class, every image a label, and a network that has learnt nothing is as good as guessing. One that
// has gone over the names once knows more than pairs of letters. How good they become takes minutes: the
// README tells.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function trained(epochs: number, name: string, data: string, ...more: string[]) {
  const args = [
    "--import",
    "tsx",
    `generated/${name}.ts`,
    "--data",
    data,
    "--epochs",
    `${epochs}`,
    "--json",
    ...more,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout);
}

/**
 * Nats a character that are left to guess where the one before it is known: no table of pairs of letters does
 * better on these names.
 */
function entropyOfPairs(names: readonly string[]): number {
  const pairs = names.flatMap((name) => [...name, ""].map((next, i) => [name[i - 1] ?? "", next]));
  const count = (of: readonly string[]) =>
    of.reduce((counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1), new Map<string, number>());
  const firsts = count(pairs.map(([first]) => first));
  const both = count(pairs.map(([first, next]) => `${first} ${next}`));
  const share = ([pair, times]: [string, number]) =>
    times * Math.log((firsts.get(pair.split(" ")[0]) ?? NaN) / times);
  return [...both].reduce((sum, entry) => sum + share(entry), 0) / pairs.length;
}

test.each(["names", "names-gru"])(
  "%s: 26 letters and the mark",
  async (name) => {
    const {
      train,
      validation,
      test: tested,
      samples,
    } = await trained(0, name, "graphs/data/names.csv", "--sample", "4");
    for (const { loss } of [train, validation, tested])
      expect(Math.abs(loss - Math.log(27))).toBeLessThan(0.5);
    expect(samples).toHaveLength(4);
    for (const text of samples) expect(text).toMatch(/^[a-z]{1,15}$/);
  },
  120_000,
);

test("names-gru: after one epoch it remembers more than the last letter", async () => {
  const names = readFileSync(`${root}/graphs/data/names.csv`, "utf8").trim().split("\n").slice(1);
  const pairs = entropyOfPairs(names);
  expect(pairs).toBeCloseTo(2.418, 3);
  const { train, validation, test: tested } = await trained(1, "names-gru", "graphs/data/names.csv");
  for (const { loss } of [train, validation, tested]) expect(loss).toBeLessThan(pairs - 0.05);
}, 120_000);

test.skipIf(!existsSync(`${root}/graphs/data/mnist`))(
  "mnist: ten digits, once `npm run data` has brought them",
  async () => {
    const { train, validation, test: tested } = await trained(0, "mnist", "graphs/data/mnist");
    // Pixels are not centred, so the first logits are further apart than those of the other graph.
    for (const { loss } of [train, validation, tested]) expect(loss).toBeLessThan(2 * Math.log(10));
    // A share of 10,000 rows, of which about each tenth is right by chance.
    const right = tested.accuracy * 10_000;
    expect(Math.abs(right - Math.round(right))).toBeLessThan(1e-6);
    expect(tested.accuracy).toBeLessThan(0.3);
  },
  240_000,
);
